package no502.rules.node.guard_active_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.node.guard_active as rule

fires := {
	"it is not there": fixtures.host({"/processes/0/guard": null}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it is there": fixtures.host({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"somebody else's Node": fixtures.host({"/processes/0/managed": false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}
