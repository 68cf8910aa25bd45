package no502.rules.supervisor.pm2_instances_as_declared_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.pm2_instances_as_declared as rule

_running := "/pm2_apps/0/running"

_declared := "/pm2_apps/0/declared"

fires := {
	"one is missing": fixtures.host({_running: fixtures.count_of(1)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"all are there": fixtures.host({}),
	"more than that": fixtures.host({_running: fixtures.count_of(4)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it has one process": fixtures.host({"/pm2_apps/0/mode": fixtures.text("fork")}),
	"somebody stopped it": fixtures.host({"/pm2_apps/0/status": fixtures.text("stopped")}),
	"one for each core": fixtures.host({_declared: fixtures.count_of(0)}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"how many run was not read": fixtures.host({_running: fixtures.unknown_of("count")}),
	"how many are to run was not read": fixtures.host({_declared: fixtures.unknown_of("count")}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
