package no502.rules.upstream.connection_reuse_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.connection_reuse as rule

_connection := "/settings/connection_header"

_values := "/connection_header_values"

_version := "/settings/proxy_http_version"

fires := {
	"HTTP/1.0": fixtures.route({_version: fixtures.text("1.0")}),
	"nginx says close": fixtures.route({_connection: fixtures.text("close")}),
	"a header that is always upgrade": fixtures.route({_connection: fixtures.text("upgrade")}),
	"a map that comes to close or upgrade": fixtures.route({
		_connection: fixtures.text("$connection_upgrade"),
		_values: ["upgrade", "close"],
	}),
	"the pool is off": fixtures.route({"/upstream/keepalive": fixtures.count_of(0)}),
	"a balancing method below keepalive": fixtures.route({
		"/upstream/pool_survives_balancer": fixtures.text(false),
	}),
	"no upstream block": fixtures.route({"/upstream": null}),
	"HTTP/1.0, whatever the upstream": fixtures.route({
		"/upstream": null,
		"/upstream_known": false,
		_version: fixtures.text("1.0"),
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"HTTP/1.1 and no Connection header": fixtures.route({}),
	"HTTP/2": fixtures.route({_version: fixtures.text("2")}),
	"keep-alive, in so many words": fixtures.route({_connection: fixtures.text("Keep-Alive")}),
	"a map that is empty for ordinary requests": fixtures.route({
		_connection: fixtures.text("$connection_upgrade"),
		_values: ["upgrade", ""],
	}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"a map that was not read": fixtures.route({_connection: fixtures.text("$connection_upgrade")}),
	"which upstream it is cannot be told": fixtures.route({
		"/upstream": null,
		"/upstream_known": false,
	}),
	"nginx's version is not known": fixtures.route({_version: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
