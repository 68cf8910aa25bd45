# METADATA
# title: proxy_read_timeout is at least 61 seconds
# description: |
#   A contract of the field: nginx waits a second longer than the 60 seconds after which load
#   balancers, frameworks and clients give up by default, so that it is not nginx that cuts off what
#   they would have waited for. Where the edge in front waits no longer than that itself, the floor
#   yields.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: info
#   prevents: contract
#   setting: nginx.read_timeout
#   message: nginx waits {{ has | duration }} for an answer, and should wait {{ needs | duration }}.
#   fix: In nginx set `proxy_read_timeout {{ needs | nginx_time }};` or more.
#   reasons:
#     edge_is_shorter: The edge in front of nginx waits no longer than that itself.
#     edge_not_declared: The plan chose a shorter one for an edge that this inventory does not tell.
package no502.rules.timeouts.read_timeout_floor

import data.no502.lib
import data.no502.lib.route

_floor := 61000

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("edge_is_shorter") if {
	route.response_limit <= _floor
} else := lib.not_applicable("edge_not_declared") if {
	_planned_for_another_inventory
	lib.said(input.settings.proxy_read_timeout) < _floor
} else := lib.at_least([input.settings.proxy_read_timeout], [], _floor) if {
	_edge_allows_it
}

_edge_allows_it if route.response_limit > _floor

_edge_allows_it if route.no_response_limit

# An audit without the apps' declarations: what this collection rendered was judged with them.
_planned_for_another_inventory if {
	input.managed
	is_null(input.edge)
	is_null(input.declared.longest_request)
}
