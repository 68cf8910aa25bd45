package no502.rules.supervisor.nginx_restarts_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.nginx_restarts as rule

_value := "/nginx/0/unit/restart"

fires := {
	"Debian's": fixtures.host({_value: fixtures.text("no")}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"on-failure": fixtures.host({}),
	"always": fixtures.host({_value: fixtures.text("always")}),
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
	"it was not read": fixtures.host({_value: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
