package no502.rules.timeouts.effective_header_and_request_timeouts_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.effective_header_and_request_timeouts as rule

_request := "/processes/0/settings/request_timeout"

_headers := "/processes/0/settings/headers_timeout"

fires := {
	"a millisecond below": fixtures.host({_request: fixtures.live(69999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"they are equal": fixtures.host({_request: fixtures.live(70000)}),
	"it is off": fixtures.host({_request: fixtures.live(0)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({_request: fixtures.assumed(300000)}),
	"the other was not": fixtures.host({_headers: fixtures.assumed(60000)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
