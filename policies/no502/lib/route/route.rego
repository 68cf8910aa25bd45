# METADATA
# title: What the rules about routes share
# schemas:
# - input: schema.route
package no502.lib.route

# regal ignore:pointless-import
import data.no502.lib # not so: this package is below it, not in it

# METADATA
# title: The one subject of a rule about the route itself
itself := {0}

# METADATA
# title: The subjects of a rule about peers, by their place in the document
peers contains i if some i, _ in input.peers

# METADATA
# title: The addresses of the peers, each once
# description: '`null` stands for a name that has none. Undefined where one is missing.'
addresses := {peer.address | some peer in input.peers} if {
	every peer in input.peers {
		_is_address(peer.address)
	}
}

_is_address(address) if is_string(address)

_is_address(address) if is_null(address)

# METADATA
# title: The Node processes behind the peers
nodes[i] := peer.node if {
	some i, peer in input.peers
	peer.state == "node"
}

# METADATA
# title: What is to be said of peers that have no Node process to be looked at
# scope: document
without_node[i] := lib.not_applicable(reason) if {
	some i, peer in input.peers
	reason := {"down": "peer_down", "other": "peer_not_node", "silent": "peer_silent"}[peer.state]
}

without_node[i] := lib.unknown("peer_unread") if {
	some i, peer in input.peers
	peer.state == "unread"
}

# METADATA
# title: The Node processes to which nginx keeps idle connections
pooled[i] := node if {
	pooling == "on"
	some i, node in nodes
}

# METADATA
# title: What is to be said of peers to which nginx keeps no idle connections
# scope: document
without_pool[i] := judgement if some i, judgement in without_node

without_pool[i] := lib.not_applicable("not_pooled") if {
	pooling == "off"
	some i, _ in nodes
}

without_pool[i] := pool_unknown if {
	pooling == "unknown"
	some i, _ in nodes
}

# METADATA
# title: How long the edge waits for an answer, in milliseconds
# description: Undefined where it waits for ever, or nothing was declared, or it is missing.
response_limit := lib.said(input.edge.response_limit)

# METADATA
# title: The edge waits for ever, or nothing was declared
# scope: document
no_response_limit if is_null(input.edge)

no_response_limit if is_null(input.edge.response_limit)

# METADATA
# title: proxy_pass comes to no upstream block
no_upstream if {
	is_null(input.upstream)
	input.upstream_known == true
}

# METADATA
# title: Whether proxy_pass comes to an upstream block, and to which, cannot be told
upstream_untold if {
	is_null(input.upstream)
	input.upstream_known == false
}

# METADATA
# title: Whether nginx keeps idle connections to the peers
# description: |
#   `on`, `off` or `unknown`; undefined where something that decides it is missing. What the version
#   of nginx does unasked is in the values already.
pooling := "off" if {
	count(pool_blockers) > 0
} else := "on" if {
	lib.said(input.upstream.keepalive) > 0
	lib.said(input.upstream.pool_survives_balancer) == true
	lib.said(input.settings.proxy_http_version) in {"1.1", "2"}
	_connection_kept == true
} else := "unknown" if {
	some v in pool_values
	lib.soft(v)
} else := "unknown" if {
	upstream_untold
} else := "unknown" if {
	contains(lib.said(input.settings.connection_header), "$")
	count(input.connection_header_values) == 0
}

# METADATA
# title: What decides whether nginx pools, for a named upstream
pool_values := [
	input.upstream.keepalive,
	input.upstream.pool_survives_balancer,
	input.settings.proxy_http_version,
	input.settings.connection_header,
]

# METADATA
# title: What is to be said where it is not known whether nginx pools
# scope: document
pool_unknown := lib.unknown("upstream_unknown") if {
	upstream_untold
} else := lib.unread(pool_values)

# METADATA
# title: What keeps nginx from pooling, each with the values that say so
pool_blockers["upstream"] := [] if no_upstream

pool_blockers["keepalive"] := [input.upstream.keepalive] if lib.said(input.upstream.keepalive) == 0

pool_blockers["balancer"] := [input.upstream.pool_survives_balancer] if {
	lib.said(input.upstream.pool_survives_balancer) == false
}

pool_blockers["http_version"] := [input.settings.proxy_http_version] if {
	lib.said(input.settings.proxy_http_version) == "1.0"
}

pool_blockers["connection"] := [input.settings.connection_header] if _connection_kept == false

# What nginx sends leaves the connection open, for some requests at least where it depends on them.
_connection_kept := lower(header) in {"", "keep-alive"} if {
	header := lib.said(input.settings.connection_header)
	contains(header, "$") == false
}

_connection_kept := count(kept) > 0 if {
	contains(lib.said(input.settings.connection_header), "$")
	count(input.connection_header_values) > 0
	kept := [value | some value in input.connection_header_values; lower(value) in {"", "keep-alive"}]
}
