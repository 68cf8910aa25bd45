package no502.rules.waivers.matches_something_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.waivers.matches_something as rule

fires := {
	"no result": fixtures.fleet({"/waivers/0/matches": 0}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"one result": fixtures.fleet({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}
