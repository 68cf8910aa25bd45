# METADATA
# title: The process has the limits of its unit
# description: |
#   Limits are given to a process when it starts. One that was started before the unit changed, or
#   whose limits systemd clamps, runs with others than the unit says.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     {{ process.name }} does not have the limit on open files that its unit {{ process.unit.name }}
#     says.
#   fix: >-
#     Restart {{ process.unit.name }}; where that does not help, see whether systemd itself may have
#     as many files open (`systemctl show --property=DefaultLimitNOFILE`).
package no502.rules.drift.process_matches_unit

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.one_of(process.unit.limits_match, {true}) if {
	host.running(process)
}
