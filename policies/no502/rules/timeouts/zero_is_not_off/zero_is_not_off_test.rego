package no502.rules.timeouts.zero_is_not_off_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.zero_is_not_off as rule

_read := "/settings/proxy_read_timeout"

_connect := "/settings/proxy_connect_timeout"

fires := {
	"reading": fixtures.route({_read: fixtures.ms(0)}),
	"connecting": fixtures.route({_connect: fixtures.ms(0)}),
	"one of them, and the other was not read": fixtures.route({
		_connect: fixtures.ms(0),
		_read: fixtures.unknown,
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"a millisecond": fixtures.route({_read: fixtures.ms(1), _connect: fixtures.ms(1)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"reading was not read": fixtures.route({_read: fixtures.unknown}),
	"connecting was not read": fixtures.route({_connect: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
