package no502.lib.route_test

import data.no502.fixtures_test as fixtures
import data.no502.lib.route

test_pools if {
	route.pooling == "on" with input as fixtures.route({})
	object.keys(route.pooled) == {0} with input as fixtures.route({})
	route.without_pool == {} with input as fixtures.route({})
}

test_pools_however_it_is_said if {
	route.pooling == "on" with input as fixtures.route({"/upstream/keepalive": fixtures.count_of(1)})
	route.pooling == "on" with input as fixtures.route({"/settings/connection_header": fixtures.text("Keep-Alive")})
	every values in [[""], ["keep-alive"], ["upgrade", "Keep-Alive"]] {
		route.pooling == "on" with input as fixtures.route({
			"/settings/connection_header": fixtures.text("${x}"),
			"/connection_header_values": values,
		})
	}
}

test_a_variable_may_stand_anywhere if {
	route.pooling == "unknown" with input as fixtures.route({"/settings/connection_header": fixtures.text("x$y")})
	route.pooling == "off" with input as fixtures.route({
		"/settings/connection_header": fixtures.text("x$y"),
		"/connection_header_values": ["close"],
	})
}

test_one_blocker_is_enough if {
	every path, value in {
		"/upstream": null,
		"/upstream/keepalive": fixtures.count_of(0),
		"/upstream/pool_survives_balancer": fixtures.text(false),
		"/settings/proxy_http_version": fixtures.text("1.0"),
		"/settings/connection_header": fixtures.text("close"),
	} {
		route.pooling == "off" with input as fixtures.route({path: value})
		count(route.pool_blockers) == 1 with input as fixtures.route({path: value})
		route.pooled == {} with input as fixtures.route({path: value})
	}
}

test_a_blocker_decides_whatever_else_is_not_known if {
	route.pooling == "off" with input as fixtures.route({
		"/upstream/keepalive": fixtures.count_of(0),
		"/settings/proxy_http_version": fixtures.unknown,
	})
}

test_not_known_whether_it_pools if {
	every path in [
		"/upstream/keepalive",
		"/upstream/pool_survives_balancer",
		"/settings/proxy_http_version",
		"/settings/connection_header",
	] {
		route.pooling == "unknown" with input as fixtures.route({path: fixtures.unknown})
	}
}

test_not_known_which_upstream_it_is if {
	untold := {"/upstream": null, "/upstream_known": false}
	route.pooling == "unknown" with input as fixtures.route(untold)
	route.pool_blockers == {} with input as fixtures.route(untold)
	route.without_pool[0].reason == "upstream_unknown" with input as fixtures.route(untold)
	route.pooling == "off" with input as fixtures.route(object.union(
		untold,
		{"/settings/proxy_http_version": fixtures.text("1.0")},
	))
	not route.pooling with input as json.remove(fixtures.route({"/upstream": null}), ["/upstream_known"])
}

test_not_known_what_a_variable_comes_to if {
	route.pooling == "unknown" with input as fixtures.route({"/settings/connection_header": fixtures.text("$x")})
}

test_undefined_where_something_is_missing if {
	every path in [
		"/upstream/keepalive/value",
		"/upstream/pool_survives_balancer/origin",
		"/settings/proxy_http_version/source",
		"/settings/connection_header",
		"/upstream",
	] {
		not route.pooling with input as json.remove(fixtures.route({}), [path])
	}
}

test_how_long_the_edge_waits if {
	route.response_limit == 120000 with input as fixtures.route({})
	not route.no_response_limit with input as fixtures.route({})
	route.no_response_limit with input as fixtures.route({"/edge": null})
	route.no_response_limit with input as fixtures.route({"/edge/response_limit": null})
	not route.no_response_limit with input as json.remove(fixtures.route({}), ["/edge"])
}

test_the_addresses_of_the_peers if {
	route.addresses == {"10.0.0.6:3000"} with input as fixtures.route({"/peers": [fixtures.peer, fixtures.peer]})
	count(route.addresses) == 1 with input as fixtures.route({"/peers/0/address": null})
	not route.addresses with input as json.remove(fixtures.route({}), ["/peers/0/address"])
}
