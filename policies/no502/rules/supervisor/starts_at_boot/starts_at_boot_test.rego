package no502.rules.supervisor.starts_at_boot_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.starts_at_boot as rule

_enabled := "/processes/0/unit/enabled"

fires := {
	"it is not enabled": fixtures.host({"/processes/0/managed": false, _enabled: fixtures.text("disabled")}),
	"until the next boot only": fixtures.host({
		"/processes/0/managed": false,
		_enabled: fixtures.text("enabled-runtime"),
	}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it is enabled": fixtures.host({"/processes/0/managed": false}),
	"another unit wants it": fixtures.host({"/processes/0/managed": false, _enabled: fixtures.text("static")}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"no unit of somebody else's": fixtures.host({"/processes/0/managed": false, "/processes/0/unit": null}),
	"no unit": fixtures.host({"/processes/0/unit": null}),
	"its socket starts it": fixtures.host({_enabled: fixtures.text("disabled")}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"it was not read": fixtures.host({"/processes/0/managed": false, _enabled: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
