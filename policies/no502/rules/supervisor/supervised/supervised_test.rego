package no502.rules.supervisor.supervised_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.supervised as rule

_value := "/processes/0/supervisor"

fires := {
	"nothing does": fixtures.host({_value: fixtures.text("none")}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"systemd does": fixtures.host({}),
	"PM2 does": fixtures.host({_value: fixtures.text("pm2")}),
	"whoever runs its container does": fixtures.host({_value: fixtures.text("container")}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({_value: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
