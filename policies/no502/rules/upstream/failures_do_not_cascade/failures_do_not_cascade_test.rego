package no502.rules.upstream.failures_do_not_cascade_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.failures_do_not_cascade as rule

_peers := "/peers"

_zone := "/upstream/zone"

_other := object.union(fixtures.peer, {"name": "app2:3000", "address": "10.0.0.7:3000"})

_two := [fixtures.peer, _other]

fires := {
	"no zone": fixtures.route({_peers: _two, _zone: fixtures.text("")}),
	"nginx's defaults": fixtures.route({
		_peers: [fixtures.peer, object.union(_other, {"max_fails": fixtures.count_of(1)})],
	}),
	"it stays away too long": fixtures.route({
		_peers: [fixtures.peer, object.union(_other, {"fail_timeout": fixtures.ms(5001)})],
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"two peers": fixtures.route({_peers: _two}),
	"failures do not count": fixtures.route({
		_peers: [fixtures.peer, object.union(_other, {"max_fails": fixtures.count_of(0)})],
	}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"one peer": fixtures.route({}),
	"no upstream": fixtures.route({"/upstream": null, _peers: _two}),
	"the other one is a backup": fixtures.route({
		_peers: [fixtures.peer, object.union(_other, {"backup": true})],
	}),
	"the other one is down": fixtures.route({_peers: [fixtures.peer, object.union(_other, {"state": "down"})]}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"which upstream it is cannot be told": fixtures.route({
		"/upstream": null,
		"/upstream_known": false,
	}),
	"the zone was not read": fixtures.route({_peers: _two, _zone: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
