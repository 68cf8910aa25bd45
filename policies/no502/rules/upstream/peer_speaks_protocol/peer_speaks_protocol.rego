# METADATA
# title: nginx and the peer speak the same protocol
# description: |
#   Where nginx speaks HTTP to a port of Node that speaks TLS, Node closes the connection, and every
#   request gets a 502 (`upstream prematurely closed connection`). The other way round it is
#   `SSL_do_handshake() failed (... wrong version number)`.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_pass
# - ref: https://nodejs.org/api/http.html
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: warning
#   prevents: "502"
#   message: >-
#     nginx speaks {{ route.scheme }} to {{ peer.name }}, which speaks {{ node.protocol.value }}.
#   fix: >-
#     In nginx write `proxy_pass {{ node.protocol.value }}://...` for this route, or have Node speak
#     {{ route.scheme }}.
#   reasons:
#     a_variable: A variable in proxy_pass decides what nginx speaks.
package no502.rules.upstream.peer_speaks_protocol

import data.no502.lib
import data.no502.lib.route

subjects := route.peers

results[i] contains judgement if some i, judgement in route.without_node

results[i] contains _judgement(node.protocol) if some i, node in route.nodes

_judgement(protocol) := lib.not_applicable("a_variable") if {
	is_null(input.scheme)
} else := lib.one_of(protocol, {input.scheme}) if {
	is_string(input.scheme)
}
