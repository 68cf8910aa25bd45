# METADATA
# title: The edge closes idle connections before nginx does
# description: |
#   The load balancer or CDN in front keeps idle connections to nginx and sends the next request over
#   one of them. If nginx is the first to close it, the edge may be writing at that instant, and
#   answers with a 502 of its own that nginx never logs. So nginx's client-side `keepalive_timeout`
#   is at least a second longer than the edge's idle time-out.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_core_module.html#keepalive_timeout
# - ref: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: error
#   prevents: "502"
#   setting: nginx.client_keepalive_timeout
#   message: >-
#     nginx closes an idle connection from the edge ({{ route.edge.kind }}) after
#     {{ has | duration }}, but the edge still sends requests over it for
#     {{ route.edge.idle_timeout.value | duration }} and answers them with 502.
#   fix: In nginx, in this server, set `keepalive_timeout {{ needs | nginx_time }};` or more.
#   reasons:
#     edge_is_layer_4: The edge passes connections on as they are; what counts is the client in front.
#     not_kept: nginx keeps no connection from the edge open.
package no502.rules.timeouts.edge_shorter_than_nginx

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("nothing_declared") if {
	is_null(input.edge)
} else := lib.not_applicable("nothing_declared") if {
	is_null(input.edge.idle_timeout)
} else := lib.not_applicable("edge_is_layer_4") if {
	input.edge.layer == 4
} else := lib.not_applicable("not_kept") if {
	lib.said(input.settings.keepalive_timeout) == 0
} else := lib.at_least([input.settings.keepalive_timeout], [input.edge.idle_timeout], 1000) if {
	input.edge.layer == 7
}
