package no502.rules.timeouts.worker_shutdown_timeout_covers_drain_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.worker_shutdown_timeout_covers_drain as rule

_end := "/nginx/worker_shutdown_timeout"

_longest := "/declared/longest_request"

fires := {
	"a millisecond less": fixtures.route({_end: fixtures.ms(59999)}),
	"less than two minutes": fixtures.route({_longest: fixtures.declared(3600000), _end: fixtures.ms(119999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just as long": fixtures.route({_end: fixtures.ms(60000)}),
	"two minutes are enough": fixtures.route({_longest: fixtures.declared(3600000), _end: fixtures.ms(120000)}),
	"without an end": fixtures.route({_end: fixtures.ms(0)}),
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
	"it was not read": fixtures.route({_end: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
