# METADATA
# title: Every waiver says what it waives, for how long, and who answers for it
# description: |
#   A waiver has `rule`, at least one of `host`, `app` and `route`, `reason`, `owner` and `expires`
#   (a day, YYYY-MM-DD). One that lacks any of them waives nothing.
# related_resources:
# - ref: https://docs.ansible.com/ansible/latest/reference_appendices/YAMLSyntax.html
# schemas:
# - input: schema.fleet
# custom:
#   document: fleet
#   about: waiver
#   severity: warning
#   prevents: contract
#   message: >-
#     The waiver of {{ waiver.rule or "no rule" }} lacks {{ reason }}, so it waives nothing.
#   fix: >-
#     no502_waivers: [{rule: {{ waiver.rule or "timeouts.read_timeout_floor" }}, app: shop, reason:
#     why, owner: who, expires: 2027-01-31}]
package no502.rules.waivers.well_formed

import data.no502.lib

subjects contains i if some i, _ in input.waivers

results[i] contains _judgement(waiver) if some i, waiver in input.waivers

# Sorted: the order of a set is another one in each engine.
_judgement(waiver) := lib.fail(concat(", ", sort(_missing(waiver))), []) if {
	count(_missing(waiver)) > 0
} else := lib.pass([]) if {
	is_string(waiver.rule)
	is_string(waiver.reason)
	is_string(waiver.owner)
	_is_day(waiver.expires)
	some scope in ["host", "app", "route"]
	is_string(waiver[scope])
}

_missing(waiver) := (_no_text(waiver) | _no_scope(waiver)) | _no_day(waiver)

_no_text(waiver) := {name | some name in ["rule", "reason", "owner"]; is_null(waiver[name])}

_no_scope(waiver) := {"host, app or route" |
	is_null(waiver.host)
	is_null(waiver.app)
	is_null(waiver.route)
}

_no_day(waiver) := {"expires (YYYY-MM-DD)" | _is_day(waiver.expires) == false}

_is_day(text) := regex.match(`^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`, text) if is_string(text)

_is_day(text) := false if is_null(text)
