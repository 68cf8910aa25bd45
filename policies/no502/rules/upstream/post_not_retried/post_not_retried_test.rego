package no502.rules.upstream.post_not_retried_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.post_not_retried as rule

_when := "/settings/proxy_next_upstream"

fires := {
	"it is said": fixtures.route({_when: fixtures.text(["error", "timeout", "non_idempotent"])}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"nginx's default": fixtures.route({}),
	"it is off": fixtures.route({_when: fixtures.text(["off"])}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

unknown := {
	"it was not read": fixtures.route({_when: fixtures.unknown_of(null)}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
