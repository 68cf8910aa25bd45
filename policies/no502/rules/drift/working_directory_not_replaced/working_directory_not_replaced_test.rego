package no502.rules.drift.working_directory_not_replaced_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.drift.working_directory_not_replaced as rule

_value := "/processes/0/directory_deleted"

fires := {
	"it was removed": fixtures.host({_value: fixtures.text(true)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"as it should be": fixtures.host({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run yet": fixtures.host({"/processes/0/pid": null}),
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
