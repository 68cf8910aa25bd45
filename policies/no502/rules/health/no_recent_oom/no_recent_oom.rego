# METADATA
# title: The kernel has killed nothing of the unit for its memory
# description: |
#   The kernel killed a process of this unit because it had used up its memory. What it was working
#   on got a 502, and it will come again: there is a leak, or the limit is too low for the load.
# related_resources:
# - ref: https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     The kernel has killed processes of {{ process.unit.name }} {{ has }} times for their memory
#     since it was started.
#   fix: >-
#     Set `--max-old-space-size` so that the heap ends below the limit, which names what leaks
#     (`--heapsnapshot-near-heap-limit=1`), or raise `MemoryMax=`.
package no502.rules.health.no_recent_oom

import data.no502.lib
import data.no502.lib.host

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := host.without_unit(process) if {
	is_null(process.unit)
} else := lib.at_most([process.unit.oom_kills], [], 0) if {
	host.running(process)
}
