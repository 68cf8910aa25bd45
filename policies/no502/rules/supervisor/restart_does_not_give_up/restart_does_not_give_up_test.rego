package no502.rules.supervisor.restart_does_not_give_up_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.restart_does_not_give_up as rule

_interval := "/processes/0/unit/start_limit_interval"

_delay := "/processes/0/unit/restart_sec"

fires := {
	"systemd's defaults": fixtures.host({_interval: fixtures.live(10000), _delay: fixtures.live(100)}),
	"a millisecond too fast": fixtures.host({_interval: fixtures.live(5001)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"without a limit the delay does not matter": fixtures.host({_delay: fixtures.unknown}),
	"without a limit": fixtures.host({}),
	"so slowly that it never comes to that": fixtures.host({_interval: fixtures.live(5000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no unit": fixtures.host({"/processes/0/unit": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"the interval was not read": fixtures.host({_interval: fixtures.unknown}),
	"the delay was not read": fixtures.host({_interval: fixtures.live(10000), _delay: fixtures.unknown}),
	"the burst was not read": fixtures.host({
		_interval: fixtures.live(10000),
		"/processes/0/unit/start_limit_burst": fixtures.unknown_of("count"),
	}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
