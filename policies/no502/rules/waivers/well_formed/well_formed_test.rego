package no502.rules.waivers.well_formed_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.waivers.well_formed as rule

fires := {
	"no rule": fixtures.fleet({"/waivers/0/rule": null}),
	"no reason": fixtures.fleet({"/waivers/0/reason": null}),
	"no owner": fixtures.fleet({"/waivers/0/owner": null}),
	"no scope": fixtures.fleet({"/waivers/0/app": null}),
	"no day": fixtures.fleet({"/waivers/0/expires": null}),
	"no such month": fixtures.fleet({"/waivers/0/expires": "2026-13-01"}),
	"not a day": fixtures.fleet({"/waivers/0/expires": "31.12.2026"}),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"the first of a month": fixtures.fleet({"/waivers/0/expires": "2027-01-01"}),
	"one for an app": fixtures.fleet({}),
	"one for a host": fixtures.fleet({"/waivers/0/app": null, "/waivers/0/host": "lb1"}),
	"one for a route": fixtures.fleet({"/waivers/0/app": null, "/waivers/0/route": "*:80/"}),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}
