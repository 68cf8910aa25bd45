package no502.rules.supervisor.nginx_stop_covers_drain_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.nginx_stop_covers_drain as rule

_stop := "/nginx/0/unit/timeout_stop"

_end := "/nginx/0/worker_shutdown_timeout"

fires := {
	"a millisecond less than a minute": fixtures.host({_stop: fixtures.live(59999), _end: fixtures.ms(0)}),
	"Debian's": fixtures.host({_stop: fixtures.live(5000), _end: fixtures.ms(0)}),
	"a millisecond less than the margin": fixtures.host({_stop: fixtures.live(65999)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"an end that comes at once": fixtures.host({_stop: fixtures.live(1001), _end: fixtures.ms(1)}),
	"just the margin": fixtures.host({_stop: fixtures.live(66000)}),
	"a minute without an end": fixtures.host({_stop: fixtures.live(60000), _end: fixtures.ms(0)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no unit": fixtures.host({"/nginx/0/unit": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"systemd does not say": fixtures.host({_stop: fixtures.unknown}),
	"nginx's was not read": fixtures.host({_end: fixtures.unknown}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
