package no502.rules.timeouts.headers_timeout_above_keep_alive_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.headers_timeout_above_keep_alive as rule

_headers := "/processes/0/settings/headers_timeout"

_keep_alive := "/processes/0/settings/keep_alive_timeout"

fires := {
	"they are equal": fixtures.host({_headers: fixtures.live(30000)}),
	"the default under a long keep-alive": fixtures.host({
		_headers: fixtures.live(60000),
		_keep_alive: fixtures.live(65000),
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"a millisecond above": fixtures.host({_headers: fixtures.live(30001)}),
	"headersTimeout is off": fixtures.host({_headers: fixtures.live(0)}),
	"keepAliveTimeout is off": fixtures.host({_keep_alive: fixtures.live(0)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({_headers: fixtures.assumed(60000)}),
	"neither was": fixtures.host({
		_headers: fixtures.assumed(60000),
		_keep_alive: fixtures.assumed(5000),
	}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
