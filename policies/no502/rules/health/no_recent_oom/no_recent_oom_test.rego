package no502.rules.health.no_recent_oom_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.health.no_recent_oom as rule

_kills := "/processes/0/unit/oom_kills"

fires := {
	"once": fixtures.host({_kills: fixtures.count_of(1)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"never": fixtures.host({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run yet": fixtures.host({"/processes/0/pid": null}),
	"no unit": fixtures.host({"/processes/0/unit": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({_kills: fixtures.unknown_of("count")}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
