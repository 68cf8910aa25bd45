# METADATA
# title: The edge waits longer for an answer than nginx does
# description: |
#   The inner hop has to give up first. If the edge does, the client gets the edge's 502, 504 or 524
#   while nginx and Node still work on the request, and nginx logs a 499 that says nothing.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: warning
#   prevents: contract
#   setting: nginx.read_timeout
#   message: >-
#     nginx waits {{ has | duration }} for an answer, but the edge ({{ route.edge.kind }}) gives up
#     after {{ needs | duration }} already.
#   fix: >-
#     Raise the edge's response time-out above {{ has | duration }}, or in nginx set
#     `proxy_read_timeout` below {{ needs | duration }}.
package no502.rules.timeouts.edge_waits_for_nginx

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("nothing_declared") if {
	route.no_response_limit
} else := lib.below([input.settings.proxy_read_timeout], [input.edge.response_limit], 0)
