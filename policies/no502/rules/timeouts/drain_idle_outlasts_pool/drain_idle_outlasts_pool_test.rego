package no502.rules.timeouts.drain_idle_outlasts_pool_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.drain_idle_outlasts_pool as rule

_grace := "/peers/0/node/guard/idle_grace"

_guard := "/peers/0/node/guard"

_managed := "/peers/0/node/managed"

fires := {
	"a millisecond less than the margin": fixtures.route({_grace: fixtures.live(10999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin": fixtures.route({_grace: fixtures.live(11000)}),
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
	"the pool is off": fixtures.route({"/upstream/keepalive": fixtures.count_of(0)}),
	"proxy_pass names no upstream": fixtures.route({"/upstream": null}),
	"somebody else's Node has no guard": fixtures.route({_guard: null, _managed: false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the peer's host was not read": fixtures.route({"/peers/0/state": "unread"}),
	"whether nginx pools is not known": fixtures.route({"/upstream/keepalive": fixtures.unknown_of("count")}),
	"the guard does not say": fixtures.route({_grace: fixtures.unknown}),
	"a Node of ours has no guard": fixtures.route({_guard: null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
