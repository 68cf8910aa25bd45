# METADATA
# title: What every rule is written with
# description: |
#   A value says where it came from. A comparison of values is a judgement: `pass` and `fail` only
#   where all of them are firm, `unknown` where one is assumed or could not be read, and undefined
#   (which `no502.main` turns into `unknown`) where one is missing or malformed. So nothing here
#   may use `not` on what the input says.
package no502.lib

# `default` is nginx's own, and authoritative, since all of its configuration is read. A default of
# Node's is `assumed`: the code may set another.
_firm_origins := {"config", "default", "live", "declared", "planned"}

_soft_origins := {"assumed", "unknown"}

# METADATA
# title: What a value says, where that can be relied on
# description: Undefined for a value that is assumed, unknown, missing or malformed.
said(v) := v.value if {
	v.origin in _firm_origins
	v.value != null
	type_name(v.source) == "string"
}

# METADATA
# title: Whether a value is assumed, or could not be read
# description: Undefined, rather than false, for any other.
soft(v) if v.origin in _soft_origins

# METADATA
# title: The sum of the values `has` is at least that of `needs` and `bound` together
# description: '`has` and `needs` are arrays of values of one unit; `bound` is a number of that unit.'
at_least(has, needs, bound) := _compared("at_least", has, needs, bound)

# METADATA
# title: The sum of the values `has` is above that of `needs` and `bound` together
above(has, needs, bound) := _compared("above", has, needs, bound)

# METADATA
# title: The sum of the values `has` is below that of `needs` and `bound` together
below(has, needs, bound) := _compared("below", has, needs, bound)

# METADATA
# title: The sum of the values `has` is at most that of `needs` and `bound` together
at_most(has, needs, bound) := _compared("at_most", has, needs, bound)

_compared(relation, has, needs, bound) := {
	"status": _status(_holds(relation, margin)),
	"has": total,
	"needs": limit,
	"relation": relation,
	"margin": margin,
	"unit": unit,
	"values": values,
	"reason": null,
} if {
	values := array.concat(has, needs)
	unit := values[0].unit
	every v in values {
		v.unit == unit
		type_name(said(v)) == "number"
	}
	total := sum([v.value | some v in has])
	limit := sum([v.value | some v in needs]) + bound
	margin := _margin(relation, total, limit)
}

_compared(_, has, needs, _) := unread(array.concat(has, needs)) if {
	some v in array.concat(has, needs)
	soft(v)
}

_margin(relation, has, needs) := has - needs if relation in {"at_least", "above"}

_margin(relation, has, needs) := needs - has if relation in {"at_most", "below"}

_holds(relation, margin) := margin >= 0 if relation in {"at_least", "at_most"}

_holds(relation, margin) := margin > 0 if relation in {"above", "below"}

_status(true) := "pass"

_status(false) := "fail"

_verdict(status, reason, values) := {
	"status": status,
	"has": null,
	"needs": null,
	"relation": null,
	"margin": null,
	"unit": null,
	"values": values,
	"reason": reason,
}

# METADATA
# title: The rule holds, with nothing to compare
pass(values) := _verdict("pass", null, values)

# METADATA
# title: The rule is broken, with nothing to compare
# description: '`reason` is a word that the templates in the METADATA may ask for.'
fail(reason, values) := _verdict("fail", reason, values)

# METADATA
# title: The value is one of those in the set `accepted`
# scope: document
one_of(v, accepted) := _verdict(_status(said(v) in accepted), null, [v])

one_of(v, _) := unread([v]) if soft(v)

# METADATA
# title: The rule does not apply to this subject
not_applicable(reason) := _verdict("not_applicable", reason, [])

# METADATA
# title: It should have been readable, and was not
unknown(reason) := _verdict("unknown", reason, [])

# METADATA
# title: At least one of these values is assumed, or could not be read
unread(values) := _verdict("unknown", "value", values)

# METADATA
# title: What is to be said of a process that has no guard
# scope: document
# description: |
#   Undefined for one that has. A process that this collection runs must have one, so there its
#   absence means that it could not be read.
without_guard(process) := not_applicable("no_guard") if {
	is_null(process.guard)
	process.managed == false
}

without_guard(process) := unknown("guard_unread") if {
	is_null(process.guard)
	process.managed == true
}
