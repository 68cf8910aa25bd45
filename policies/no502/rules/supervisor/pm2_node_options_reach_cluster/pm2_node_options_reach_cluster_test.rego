package no502.rules.supervisor.pm2_node_options_reach_cluster_test

import data.no502.fixtures_test as fixtures
import data.no502.rules.supervisor.pm2_node_options_reach_cluster as rule

_mode := "/processes/0/mode"

_supervisor := "/processes/0/supervisor"

_cluster := {_mode: fixtures.text("cluster"), _supervisor: fixtures.text("pm2")}

_heard := {"name": "--max-old-space-size", "value": "512", "source": "node_args of PM2"}

_not_heard := object.union(_heard, {"source": "NODE_OPTIONS"})

fires := {
	"the heap is in NODE_OPTIONS": fixtures.host(object.union(_cluster, {"/processes/0/options": [_heard, _not_heard]})),
}

test_fires if {
	every document in fires {
		fixtures.status(rule.subjects, rule.results) == "fail" with input as document
	}
}

quiet := {
	"it is in node_args": fixtures.host(object.union(_cluster, {"/processes/0/options": [_heard]})),
	"there are none": fixtures.host(object.union(_cluster, {"/processes/0/options": []})),
}

test_quiet if {
	every document in quiet {
		fixtures.status(rule.subjects, rule.results) == "pass" with input as document
	}
}

not_applicable := {
	"systemd runs it": fixtures.host({}),
	"in fork mode": fixtures.host(object.union(_cluster, {_mode: fixtures.text("single")})),
}

test_not_applicable if {
	every document in not_applicable {
		fixtures.status(rule.subjects, rule.results) == "not_applicable" with input as document
	}
}

unknown := {
	"who runs it was not read": fixtures.host(object.union(_cluster, {_supervisor: fixtures.unknown_of(null)})),
	"its workers have different options": fixtures.host(object.union(_cluster, {"/processes/0/options": null})),
	"how it runs was not read": fixtures.host(object.union(_cluster, {_mode: fixtures.unknown_of(null)})),
}

test_unknown if {
	every document in unknown {
		fixtures.status(rule.subjects, rule.results) == "unknown" with input as document
	}
}
