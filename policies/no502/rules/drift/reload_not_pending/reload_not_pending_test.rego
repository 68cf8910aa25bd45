package no502.rules.drift.reload_not_pending_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.drift.reload_not_pending as rule

fires := {
	"another one lies on disk": fixtures.host({"/nginx/0/generation": "0000000000000000"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it is the same": fixtures.host({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run": fixtures.host({"/nginx/0/running": false}),
	"it runs in a container": fixtures.host({"/nginx/0/container": "4f2d9c8a1b7e"}),
	"nothing of ours is there": fixtures.host({"/nginx/0/generation": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"nobody wrote down what was loaded": fixtures.host({"/nginx/0/disk/loaded_generation": null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
