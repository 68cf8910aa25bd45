# METADATA
# title: No waiver has expired
# description: A waiver holds until the end of the day that `expires` names; then it waives nothing.
# related_resources:
# - ref: https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html
# schemas:
# - input: schema.fleet
# custom:
#   document: fleet
#   about: waiver
#   severity: warning
#   prevents: contract
#   message: The waiver of {{ waiver.rule }} by {{ waiver.owner }} expired on {{ waiver.expires }}.
#   fix: Do what the rule asks for, or renew the waiver in no502_waivers with a later `expires`.
#   reasons:
#     no_day: It names no day.
package no502.rules.waivers.not_expired

import data.no502.lib

subjects contains i if some i, _ in input.waivers

results[i] contains _judgement(waiver.expires) if some i, waiver in input.waivers

# Days in the form YYYY-MM-DD compare as texts.
_judgement(expires) := lib.not_applicable("no_day") if {
	is_null(expires)
} else := lib.pass([]) if {
	expires >= input.today
} else := lib.fail("expired", []) if {
	expires < input.today
}
