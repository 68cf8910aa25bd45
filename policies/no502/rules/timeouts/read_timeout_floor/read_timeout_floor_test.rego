package no502.rules.timeouts.read_timeout_floor_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.read_timeout_floor as rule

_read := "/settings/proxy_read_timeout"

_limit := "/edge/response_limit"

fires := {
	"nginx's default": fixtures.route({_read: fixtures.ms(60000)}),
	"a millisecond below": fixtures.route({_read: fixtures.ms(60999)}),
	"the edge allows it": fixtures.route({
		_read: fixtures.ms(60000),
		_limit: fixtures.declared(61001),
	}),
	"no edge": fixtures.route({_read: fixtures.ms(60000), "/edge": null}),
	"somebody else's route, nothing declared": fixtures.route({
		_read: fixtures.ms(60000),
		"/edge": null,
		"/declared/longest_request": null,
		"/managed": false,
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the floor": fixtures.route({_read: fixtures.ms(61000)}),
	"no edge": fixtures.route({"/edge": null}),
	"the edge waits for ever": fixtures.route({_limit: null}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"the edge does not allow it": fixtures.route({
		_read: fixtures.ms(28000),
		_limit: fixtures.declared(61000),
	}),
	"rendered for an edge that is not declared here": fixtures.route({
		_read: fixtures.ms(28000),
		"/edge": null,
		"/declared/longest_request": null,
	}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_read: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
