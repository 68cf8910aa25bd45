# METADATA
# title: The decision on one document
# description: |
#   Gathers what every rule about this kind of document has to say. A rule that says nothing of a
#   subject, or two things, is itself a result, `unknown`: in Rego an undefined expression makes a
#   result vanish, and a check that vanished must not look like one that passed.
package no502.main

import data.no502.lib

# METADATA
# title: Everything that was judged
# description: |
#   `canary` and `revision` tell an answer of these policies from any other answer, and `rules` tells
#   an empty list of results from rules that were never loaded.
# entrypoint: true
decision := {
	"canary": "no502",
	"revision": data.no502.meta.revision,
	"document": input.kind,
	"rules": {rule.slug | some rule in _rules},
	"results": _results,
}

# The rules about this kind of document, by their annotations.
_rules contains object.union(rule, {"area": area, "name": name, "slug": concat(".", [area, name])}) if {
	some area, name
	rule := data.no502.meta.rules[area][name]
	rule.document == input.kind
}

_results contains _result(rule, subject, _only(said)) if {
	some rule in _rules
	some subject in data.no502.rules[rule.area][rule.name].subjects
	said := [judgement | some judgement in data.no502.rules[rule.area][rule.name].results[subject]]
}

# A rule that is annotated, but cannot even tell its subjects.
_results contains _result(rule, null, lib.unknown("not_evaluated")) if {
	some rule in _rules
	not data.no502.rules[rule.area][rule.name].subjects
}

_only(said) := said[0] if count(said) == 1

_only(said) := lib.unknown("not_evaluated") if count(said) != 1

_result(rule, subject, judgement) := object.union(judgement, {
	"rule": rule.slug,
	"subject": subject,
	"prevents": rule.prevents,
	"severity": _severity(rule, subject),
})

# A contract binds what this collection renders, and everybody in the profile `strict`. While a
# rollout is half done it is only a warning: what loses requests is an error at every instant.
_severity(rule, subject) := rule.severity if {
	rule.prevents != "contract"
} else := rule.severity if {
	input.profile == "default"
	_managed(rule.about, subject) == false
} else := "warning" if {
	input.phase == "transition"
} else := "error"

_managed("process", subject) := input.processes[subject].managed

_managed(about, _) := input.managed if about in {"route", "peer"}

_managed(about, _) := false if about in {"nginx", "pm2", "pm2_app", "waiver"}
