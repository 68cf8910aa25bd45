# METADATA
# title: headersTimeout is above proxy_read_timeout, up to two minutes
# description: |
#   A contract of the field: Node does not give up on a request's headers before nginx gives up on
#   the answer. Above two minutes it would only invite clients that send their headers slowly, so
#   two minutes are enough there, except in the profile `strict`.
# related_resources:
# - ref: https://nodejs.org/api/http.html#serverheaderstimeout
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: info
#   prevents: contract
#   setting: node.headers_timeout
#   message: >-
#     headersTimeout is {{ has | duration }}, and has to be
#     {{ "above" if relation == "above" else "at least" }} {{ needs | duration }}
#     (proxy_read_timeout is {{ route.settings.proxy_read_timeout.value | duration }}).
#   fix: >-
#     In Node set server.headersTimeout to {{ needs + 1000 if relation == "above" else needs }} (ms)
#     or more.
package no502.rules.timeouts.headers_timeout_above_read_timeout

import data.no502.lib
import data.no502.lib.route

_enough := 120000

subjects := route.peers

results[i] contains judgement if some i, judgement in route.without_node

results[i] contains _judgement(node.settings.headers_timeout) if some i, node in route.nodes

# 0 switches it off.
_judgement(headers) := lib.pass([headers]) if {
	lib.said(headers) == 0
} else := lib.at_least([headers], [], _enough) if {
	input.profile == "default"
	lib.said(input.settings.proxy_read_timeout) >= _enough
} else := lib.above([headers], [input.settings.proxy_read_timeout], 0)
