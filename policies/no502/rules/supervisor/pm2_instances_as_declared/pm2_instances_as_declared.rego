# METADATA
# title: PM2 runs as many instances as the app is to have
# description: |
#   PM2's `reload` applies many settings anew, but not the number of instances: it says 2, and runs
#   1. Then a reload is an outage, and one crash another.
# related_resources:
# - ref: https://pm2.keymetrics.io/docs/usage/cluster-mode/
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: pm2_app
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ pm2_app.name }} is to have {{ needs }} instances and has {{ has }}.
#   fix: >-
#     Run `pm2 scale` with the app's name and {{ needs }}, and `pm2 save`.
#   reasons:
#     one_process: In fork mode an entry is one process.
#     stopped: Somebody stopped it.
#     one_for_each_core: It has one for each core, as many as there are.
package no502.rules.supervisor.pm2_instances_as_declared

import data.no502.lib
import data.no502.lib.host

subjects := host.pm2_apps

results[i] contains _judgement(app) if some i, app in input.pm2_apps

_judgement(app) := lib.not_applicable("one_process") if {
	lib.said(app.mode) == "fork"
} else := lib.not_applicable("stopped") if {
	lib.said(app.status) == "stopped"
} else := lib.not_applicable("one_for_each_core") if {
	lib.said(app.declared) == 0
} else := lib.at_least([app.running], [app.declared], 0)
