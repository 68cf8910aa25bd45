# METADATA
# title: The program of the process is still the one on disk
# description: |
#   The package of Node was upgraded while the process ran. It goes on with the old program; workers
#   that it forks, and every restart, get the new one.
# related_resources:
# - ref: https://man7.org/linux/man-pages/man5/proc_pid_exe.5.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     The program that {{ process.name }} runs has been replaced on disk since it was started.
#   fix: >-
#     Restart it, one peer after the other.
package no502.rules.drift.node_binary_not_replaced

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := lib.one_of(process.binary_deleted, {false}) if {
	host.running(process)
}
