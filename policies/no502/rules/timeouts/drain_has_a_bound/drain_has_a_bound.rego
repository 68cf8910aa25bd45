# METADATA
# title: A drain ends
# description: |
#   A process that drains goes on until nothing is in flight. Without a bound, one request that
#   never ends, or one client that never goes, keeps the old process, and what waits for its end.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: latency
#   setting: drain.max
#   message: >-
#     The drain of {{ process.name }} may take {{ has | duration }}.
#   fix: >-
#     Set the guard's longest drain (NO502_DRAIN_MAX_MS) to what a request may take, at most {{
#     needs }}.
package no502.rules.timeouts.drain_has_a_bound

import data.no502.lib
import data.no502.lib.host

_an_hour := 3600000

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.without_guard(process) if {
	is_null(process.guard)
} else := lib.at_most([process.guard.max], [], _an_hour)
