package no502.rules.drift.old_workers_gone_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.drift.old_workers_gone as rule

_old := "/nginx/0/workers_shutting_down"

_ago := "/nginx/0/loaded_ago"

_timeout := "/nginx/0/worker_shutdown_timeout"

fires := {
	"a millisecond too long": fixtures.host({_old: 1, _ago: fixtures.live(70001)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"there are none": fixtures.host({}),
	"they have time left": fixtures.host({_old: 2, _ago: fixtures.live(70000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run": fixtures.host({"/nginx/0/running": false}),
	"it runs in a container": fixtures.host({"/nginx/0/container": "4f2d9c8a1b7e"}),
	"they may stay for ever": fixtures.host({_old: 1, _timeout: fixtures.ms(0)}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"when it was loaded is not known": fixtures.host({_old: 1, _ago: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
