# METADATA
# title: The generation that lies on disk is the one that was loaded
# description: |
#   This collection loads its files as one generation. If another one lies on disk than the one that
#   was loaded last, a run was cut off in between, or somebody moved the link: the next reload
#   brings what nobody decided on.
# related_resources:
# - ref: https://nginx.org/en/docs/control.html
# schemas:
# - input: schema.host
# custom:
#   document: host
#   about: nginx
#   severity: warning
#   prevents: "502"
#   message: >-
#     Generation {{ nginx.generation }} of {{ nginx.name }} lies on disk, but {{
#     nginx.disk.loaded_generation }} was the last one to be loaded.
#   fix: >-
#     Run the rollout again, which finishes or takes back what was begun, or go back with
#     no502.node.rollback.
#   fix_unknown: >-
#     Run the audit as root, so that the history of the generations can be read.
#   reasons:
#     no_generation: Nothing of this collection is there.
#     loaded_unread: Which generation was loaded last is not known.
package no502.rules.drift.reload_not_pending

import data.no502.lib
import data.no502.lib.host

subjects := host.nginx

results[i] contains judgement if some i, judgement in host.not_running

results[i] contains _judgement(software) if some i, software in host.running_nginx

_judgement(software) := lib.not_applicable("no_generation") if {
	is_null(software.generation)
} else := lib.unknown("loaded_unread") if {
	is_string(software.generation)
	is_null(software.disk.loaded_generation)
} else := lib.pass([]) if {
	software.generation == software.disk.loaded_generation
} else := lib.fail("pending", []) if {
	software.generation != software.disk.loaded_generation
}
