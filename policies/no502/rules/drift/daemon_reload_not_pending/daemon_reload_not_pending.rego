# METADATA
# title: systemd knows the unit as it lies on disk
# description: |
#   The unit's file or a drop-in was changed, and systemd has not read it since. The next restart
#   still goes by the old one: time-outs and limits that were thought to be set are not.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemctl.html#daemon-reload
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     The files of {{ process.unit.name }} have changed since systemd read them.
#   fix: >-
#     Run `systemctl daemon-reload`, and restart the unit where its process has to see the change.
package no502.rules.drift.daemon_reload_not_pending

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.one_of(process.unit.need_daemon_reload, {false})
