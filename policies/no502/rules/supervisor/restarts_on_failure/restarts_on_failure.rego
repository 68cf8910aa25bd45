# METADATA
# title: systemd starts the process again when it fails
# description: |
#   Without `Restart=` a service that ends by an exception stays away. `on-abnormal` and `on-abort`
#   are not enough: Node ends an exception that nobody catches with an exit code.
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
#     {{ process.unit.name }} has `Restart={{ process.unit.restart.value }}`: systemd does not start
#     it again when an exception ends it.
#   fix: >-
#     In the unit {{ process.unit.name }} set `Restart=on-failure`.
package no502.rules.supervisor.restarts_on_failure

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.one_of(process.unit.restart, {"always", "on-failure"})
