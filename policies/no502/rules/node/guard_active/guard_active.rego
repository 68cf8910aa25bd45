# METADATA
# title: The guard runs in every process that this collection starts
# description: |
#   The guard sets the time-outs, answers malformed requests and drains. A process of ours without
#   it has been started by another command than the unit's, or the guard could not be loaded.
# related_resources:
# - ref: https://nodejs.org/api/cli.html#-r---require-module
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ process.name }} runs without the guard: it does not drain, and its time-outs are those of
#     the application.
#   fix: >-
#     Run the rollout again; if that does not help, see what it writes at its start: `journalctl
#     --unit {{ process.name }}`.
#   reasons:
#     not_ours: This collection does not run it.
package no502.rules.node.guard_active

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.not_applicable("not_ours") if {
	process.managed == false
} else := lib.fail("no_guard", []) if {
	is_null(process.guard)
	process.managed == true
} else := lib.pass([]) if {
	is_object(process.guard)
	process.managed == true
}
