package no502.rules.supervisor.pm2_saved_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.pm2_saved as rule

_value := "/pm2/0/saved"

fires := {
	"another one runs": fixtures.host({_value: fixtures.text(false)}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"as it should be": fixtures.host({}),
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
