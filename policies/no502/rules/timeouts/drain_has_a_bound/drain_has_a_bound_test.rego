package no502.rules.timeouts.drain_has_a_bound_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.drain_has_a_bound as rule

_max := "/processes/0/guard/max"

_guard := "/processes/0/guard"

fires := {
	"a millisecond more than an hour": fixtures.host({_max: fixtures.live(3600001)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"an hour": fixtures.host({_max: fixtures.live(3600000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"somebody else's Node has no guard": fixtures.host({_guard: null, "/processes/0/managed": false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the guard does not say": fixtures.host({_max: fixtures.unknown}),
	"a Node of ours has no guard": fixtures.host({_guard: null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
