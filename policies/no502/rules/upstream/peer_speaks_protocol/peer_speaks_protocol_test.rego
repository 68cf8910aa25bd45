package no502.rules.upstream.peer_speaks_protocol_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.peer_speaks_protocol as rule

_speaks := "/peers/0/node/protocol"

fires := {
	"TLS is meant for another": fixtures.route({_speaks: fixtures.text("https")}),
	"none is": fixtures.route({"/scheme": "https"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"both speak HTTP": fixtures.route({}),
	"both speak TLS": fixtures.route({"/scheme": "https", _speaks: fixtures.text("https")}),
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
	"a variable decides": fixtures.route({"/scheme": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the peer's host was not read": fixtures.route({"/peers/0/state": "unread"}),
	"it was not read": fixtures.route({_speaks: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
