package no502.rules.timeouts.node_outlives_nginx_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.node_outlives_nginx as rule

_keep_alive := "/peers/0/node/settings/keep_alive_timeout"

_buffer := "/peers/0/node/settings/keep_alive_timeout_buffer"

_timed := "/peers/0/node/settings/idle_limit"

_idle := "/upstream/keepalive_timeout"

fires := {
	"a millisecond less than the margin": fixtures.route({_keep_alive: fixtures.live(9999)}),
	"nginx 1.30 and Node 24 as they come": fixtures.route({
		_keep_alive: fixtures.live(5000),
		_idle: fixtures.ms(60000),
	}),
	"no buffer in Node 18": fixtures.route({
		_keep_alive: fixtures.live(10999),
		_buffer: fixtures.live(0),
	}),
	"a connection that was timed": fixtures.route({_timed: fixtures.live(10999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin": fixtures.route({_keep_alive: fixtures.live(10000)}),
	"just the margin whatever the buffer": fixtures.route({
		_keep_alive: fixtures.live(11000),
		_buffer: fixtures.unknown,
	}),
	"Node never closes": fixtures.route({_keep_alive: fixtures.live(0)}),
	"a connection that was timed": fixtures.route({
		_keep_alive: fixtures.assumed(5000),
		_timed: fixtures.live(11000),
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
	"the pool is off": fixtures.route({"/upstream/keepalive": fixtures.count_of(0)}),
	"proxy_pass names no upstream": fixtures.route({"/upstream": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the peer's host was not read": fixtures.route({"/peers/0/state": "unread"}),
	"whether nginx pools is not known": fixtures.route({"/upstream/keepalive": fixtures.unknown_of("count")}),
	"which upstream it is cannot be told": fixtures.route({
		"/upstream": null,
		"/upstream_known": false,
	}),
	"Node's time-out is assumed": fixtures.route({_keep_alive: fixtures.assumed(30000)}),
	"Node's time-out is assumed to be off": fixtures.route({_keep_alive: fixtures.assumed(0)}),
	"it depends on a buffer that is not known": fixtures.route({
		_keep_alive: fixtures.live(10500),
		_buffer: fixtures.unknown,
	}),
	"nginx's time-out is not known": fixtures.route({_idle: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
