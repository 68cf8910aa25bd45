# METADATA
# title: systemd does not give up starting the process
# description: |
#   systemd stops restarting a unit that has been started `StartLimitBurst` times within
#   `StartLimitIntervalSec`: 5 times in 10 seconds by default, and with the default `RestartSec` of
#   100 ms a database that is away for a second is enough. The unit then stays down until somebody
#   comes.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.unit.html#StartLimitIntervalSec=interval
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     systemd gives up on {{ process.unit.name }} when it has failed {{
#     process.unit.start_limit_burst.value }} times within {{ needs | duration }}.
#   fix: >-
#     In the unit {{ process.unit.name }} set `StartLimitIntervalSec=0` under `[Unit]`.
package no502.rules.supervisor.restart_does_not_give_up

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.pass([process.unit.start_limit_interval]) if {
	lib.said(process.unit.start_limit_interval) == 0
} else := lib.unread(_values(process.unit)) if {
	some v in _values(process.unit)
	lib.soft(v)
} else := object.union(
	lib.at_least([_spread(process.unit)], [process.unit.start_limit_interval], 0),
	{"values": _values(process.unit)},
)

_values(unit) := [unit.start_limit_interval, unit.start_limit_burst, unit.restart_sec]

# The time that so many starts take at least.
_spread(unit) := object.union(
	unit.restart_sec,
	{"value": lib.said(unit.restart_sec) * lib.said(unit.start_limit_burst)},
)
