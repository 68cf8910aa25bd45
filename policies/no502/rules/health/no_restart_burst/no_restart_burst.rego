# METADATA
# title: The process does not crash again and again
# description: |
#   systemd has started this process several times because it had failed, and the last time was less
#   than an hour ago. Each time the requests in flight got a 502.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Restart=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     systemd had to start {{ process.unit.name }} {{ process.unit.n_restarts.value }} times, and {{
#     has | duration }} ago for the last time.
#   fix: >-
#     Look at `journalctl --unit {{ process.unit.name }}` for what ends it.
package no502.rules.health.no_restart_burst

import data.no502.lib
import data.no502.lib.host

_several := 3

_an_hour := 3600000

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.pass([process.unit.n_restarts]) if {
	host.running(process)
	lib.said(process.unit.n_restarts) < _several
} else := lib.unread([process.unit.n_restarts]) if {
	host.running(process)
	lib.soft(process.unit.n_restarts)
} else := object.union(
	lib.at_least([process.uptime], [], _an_hour),
	{"values": [process.uptime, process.unit.n_restarts]},
) if {
	host.running(process)
	lib.said(process.unit.n_restarts) >= _several
}
