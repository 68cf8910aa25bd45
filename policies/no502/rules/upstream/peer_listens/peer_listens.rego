# METADATA
# title: Something listens behind every peer
# description: |
#   Every request that nginx sends to a peer where nothing listens fails with `connect() failed (111:
#   Connection refused)`. Another peer may answer it instead; where there is none, or the others fail
#   as well, the client gets 502.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: error
#   prevents: "502"
#   message: Nothing listens at {{ peer.address }} on {{ peer.host }}.
#   fix: >-
#     Start the application there, or correct the address in nginx ({{ peer.where }}), or mark the
#     server `down` until it is back.
#   fix_unknown: Make the peer's host readable, or take the peer out of nginx.
package no502.rules.upstream.peer_listens

import data.no502.lib
import data.no502.lib.route

subjects := route.peers

results[i] contains _by_state[peer.state] if some i, peer in input.peers

_by_state := {
	"node": lib.pass([]),
	"other": lib.pass([]),
	"silent": lib.fail("silent", []),
	"unread": lib.unknown("peer_unread"),
	"down": lib.not_applicable("peer_down"),
}
