package no502.rules.health.no_restart_burst_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.health.no_restart_burst as rule

_restarts := "/processes/0/unit/n_restarts"

_uptime := "/processes/0/uptime"

fires := {
	"the third time, just now": fixtures.host({
		_restarts: fixtures.count_of(3),
		_uptime: fixtures.live(3599999),
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"never": fixtures.host({}),
	"twice": fixtures.host({_restarts: fixtures.count_of(2), _uptime: fixtures.live(1000)}),
	"long ago": fixtures.host({_restarts: fixtures.count_of(9), _uptime: fixtures.live(3600000)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run yet": fixtures.host({"/processes/0/pid": null}),
	"no unit": fixtures.host({"/processes/0/unit": null}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"how often was not read": fixtures.host({_restarts: fixtures.unknown_of("count")}),
	"since when it runs was not read": fixtures.host({
		_restarts: fixtures.count_of(3),
		_uptime: fixtures.unknown,
	}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
