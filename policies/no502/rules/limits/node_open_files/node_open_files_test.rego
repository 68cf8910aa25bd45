package no502.rules.limits.node_open_files_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.limits.node_open_files as rule

_files := "/processes/0/open_files"

fires := {
	"one less than enough": fixtures.host({_files: fixtures.count_of(4095)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just enough": fixtures.host({_files: fixtures.count_of(4096)}),
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
	"it was not read": fixtures.host({_files: fixtures.unknown_of("count")}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
