package no502.rules.timeouts.edge_shorter_than_nginx_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.edge_shorter_than_nginx as rule

_keepalive := "/settings/keepalive_timeout"

_idle := "/edge/idle_timeout"

_layer := "/edge/layer"

fires := {
	"nginx's default behind an ALB of two minutes": fixtures.route({_keepalive: fixtures.ms(75000)}),
	"a millisecond less than the margin": fixtures.route({_keepalive: fixtures.ms(120999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin": fixtures.route({_keepalive: fixtures.ms(121000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no edge": fixtures.route({"/edge": null}),
	"its idle time-out is not declared": fixtures.route({_idle: null}),
	"the edge passes connections on": fixtures.route({_layer: 4}),
	"nginx keeps no connection": fixtures.route({_keepalive: fixtures.ms(0)}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_keepalive: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
