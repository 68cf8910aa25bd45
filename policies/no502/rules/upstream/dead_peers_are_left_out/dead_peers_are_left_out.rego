# METADATA
# title: nginx leaves out a peer on another host that does not answer
# description: |
#   With `max_fails=0` nginx goes on sending every request to a peer whose host is gone, and every
#   one of them waits for `proxy_connect_timeout` before the next peer is tried. On the same host a
#   peer that is gone refuses at once; another host does not.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#max_fails
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: warning
#   prevents: latency
#   message: >-
#     nginx sends requests to {{ peer.name }} however often it has not answered (`max_fails=0`).
#   fix: >-
#     In nginx ({{ peer.where }}) set `max_fails=3 fail_timeout=5s` for this server.
#   reasons:
#     one_peer: There is one peer, which nginx never leaves out.
#     same_host: It is on the host of nginx, where a port without a listener refuses at once.
package no502.rules.upstream.dead_peers_are_left_out

import data.no502.lib
import data.no502.lib.route

subjects := route.peers

results[i] contains _judgement(peer) if some i, peer in input.peers

_judgement(peer) := lib.not_applicable("one_peer") if {
	count(route.addresses) == 1
} else := lib.not_applicable("peer_down") if {
	peer.state == "down"
} else := lib.not_applicable("same_host") if {
	peer.host == input.host
} else := lib.at_least([peer.max_fails], [], 1) if {
	count(route.addresses) > 1
	is_string(peer.state)
	is_string(input.host)
	_elsewhere(peer.host)
}

_elsewhere(name) if is_null(name)

_elsewhere(name) if is_string(name)
