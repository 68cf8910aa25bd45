package no502.rules.timeouts.connect_timeout_ceiling_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.connect_timeout_ceiling as rule

_connect := "/settings/proxy_connect_timeout"

fires := {
	"nginx's default": fixtures.route({_connect: fixtures.ms(60000)}),
	"a millisecond above": fixtures.route({_connect: fixtures.ms(10001)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the ceiling": fixtures.route({_connect: fixtures.ms(10000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_connect: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
