# METADATA
# title: This release line of Node is still maintained
# description: |
#   A release line of Node gets no fixes any more after its end of life, not for what closes
#   connections wrongly either. Distributions go on for their own packages; whether yours does is
#   for you to know.
# related_resources:
# - ref: https://github.com/nodejs/release#release-schedule
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: process
#   severity: info
#   prevents: "502"
#   message: >-
#     {{ process.name }} runs Node {{ process.version | join(".") }}, whose release line is not
#     maintained any more.
#   fix: >-
#     Move it to a line that is maintained, an even number, one peer after the other.
#   reasons:
#     no_version: Its version is not known.
#     newer_than_known: It is newer than what this collection knows of.
package no502.rules.node.version_supported

import data.no502.lib
import data.no502.lib.host

# The last day of each line, by nodejs/release. An odd one lives for half a year; of those only the
# last is here, and of the earlier even ones none.
_ends := {
	18: "2025-04-30",
	20: "2026-04-30",
	22: "2027-04-30",
	24: "2028-04-30",
	25: "2026-06-01",
	26: "2029-04-30",
}

_newest := max(object.keys(_ends))

subjects := host.processes

results[i] contains _judgement(process.version) if some i, process in input.processes

_judgement(version) := lib.unknown("no_version") if {
	is_null(version)
} else := lib.not_applicable("newer_than_known") if {
	version[0] > _newest
} else := lib.pass([]) if {
	_ends[version[0]] >= input.today
} else := lib.fail("ended", []) if {
	is_number(version[0])
	object.get(_ends, version[0], "") < input.today
}
