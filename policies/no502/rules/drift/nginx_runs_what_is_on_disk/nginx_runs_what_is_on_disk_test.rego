package no502.rules.drift.nginx_runs_what_is_on_disk_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.drift.nginx_runs_what_is_on_disk as rule

_differs := "/nginx/0/disk/differs"

fires := {
	"a file changed": fixtures.host({
		_differs: fixtures.text(true),
		"/nginx/0/disk/files": ["/etc/nginx/nginx.conf"],
	}),
	"which one is not known": fixtures.host({_differs: fixtures.text(true)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"nothing changed": fixtures.host({}),
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
	"it could not be told": fixtures.host({_differs: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
