package no502.rules.waivers.not_expired_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.waivers.not_expired as rule

fires := {
	"yesterday": fixtures.fleet({"/waivers/0/expires": "2026-11-20"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"today": fixtures.fleet({"/waivers/0/expires": "2026-11-21"}),
	"next month": fixtures.fleet({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no day": fixtures.fleet({"/waivers/0/expires": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}
