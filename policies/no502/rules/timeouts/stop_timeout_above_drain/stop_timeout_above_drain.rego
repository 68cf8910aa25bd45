# METADATA
# title: systemd gives a process the time to drain
# description: |
#   On a stop the guard lets the requests that are in flight finish, for at most its drain time.
#   systemd kills the process after `TimeoutStopSec`; if that comes first, they are lost.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#TimeoutStopSec=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: error
#   prevents: "502"
#   setting: systemd.timeout_stop
#   message: >-
#     systemd kills {{ process.name }} {{ has | duration }} after it was told to stop, while its
#     drain may take {{ process.guard.max.value | duration }}: requests in flight are cut off.
#   fix: >-
#     In the unit {{ process.unit.name }} set `TimeoutStopSec={{ needs | nginx_time }}` or more.
package no502.rules.timeouts.stop_timeout_above_drain

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.not_applicable("no_unit") if {
	is_null(process.unit)
} else := lib.without_guard(process) if {
	is_null(process.guard)
} else := lib.at_least([process.unit.timeout_stop], [process.guard.max], 1000)
