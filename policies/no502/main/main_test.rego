package no502.main_test

import data.no502.fixtures_test as fixtures
import data.no502.lib
import data.no502.main

_meta(severity, prevents) := {"revision": "r1", "rules": {"timeouts": {"connect_timeout_ceiling": {
	"document": "route",
	"about": "route",
	"severity": severity,
	"prevents": prevents,
}}}}

_about(kind, about) := {"revision": "r1", "rules": {"area": {"rule": {
	"document": kind,
	"about": about,
	"severity": "info",
	"prevents": "contract",
}}}}

_rule(subjects, results) := {"area": {"rule": {"subjects": subjects, "results": results}}}

_passes := {lib.pass([])}

_statuses[result.subject] := result.status if some result in main.decision.results

_severities contains result.severity if some result in main.decision.results

test_says_what_it_is if {
	main.decision.canary == "no502" with input as fixtures.route({})
		with data.no502.meta as _meta("info", "contract")
	main.decision.revision == "r1" with input as fixtures.route({})
		with data.no502.meta as _meta("info", "contract")
	main.decision.document == "route" with input as fixtures.route({})
		with data.no502.meta as _meta("info", "contract")
	main.decision.rules == {"timeouts.connect_timeout_ceiling"} with input as fixtures.route({})
		with data.no502.meta as _meta("info", "contract")
}

test_is_undefined_without_a_revision if {
	not main.decision with input as fixtures.route({})
}

test_gathers_what_the_rules_say if {
	main.decision.results == {{
		"rule": "timeouts.connect_timeout_ceiling",
		"subject": 0,
		"status": "pass",
		"severity": "warning",
		"prevents": "504",
		"has": 3000,
		"needs": 10000,
		"relation": "at_most",
		"margin": 7000,
		"unit": "ms",
		"values": [fixtures.ms(3000)],
		"reason": null,
	}} with input as fixtures.route({})
		with data.no502.meta as _meta("warning", "504")
}

test_leaves_out_rules_about_other_documents if {
	main.decision.results == set() with input as fixtures.host({})
		with data.no502.meta as _meta("warning", "504")
}

test_nothing_said_of_a_subject_is_unknown if {
	_statuses == {0: "pass", 1: "unknown"} with input as fixtures.route({})
		with data.no502.meta as _about("route", "peer")
		with data.no502.rules as _rule({0, 1}, {0: _passes})
}

test_two_things_said_of_a_subject_are_unknown if {
	_statuses == {0: "unknown"} with input as fixtures.route({})
		with data.no502.meta as _about("route", "peer")
		with data.no502.rules as _rule({0}, {0: {lib.pass([]), lib.fail("x", [])}})
}

test_a_rule_without_subjects_is_unknown if {
	_statuses == {null: "unknown"} with input as fixtures.route({})
		with data.no502.meta as _about("route", "peer")
		with data.no502.rules as {}
}

test_a_contract_is_an_error_where_it_binds if {
	_severities == {"error"} with input as fixtures.route({})
		with data.no502.meta as _meta("info", "contract")
	_severities == {"error"} with input as fixtures.route({"/managed": false, "/profile": "strict"})
		with data.no502.meta as _meta("info", "contract")
}

test_a_contract_is_advice_on_what_others_render if {
	_severities == {"info"} with input as fixtures.route({"/managed": false})
		with data.no502.meta as _meta("info", "contract")
}

test_a_contract_is_a_warning_while_a_rollout_is_half_done if {
	_severities == {"warning"} with input as fixtures.route({"/phase": "transition"})
		with data.no502.meta as _meta("info", "contract")
	_severities == {"info"} with input as fixtures.route({"/phase": "transition", "/managed": false})
		with data.no502.meta as _meta("info", "contract")
}

test_what_loses_requests_is_an_error_at_every_instant if {
	_severities == {"error"} with input as fixtures.route({"/phase": "transition", "/managed": false})
		with data.no502.meta as _meta("error", "502")
}

test_a_contract_about_a_process_binds_on_ours if {
	_severities == {"error"} with input as fixtures.host({})
		with data.no502.meta as _about("host", "process")
		with data.no502.rules as _rule({0}, {0: _passes})
	_severities == {"info"} with input as fixtures.host({"/processes/0/managed": false})
		with data.no502.meta as _about("host", "process")
		with data.no502.rules as _rule({0}, {0: _passes})
}

test_a_contract_about_waivers_is_advice if {
	_severities == {"info"} with input as fixtures.fleet({})
		with data.no502.meta as _about("fleet", "waiver")
		with data.no502.rules as _rule({0}, {0: _passes})
}

test_a_contract_about_what_others_run_is_advice if {
	every about in ["nginx", "pm2", "pm2_app"] {
		_severities == {"info"} with input as fixtures.host({})
			with data.no502.meta as _about("host", about)
			with data.no502.rules as _rule({0}, {0: _passes})
	}
}
