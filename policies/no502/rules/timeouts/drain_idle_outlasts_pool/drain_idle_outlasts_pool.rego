# METADATA
# title: A process that drains keeps its idle connections until nginx has let go of them
# description: |
#   On SIGTERM the guard stops listening, but nginx keeps idle connections to that process, and goes
#   on sending requests over them, for as long as its upstream `keepalive_timeout`. If they are
#   closed earlier, those requests are lost. So the guard's idle grace is at least a second longer.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: error
#   prevents: "502"
#   setting: drain.idle_grace
#   message: >-
#     At a restart Node closes its idle connections after {{ has | duration }}, but nginx still sends
#     requests over them for {{ route.upstream.keepalive_timeout.value | duration }}.
#   fix: Set the guard's idle grace (NO502_IDLE_GRACE_MS) to {{ needs }} or more.
package no502.rules.timeouts.drain_idle_outlasts_pool

import data.no502.lib
import data.no502.lib.route

subjects := route.peers

results[i] contains judgement if some i, judgement in route.without_pool

results[i] contains _judgement(node) if some i, node in route.pooled

_judgement(node) := lib.without_guard(node) if {
	is_null(node.guard)
} else := lib.at_least([node.guard.idle_grace], [input.upstream.keepalive_timeout], 1000)
