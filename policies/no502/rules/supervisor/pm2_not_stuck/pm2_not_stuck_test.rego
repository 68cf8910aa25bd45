package no502.rules.supervisor.pm2_not_stuck_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.pm2_not_stuck as rule

_value := "/pm2_apps/0/status"

fires := {
	"it gave up": fixtures.host({_value: fixtures.text("errored")}),
	"it waits": fixtures.host({_value: fixtures.text("waiting restart")}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it is online": fixtures.host({}),
	"somebody stopped it": fixtures.host({_value: fixtures.text("stopped")}),
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
