package no502.rules.timeouts.headers_timeout_above_read_timeout_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.headers_timeout_above_read_timeout as rule

_headers := "/peers/0/node/settings/headers_timeout"

_read := "/settings/proxy_read_timeout"

fires := {
	"they are equal": fixtures.route({_headers: fixtures.live(65000)}),
	"less than two minutes under a long read time-out": fixtures.route({
		_headers: fixtures.live(119999),
		_read: fixtures.ms(120000),
	}),
	"two minutes in the profile strict": fixtures.route({
		_headers: fixtures.live(120000),
		_read: fixtures.ms(120000),
		"/profile": "strict",
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"two minutes are enough for two minutes": fixtures.route({
		_headers: fixtures.live(120000),
		_read: fixtures.ms(120000),
	}),
	"a millisecond above": fixtures.route({_headers: fixtures.live(65001)}),
	"two minutes are enough": fixtures.route({
		_headers: fixtures.live(120000),
		_read: fixtures.ms(3605000),
	}),
	"above in the profile strict": fixtures.route({
		_headers: fixtures.live(120001),
		_read: fixtures.ms(120000),
		"/profile": "strict",
	}),
	"it is off": fixtures.route({_headers: fixtures.live(0)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"the peer is down": fixtures.route({"/peers/0/state": "down"}),
	"something else listens": fixtures.route({"/peers/0/state": "other"}),
	"nothing listens": fixtures.route({"/peers/0/state": "silent"}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the peer's host was not read": fixtures.route({"/peers/0/state": "unread"}),
	"it was not read": fixtures.route({_headers: fixtures.assumed(60000)}),
	"nginx's was not read": fixtures.route({_read: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
