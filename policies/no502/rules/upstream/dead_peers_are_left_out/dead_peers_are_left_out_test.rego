package no502.rules.upstream.dead_peers_are_left_out_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.dead_peers_are_left_out as rule

_peers := "/peers"

_never := object.union(fixtures.peer, {"max_fails": fixtures.count_of(0)})

_elsewhere(peer) := object.union(peer, {"address": "10.0.0.7:3000"})

_nowhere := object.union(_never, {"state": "unread", "host": null})

_down := object.union(_never, {"state": "down"})

_once := object.union(fixtures.peer, {"max_fails": fixtures.count_of(1)})

_unread := object.union(fixtures.peer, {"max_fails": fixtures.unknown_of("count")})

fires := {
	"its host was not read": fixtures.route({_peers: [_nowhere, _elsewhere(_nowhere)]}),
	"it is never left out": fixtures.route({_peers: [_never, _elsewhere(_never)]}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"one failure": fixtures.route({_peers: [_once, _elsewhere(_once)]}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"one peer": fixtures.route({_peers: [_never]}),
	"it is marked down": fixtures.route({_peers: [_down, _elsewhere(_down)]}),
	"on the same host": fixtures.route({_peers: [_never, _elsewhere(_never)], "/host": "app1"}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_peers: [_unread, _elsewhere(_unread)]}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
