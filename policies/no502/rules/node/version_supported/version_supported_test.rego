package no502.rules.node.version_supported_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.node.version_supported as rule

_version := "/processes/0/version"

fires := {
	"long ago": fixtures.host({_version: [16, 20, 2]}),
	"an odd line": fixtures.host({_version: [23, 11, 1]}),
	"the day after the last of 18": fixtures.host({_version: [18, 99, 0], "/today": "2025-05-01"}),
	"the day after the last of 20": fixtures.host({_version: [20, 99, 0], "/today": "2026-05-01"}),
	"the day after the last of 22": fixtures.host({_version: [22, 99, 0], "/today": "2027-05-01"}),
	"the day after the last of 24": fixtures.host({_version: [24, 99, 0], "/today": "2028-05-01"}),
	"the day after the last of 25": fixtures.host({_version: [25, 99, 0], "/today": "2026-06-02"}),
	"the day after the last of 26": fixtures.host({_version: [26, 99, 0], "/today": "2029-05-01"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"a current one": fixtures.host({}),
	"on the last day of 18": fixtures.host({_version: [18, 99, 0], "/today": "2025-04-30"}),
	"on the last day of 20": fixtures.host({_version: [20, 99, 0], "/today": "2026-04-30"}),
	"on the last day of 22": fixtures.host({_version: [22, 99, 0], "/today": "2027-04-30"}),
	"on the last day of 24": fixtures.host({_version: [24, 99, 0], "/today": "2028-04-30"}),
	"on the last day of 25": fixtures.host({_version: [25, 99, 0], "/today": "2026-06-01"}),
	"on the last day of 26": fixtures.host({_version: [26, 99, 0], "/today": "2029-04-30"}),
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
