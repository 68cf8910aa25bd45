# METADATA
# title: Node may have enough files open
# description: |
#   Every connection is an open file. A Node that has run out of them takes no more: connections
#   wait in the queue of the kernel until nginx gives up on them. Node raises its soft limit to the
#   hard one when it starts, so that the hard one counts.
# related_resources:
# - ref: https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#LimitNOFILE=
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: warning
#   prevents: "502"
#   message: >-
#     {{ process.name }} may have {{ has }} files open, and should have {{ needs }}.
#   fix: >-
#     Set `LimitNOFILE=65536` in its unit, or raise the hard limit of whoever starts it.
package no502.rules.limits.node_open_files

import data.no502.lib
import data.no502.lib.host

_enough := 4096

subjects := host.processes

results[i] contains _judgement(process) if some i, process in input.processes

_judgement(process) := host.planned(process) if {
	is_null(process.pid)
} else := lib.at_least([process.open_files], [], _enough) if {
	host.running(process)
}
