package no502.rules.supervisor.pm2_unit_survives_oom_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.pm2_unit_survives_oom as rule

_value := "/pm2/0/unit/oom_policy"

fires := {
	"the default": fixtures.host({_value: fixtures.text("stop")}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it goes on": fixtures.host({_value: fixtures.text("continue")}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no unit runs the daemon": fixtures.host({"/pm2/0/unit": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({_value: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
