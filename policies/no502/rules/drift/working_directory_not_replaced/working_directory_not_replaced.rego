# METADATA
# title: The working directory of the process is still there
# description: |
#   A deployment that removes the directory in which Node runs leaves a process that can read none
#   of its files any more: what it loads late, templates and static files, fails, and it still runs
#   the old code. PM2 goes on with such a directory after its own reload as well.
# related_resources:
# - ref: https://man7.org/linux/man-pages/man5/proc_pid_cwd.5.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     The directory in which {{ process.name }} runs{% if process.directory %}, {{ process.directory
#     }},{% endif %} has been removed: it runs code that is no longer there.
#   fix: >-
#     Restart it in the directory that is there now, and deploy beside the old directory rather than
#     in its place.
package no502.rules.drift.working_directory_not_replaced

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := lib.one_of(process.directory_deleted, {false}) if {
	host.running(process)
}
