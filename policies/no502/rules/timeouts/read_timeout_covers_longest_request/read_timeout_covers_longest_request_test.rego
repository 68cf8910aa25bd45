package no502.rules.timeouts.read_timeout_covers_longest_request_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.read_timeout_covers_longest_request as rule

_read := "/settings/proxy_read_timeout"

_longest := "/declared/longest_request"

fires := {
	"as long as the longest request": fixtures.route({_longest: fixtures.declared(65000)}),
	"a millisecond less than the margin": fixtures.route({_longest: fixtures.declared(64001)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin": fixtures.route({_longest: fixtures.declared(64000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"nothing was declared": fixtures.route({_longest: null}),
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
