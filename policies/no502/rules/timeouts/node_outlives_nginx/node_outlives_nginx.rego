# METADATA
# title: Node keeps idle connections longer than nginx
# description: |
#   nginx keeps idle connections to its peers and sends the next request over one of them. If Node
#   is the first to close it, nginx may be writing at that instant: the request is lost, and one
#   that is not idempotent (POST, PATCH) is answered with 502. So nginx has to be the first to
#   close, by a second at least. Node's side is `keepAliveTimeout` and the buffer that its version
#   adds, or what a timed connection showed; 0 means that Node never closes.
#
#   In the error log: `upstream prematurely closed connection while reading response header`, or
#   `recv() failed (104: Connection reset by peer) while reading response header`.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive_timeout
# - ref: https://nodejs.org/api/http.html#serverkeepalivetimeout
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: error
#   prevents: "502"
#   setting: nginx.pool_idle
#   message: >-
#     Node closes an idle connection after {{ has | duration }}, but nginx still sends requests over
#     it for {{ route.upstream.keepalive_timeout.value | duration }}: a POST sent in the instant in
#     which Node closes is answered with 502.
#   fix: >-
#     {% if has > 2000 %}In nginx, in upstream {{ route.upstream.name }}, set `keepalive_timeout
#     {{ (has - 1000) | nginx_time }};` or less; or in {% else %}In {% endif %}Node set
#     server.keepAliveTimeout to {{ needs }} (ms) or more.
#   fix_unknown: >-
#     Let Node say its time-outs: run it with this collection's guard (role node_service), or let it
#     answer on the address that nginx uses.
package no502.rules.timeouts.node_outlives_nginx

import data.no502.lib
import data.no502.lib.route

subjects := route.peers

results[i] contains judgement if some i, judgement in route.without_pool

results[i] contains _judgement(node.settings) if some i, node in route.pooled

_judgement(settings) := lib.at_least([settings.idle_limit], [input.upstream.keepalive_timeout], 1000) if {
	# A connection that was timed says more than what is set.
	is_object(settings.idle_limit)
} else := _set(settings) if {
	is_null(settings.idle_limit)
}

_set(settings) := lib.pass([settings.keep_alive_timeout]) if {
	lib.said(settings.keep_alive_timeout) == 0
} else := _without_buffer(settings) if {
	# What Node keeps at least is enough: no need to know what it adds.
	_without_buffer(settings).status == "pass"
} else := lib.at_least(
	[settings.keep_alive_timeout, settings.keep_alive_timeout_buffer],
	[input.upstream.keepalive_timeout],
	1000,
)

_without_buffer(settings) := lib.at_least(
	[settings.keep_alive_timeout],
	[input.upstream.keepalive_timeout],
	1000,
)
