package no502.rules.node.version_supported_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.node.version_supported as rule

_version := "/processes/0/version"

fires := {
	"long ago": fixtures.host({_version: [16, 20, 2]}),
	"this year": fixtures.host({_version: [20, 20, 2]}),
	"the day after": fixtures.host({_version: [24, 0, 0], "/today": "2028-05-01"}),
	"an odd line": fixtures.host({_version: [23, 11, 1]}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"a current one": fixtures.host({}),
	"on its last day": fixtures.host({_version: [24, 0, 0], "/today": "2028-04-30"}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"newer than this list": fixtures.host({_version: [27, 0, 0]}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"its version is not known": fixtures.host({_version: null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
