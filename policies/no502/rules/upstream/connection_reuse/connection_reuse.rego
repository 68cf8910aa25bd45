# METADATA
# title: nginx reuses its connections to the peers
# description: |
#   Without it every request opens a connection of its own: about half the throughput, a port of the
#   nginx host used up for a minute, and a handshake that fails first when a peer is busy. Before
#   nginx 1.29.7 it takes a named upstream with `keepalive` (below any balancing method), HTTP/1.1,
#   and an empty Connection header on the level that passes the request on.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: info
#   prevents: contract
#   message: >-
#     nginx opens a new connection for each request:
#     {% set up = route.upstream %}{% if up is none and route.upstream_known %}proxy_pass names no upstream
#     block.
#     {% elif up and up.keepalive.value == 0 %}the pool of {{ up.name }} is off.
#     {% elif up and up.pool_survives_balancer.value == false %}a balancing method below
#     `keepalive` switches it off.
#     {% elif route.settings.proxy_http_version.value == "1.0" %}it speaks HTTP/1.0 to the peers.
#     {% else %}it sends `Connection: {{ route.settings.connection_header.value }}`.{% endif %}
#   fix: >-
#     In nginx {% set up = route.upstream %}{% if up is none and route.upstream_known %}name the
#     peers in an upstream block with `keepalive 32;` and pass to that.
#     {% elif up and up.keepalive.value == 0 %}set `keepalive 32;` in upstream
#     {{ up.name }}, `proxy_http_version 1.1;` and `proxy_set_header Connection "";`.
#     {% elif up and up.pool_survives_balancer.value == false %}put `keepalive` last in upstream
#     {{ up.name }}.
#     {% elif route.settings.proxy_http_version.value == "1.0" %}set `proxy_http_version 1.1;` and
#     `proxy_set_header Connection "";`.
#     {% else %}set `proxy_set_header Connection "";` on the level of this proxy_pass.{% endif %}
#   fix_unknown: >-
#     Set `proxy_set_header Connection "";` on the level of this proxy_pass, or a map whose values
#     are written out; and pass to an upstream by its name, or by such a map.
package no502.rules.upstream.connection_reuse

import data.no502.lib
import data.no502.lib.route

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.pass(route.pool_values) if {
	route.pooling == "on"
} else := lib.fail("not_pooled", _blocking_values) if {
	route.pooling == "off"
} else := route.pool_unknown if {
	route.pooling == "unknown"
}

# By name: the order of an object is another one in each engine.
_blocking_values := [value |
	some name in sort(object.keys(route.pool_blockers))
	some value in route.pool_blockers[name]
]
