package no502.rules.timeouts.server_timeout_off_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.server_timeout_off as rule

_timeout := "/processes/0/settings/server_timeout"

fires := {
	"a millisecond": fixtures.host({_timeout: fixtures.live(1)}),
	"two minutes": fixtures.host({_timeout: fixtures.live(120000)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"off": fixtures.host({}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it is assumed": fixtures.host({_timeout: fixtures.assumed(0)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
