package no502.rules.upstream.peer_listens_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.upstream.peer_listens as rule

_state := "/peers/0/state"

fires := {
	"nothing listens": fixtures.route({_state: "silent"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"Node listens": fixtures.route({}),
	"something else listens": fixtures.route({_state: "other"}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"it is down": fixtures.route({_state: "down"}),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"its host was not read": fixtures.route({_state: "unread"}),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
