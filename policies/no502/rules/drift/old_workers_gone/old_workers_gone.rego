# METADATA
# title: Old workers of nginx are gone after a reload
# description: |
#   After a reload the old workers finish what they have begun, for at most
#   `worker_shutdown_timeout`. One that stays longer still sends requests to the peers that it knew,
#   and holds their memory.
# related_resources:
# - ref: https://nginx.org/en/docs/ngx_core_module.html#worker_shutdown_timeout
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ nginx.workers_shutting_down }} old workers of {{ nginx.name }} are still there {{ has |
#     duration }} after the reload, though worker_shutdown_timeout is {{
#     nginx.worker_shutdown_timeout.value | duration }}.
#   fix: >-
#     See what holds them (`ss -tnp`), and end them with `kill -TERM` when it may be cut off.
#   reasons:
#     no_limit: worker_shutdown_timeout sets no limit to them.
package no502.rules.drift.old_workers_gone

import data.no502.lib
import data.no502.lib.host

# Seconds for the workers to see that their time is over.
_margin := 5000

subjects := host.nginx

results[i] contains judgement if some i, judgement in host.not_running

results[i] contains _judgement(software) if some i, software in host.running_nginx

_judgement(software) := lib.pass([]) if {
	software.workers_shutting_down == 0
} else := lib.not_applicable("no_limit") if {
	lib.said(software.worker_shutdown_timeout) == 0
} else := lib.at_most([software.loaded_ago], [software.worker_shutdown_timeout], _margin) if {
	software.workers_shutting_down > 0
}
