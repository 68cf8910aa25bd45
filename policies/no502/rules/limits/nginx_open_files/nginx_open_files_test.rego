package no502.rules.limits.nginx_open_files_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.limits.nginx_open_files as rule

_own := "/nginx/0/worker_rlimit_nofile"

_units := "/nginx/0/unit/limit_nofile"

_none := fixtures.unknown_of("count")

fires := {
	"nginx's own limit": fixtures.host({_own: fixtures.count_of(511)}),
	"the unit's": fixtures.host({_own: _none, _units: fixtures.count_of(511)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"just as many": fixtures.host({_own: fixtures.count_of(512)}),
	"those of the unit": fixtures.host({_own: _none, _units: fixtures.count_of(512)}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it does not run": fixtures.host({"/nginx/0/running": false}),
	"it runs in a container": fixtures.host({"/nginx/0/container": "4f2d9c8a1b7e"}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"neither says it": fixtures.host({_own: _none, "/nginx/0/unit": null}),
	"the unit's was not read": fixtures.host({_own: _none, _units: _none}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
