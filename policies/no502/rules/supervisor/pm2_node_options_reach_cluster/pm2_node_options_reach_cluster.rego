# METADATA
# title: The options of a cluster's workers reach them
# description: |
#   In cluster mode PM2 starts its workers with the environment of its own daemon in force:
#   `NODE_OPTIONS` of an app is not heard there, so that a heap limit or a preload that it names is
#   not in force. `node_args` is heard.
# related_resources:
# - ref: https://pm2.keymetrics.io/docs/usage/application-declaration/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ process.name }} runs in PM2's cluster mode, which does not hear NODE_OPTIONS: what it names
#     is not in force.
#   fix: >-
#     Move the options to `node_args` in the ecosystem file, and `pm2 delete` and start the app.
#   reasons:
#     not_in_pm2: PM2 does not run it.
#     not_a_cluster: It does not run in cluster mode.
#     options_unread: Its options are not seen, or not the same for all workers.
package no502.rules.supervisor.pm2_node_options_reach_cluster

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.not_applicable("not_in_pm2") if {
	lib.said(process.supervisor) in {"systemd", "container", "none"}
} else := lib.not_applicable("not_a_cluster") if {
	lib.said(process.mode) == "single"
} else := lib.unread([process.supervisor, process.mode]) if {
	some v in [process.supervisor, process.mode]
	lib.soft(v)
} else := lib.unknown("options_unread") if {
	_in_pm2(process)
	is_null(process.options)
} else := lib.fail("not_heard", [process.mode]) if {
	_in_pm2(process)
	some option in process.options
	option.source == "NODE_OPTIONS"
} else := lib.pass([process.mode]) if {
	_in_pm2(process)
	every option in process.options {
		option.source != "NODE_OPTIONS"
	}
}

_in_pm2(process) if {
	lib.said(process.supervisor) == "pm2"
	lib.said(process.mode) == "cluster"
}
