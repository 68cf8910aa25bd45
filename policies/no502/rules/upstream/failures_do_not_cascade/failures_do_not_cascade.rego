# METADATA
# title: One failure does not take a peer out
# description: |
#   Of several peers nginx leaves one out for `fail_timeout` once `max_fails` requests have failed
#   there: with the defaults one request, for 10 seconds, and in each worker by itself. Two
#   connections that were closed at the wrong instant are enough for `no live upstreams`, and a 502
#   for everybody. Two failures or more, five seconds or less, and a `zone`, so that all workers
#   count together.
# related_resources:
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#server
# - ref: https://nginx.org/en/docs/http/ngx_http_upstream_module.html#zone
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: route
#   severity: info
#   prevents: "502"
#   message: >-
#     nginx leaves a peer of {{ route.upstream.name if route.upstream else "this route" }} out too
#     easily: {% if reason == "zone" %}each worker counts failures by itself, without a zone.{% elif
#     reason == "max_fails" %}one failure is enough.{% else %}it stays away for longer than 5 s.{%
#     endif %}
#   fix: >-
#     In nginx give the upstream a `zone`, and every server `max_fails=3 fail_timeout=5s`.
#   reasons:
#     one_peer: There is one peer, which nginx never leaves out.
package no502.rules.upstream.failures_do_not_cascade

import data.no502.lib
import data.no502.lib.route

_longest := 5000

subjects := route.itself

results[i] contains _judgement if some i in subjects

_judgement := lib.not_applicable("one_peer") if {
	route.no_upstream
} else := lib.unknown("upstream_unknown") if {
	route.upstream_untold
} else := lib.not_applicable("one_peer") if {
	_known
	count(_serving) < 2
} else := lib.unread(_values) if {
	_known
	some v in _values
	lib.soft(v)
} else := lib.fail("zone", _values) if {
	_known
	lib.said(input.upstream.zone) == ""
} else := lib.fail("max_fails", _values) if {
	_known
	some peer in input.peers
	lib.said(peer.max_fails) == 1
} else := lib.fail("fail_timeout", _values) if {
	_known
	some peer in input.peers
	lib.said(peer.fail_timeout) > _longest
} else := lib.pass(_values) if {
	_known
	lib.said(input.upstream.zone) != ""
	every peer in input.peers {
		lib.said(peer.max_fails) != 1
		lib.said(peer.fail_timeout) <= _longest
	}
}

_known if {
	count(route.addresses) > 0
	every peer in input.peers {
		is_boolean(peer.backup)
		is_string(peer.state)
	}
}

_serving contains peer.address if {
	some peer in input.peers
	peer.backup == false
	peer.state != "down"
}

_values := array.concat(
	[input.upstream.zone],
	[v | some peer in input.peers; some v in [peer.max_fails, peer.fail_timeout]],
)
