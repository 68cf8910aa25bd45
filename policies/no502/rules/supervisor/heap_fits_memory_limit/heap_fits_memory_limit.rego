# METADATA
# title: The heap fits into the memory that the process may use
# description: |
#   Where old space may grow beyond what is left of the memory limit, the kernel kills the process,
#   without a message of Node's, before V8 would have collected harder or said why. Old space is at
#   most three quarters of the limit, and leaves 256 MiB for the young generation, buffers and the
#   program itself.
#
#   Node 18 does not see a limit of cgroup 2 at all, and sizes its heap by the memory of the host.
# related_resources:
# - ref: https://nodejs.org/api/cli.html#--max-old-space-sizesize-in-mib
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   setting: memory.old_space_mib
#   message: >-
#     Old space of {{ process.name }} may grow to {{ (has / 1048576) | round | int }} MiB, and at
#     most {{ (needs / 1048576) | round | int }} MiB fit into its memory limit of {{
#     (process.memory_limit.value / 1048576) | round | int }} MiB: the kernel kills it first.
#   fix: >-
#     Start Node with `--max-old-space-size={{ (needs / 1048576) | int }}` or less, or raise the
#     memory limit.
#   fix_unknown: >-
#     Say it: start Node with --max-old-space-size, at most three quarters of the memory limit and
#     256 MiB less than it.
#   reasons:
#     not_limited: Nothing but the host itself limits its memory.
package no502.rules.supervisor.heap_fits_memory_limit

import data.no502.lib
import data.no502.lib.host

_beside := 268435456

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := lib.not_applicable("not_limited") if {
	lib.said(process.memory_limited) == false
} else := lib.unread([process.old_space, process.memory_limit]) if {
	_may_be_limited(process)
	lib.soft(process.memory_limit)
} else := object.union(
	lib.at_most([process.old_space], [], _most(lib.said(process.memory_limit))),
	{"values": [process.old_space, process.memory_limit]},
) if {
	_may_be_limited(process)
}

_may_be_limited(process) if lib.said(process.memory_limited) == true

_may_be_limited(process) if lib.soft(process.memory_limited)

_most(limit) := max([min([floor(limit * 0.75), limit - _beside]), 0])
