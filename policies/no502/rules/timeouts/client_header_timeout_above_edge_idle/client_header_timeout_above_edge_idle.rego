# METADATA
# title: nginx waits for a first request as long as the edge keeps an unused connection
# description: |
#   Some load balancers open connections before they have a request to send. nginx closes one on
#   which no header has come after `client_header_timeout`; if that is earlier than the edge gives
#   it up, the edge may be sending its first request at that instant, and answers it with 502. What
#   counts is said by the default server of the address, since nginx does not know the host name
#   yet.
# related_resources:
# - ref: https://repost.aws/knowledge-center/elb-alb-troubleshoot-502-errors
# - ref: https://nginx.org/en/docs/http/ngx_http_core_module.html#client_header_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: info
#   prevents: "502"
#   setting: nginx.client_header_timeout
#   message: >-
#     nginx closes an unused connection from the edge ({{ route.edge.kind }}) after {{ has |
#     duration }}, and the edge keeps it for {{ route.edge.idle_timeout.value | duration }}.
#   fix: >-
#     In nginx, in the default server of this address, set `client_header_timeout {{ needs |
#     nginx_time }};` or more.
#   reasons:
#     no_preconnects: This edge opens no connection before it has a request.
package no502.rules.timeouts.client_header_timeout_above_edge_idle

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("nothing_declared") if {
	is_null(input.edge)
} else := lib.not_applicable("nothing_declared") if {
	is_null(input.edge.idle_timeout)
} else := lib.not_applicable("no_preconnects") if {
	input.edge.preconnects == false
} else := lib.at_least([input.before_host.client_header_timeout], [input.edge.idle_timeout], 1000) if {
	input.edge.preconnects == true
}
