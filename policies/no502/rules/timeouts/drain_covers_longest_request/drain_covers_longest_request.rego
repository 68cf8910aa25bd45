# METADATA
# title: A drain lasts as long as the longest request, up to two minutes
# description: |
#   At a restart the guard lets requests that are in flight finish, for as long as its longest drain
#   says. What takes longer is cut off. Above two minutes a restart would take too long; requests
#   that long should be able to be repeated.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=
# schemas:
# - input: schema.route
# custom:
#   document: route
#   about: peer
#   severity: warning
#   prevents: "502"
#   setting: drain.max
#   message: >-
#     At a restart {{ node.name }} waits {{ has | duration }} for requests in flight, and the
#     longest takes {{ route.declared.longest_request.value | duration }}.
#   fix: >-
#     Set the guard's longest drain (NO502_DRAIN_MAX_MS) to {{ needs }} or more.
package no502.rules.timeouts.drain_covers_longest_request

import data.no502.lib
import data.no502.lib.route

_most := 120000

subjects := route.peers

results[i] contains judgement if some i, judgement in route.without_node

results[i] contains _judgement(node) if some i, node in route.nodes

_judgement(node) := lib.not_applicable("nothing_declared") if {
	is_null(input.declared.longest_request)
} else := lib.without_guard(node) if {
	is_null(node.guard)
} else := lib.at_least([node.guard.max], [], _most) if {
	lib.said(input.declared.longest_request) > _most
} else := lib.at_least([node.guard.max], [input.declared.longest_request], 0)
