package no502.rules.timeouts.drain_covers_longest_request_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.drain_covers_longest_request as rule

_max := "/peers/0/node/guard/max"

_guard := "/peers/0/node/guard"

_longest := "/declared/longest_request"

fires := {
	"a millisecond less": fixtures.route({_max: fixtures.live(59999)}),
	"less than two minutes": fixtures.route({_longest: fixtures.declared(3600000), _max: fixtures.live(119999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just as long": fixtures.route({}),
	"two minutes are enough": fixtures.route({
		_longest: fixtures.declared(3600000),
		_max: fixtures.live(120000),
	}),
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
	"nothing was declared": fixtures.route({_longest: null}),
	"somebody else's Node has no guard": fixtures.route({_guard: null, "/peers/0/node/managed": false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the peer's host was not read": fixtures.route({"/peers/0/state": "unread"}),
	"the guard does not say": fixtures.route({_max: fixtures.unknown}),
	"a Node of ours has no guard": fixtures.route({_guard: null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
