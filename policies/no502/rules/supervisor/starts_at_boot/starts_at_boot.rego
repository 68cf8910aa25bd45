# METADATA
# title: The process comes back after a boot
# description: |
#   A unit that was started by hand, and is not enabled, does not come back when the host does.
#   nginx is there, and answers everything with 502.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemctl.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ process.unit.name }} is {{ process.unit.enabled.value }}: it does not start when the host
#     boots.
#   fix: >-
#     Run `systemctl enable {{ process.unit.name }}`.
#   reasons:
#     by_its_socket: The socket in front of it is what starts it.
package no502.rules.supervisor.starts_at_boot

import data.no502.lib
import data.no502.lib.host

# Of the others a static one is wanted by another unit, and an indirect one by its socket.
_started := {"alias", "enabled", "generated", "indirect", "static"}

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.not_applicable("by_its_socket") if {
	process.managed == true
} else := lib.one_of(process.unit.enabled, _started) if {
	process.managed == false
}
