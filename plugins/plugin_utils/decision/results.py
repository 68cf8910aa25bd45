# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an engine said of one document, made whole: subjects by name, texts, nothing missing."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.decision import text as decision_text
from ansible_collections.no502.node.plugins.plugin_utils.engine import catalog as bundle_catalog

# Rego names a subject by its place in one of the document's lists.
_LISTS = {
    "nginx": "nginx",
    "peer": "peers",
    "pm2": "pm2",
    "pm2_app": "pm2_apps",
    "process": "processes",
    "waiver": "waivers",
}
# What runs on a host, of whatever kind: a result names it as its `process`.
_ON_HOST = ("nginx", "pm2", "pm2_app", "process")
_COPIED = ("status", "severity", "prevents", "has", "needs", "margin", "unit")
STATUSES = ("pass", "fail", "unknown", "not_applicable")


def results(document, said):
    """Return the results of one document, exactly one for each rule and subject.

    said: what the engine gave. A subject that it did not name, or named twice, is `unknown`: the
    policies see to that themselves, and this is the second lock on the same door.
    """
    by_subject: dict = {}
    for result in said:
        by_subject.setdefault((result.get("rule"), result.get("subject")), []).append(result)
    return [
        _result(slug, rule, document, place, by_subject.get((slug, place), []))
        for slug, rule in bundle_catalog.rules_about(document["kind"]).items()
        for place in _places(rule, document)
    ]


def _places(rule, document):
    """Return the subjects that a rule has in a document."""
    name = _LISTS.get(rule["about"])
    return range(len(document[name]) if name else 1)


def _result(slug, rule, document, place, said):
    """Return one result, in full."""
    whole = said[0] if len(said) == 1 and said[0]["status"] in STATUSES else _missing(rule)
    scope = _scope(rule, document, place)
    return {
        "rule": slug,
        **{key: whole[key] for key in _COPIED},
        "relation": whole["relation"],
        "reason": whole["reason"],
        "subject": _subject(rule, document, place),
        "where": _where(whole, scope),
        "message": decision_text.message(rule, whole, scope),
        "fix": decision_text.fix(rule, whole, scope),
        "blocking": False,
        "worse": None,
    }


def _missing(rule):
    return {
        "status": "unknown",
        "severity": "error",
        "prevents": rule["prevents"],
        "reason": "not_evaluated",
        "values": [],
        **dict.fromkeys(("has", "needs", "relation", "margin", "unit")),
    }


def _scope(rule, document, place):
    """Return the parts of a document that the texts about a subject may ask for."""
    scope = {document["kind"]: document}
    name = _LISTS.get(rule["about"])
    if name:
        scope[rule["about"]] = document[name][place]
    if rule["about"] == "peer":
        scope["node"] = scope["peer"]["node"]
    if rule["about"] == "process":
        scope["node"] = scope["process"]
    return scope


def _subject(rule, document, place):
    """Return what a result is about, by names."""
    about, scope = rule["about"], _scope(rule, document, place)
    kind = {"waiver": "fleet", **dict.fromkeys(_ON_HOST, "host")}.get(about, about)
    process = scope[about] if about in _ON_HOST else {}
    return {
        "kind": kind,
        "host": document.get("host") or scope.get("waiver", {}).get("host"),
        "route": document.get("route"),
        "app": process.get("app") or document.get("app"),
        "peer": (scope.get("peer") or {}).get("name"),
        "process": process.get("name"),
        "waiver": place if about == "waiver" else None,
    }


def _where(result, scope):
    """Return every source involved, each once, and where the subject stands in nginx's files.

    A default is written nowhere, and the reader of a failure needs a line to go to.
    """
    places = [value["source"] for value in result["values"]]
    if result["status"] in ("fail", "unknown"):
        places += [scope[part]["where"] for part in ("peer", "route") if part in scope]
    return list(dict.fromkeys(places))
