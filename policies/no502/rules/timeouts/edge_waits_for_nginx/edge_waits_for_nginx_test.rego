package no502.rules.timeouts.edge_waits_for_nginx_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.edge_waits_for_nginx as rule

_read := "/settings/proxy_read_timeout"

_limit := "/edge/response_limit"

fires := {
	"they are equal": fixtures.route({_limit: fixtures.declared(65000)}),
	"the edge is shorter": fixtures.route({_limit: fixtures.declared(30000)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"a millisecond below": fixtures.route({_limit: fixtures.declared(65001)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no edge": fixtures.route({"/edge": null}),
	"the edge waits for ever": fixtures.route({_limit: null}),
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
