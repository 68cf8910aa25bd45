# METADATA
# title: Every waiver waives something
# description: |
#   A waiver that matches no failed or unknown result has done its work, or has a mistake in its
#   rule or its scope. Either way it should go: it would silently waive what comes next.
# related_resources:
# - ref: https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html
# schemas:
# - input: schema.fleet
# custom:
#   document: fleet
#   about: waiver
#   severity: warning
#   prevents: contract
#   message: The waiver of {{ waiver.rule }} matches no result.
#   fix: Take it out of no502_waivers, or correct its rule, host, app or route.
package no502.rules.waivers.matches_something

import data.no502.lib

subjects contains i if some i, _ in input.waivers

results[i] contains _judgement(waiver.matches) if some i, waiver in input.waivers

_judgement(matches) := lib.pass([]) if {
	matches > 0
} else := lib.fail("unmatched", []) if {
	matches == 0
}
