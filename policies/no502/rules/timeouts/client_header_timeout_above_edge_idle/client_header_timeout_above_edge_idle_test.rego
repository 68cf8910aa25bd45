package no502.rules.timeouts.client_header_timeout_above_edge_idle_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.client_header_timeout_above_edge_idle as rule

_header := "/before_host/client_header_timeout"

fires := {
	"nginx's default": fixtures.route({_header: fixtures.ms(60000)}),
	"a millisecond less than the margin": fixtures.route({_header: fixtures.ms(120999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin": fixtures.route({_header: fixtures.ms(121000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no edge": fixtures.route({"/edge": null}),
	"its idle time-out is not declared": fixtures.route({"/edge/idle_timeout": null}),
	"it opens none in advance": fixtures.route({"/edge/preconnects": false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_header: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
