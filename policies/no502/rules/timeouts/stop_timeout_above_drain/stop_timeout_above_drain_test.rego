package no502.rules.timeouts.stop_timeout_above_drain_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.timeouts.stop_timeout_above_drain as rule

_stop := "/processes/0/unit/timeout_stop"

_drain := "/processes/0/guard/max"

_guard := "/processes/0/guard"

_managed := "/processes/0/managed"

_pm2 := "/processes/0/pm2_app"

_kill_timeout(v) := json.patch(
	fixtures.pm2_app,
	[{"op": "replace", "path": "/settings/kill_timeout", "value": v}],
)

fires := {
	"a millisecond less than the margin of PM2's": fixtures.host({_pm2: _kill_timeout(fixtures.live(60999))}),
	"PM2's default": fixtures.host({_pm2: _kill_timeout(fixtures.live(1600))}),
	"a millisecond less than the margin": fixtures.host({_stop: fixtures.live(60999)}),
	"the drain is longer": fixtures.host({_drain: fixtures.live(90000)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just the margin of PM2's": fixtures.host({
		_pm2: _kill_timeout(fixtures.live(61000)),
		_stop: fixtures.live(0),
	}),
	"just the margin": fixtures.host({_stop: fixtures.live(61000)}),
	"systemd waits for ever": fixtures.host({_stop: fixtures.live(9007199254740991)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no unit": fixtures.host({"/processes/0/unit": null}),
	"somebody else's Node has no guard": fixtures.host({_guard: null, _managed: false}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"PM2 does not say": fixtures.host({_pm2: _kill_timeout(fixtures.unknown)}),
	"systemd does not say": fixtures.host({_stop: fixtures.unknown}),
	"a Node of ours has no guard": fixtures.host({_guard: null}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
