# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of a decision as text, those that are one thing to put right together.

Nothing here decides anything: the text says what the decision holds, in the order of urgency.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.report.layout import (
    amount, detail, paragraph,
)

_SEVERITIES = ("error", "warning", "info")
_STATUSES = ("fail", "unknown", "waived", "not_applicable", "pass")
_SAME = ("blocking", "rule", "status", "severity", "has", "needs", "message", "fix")


def subject(result) -> str:
    """Return what a result is about: the app, the route or the host, the peer or the process."""
    (text,) = subjects([result])
    return text


def _part(result):
    """Return the peer of a route or the process of a host that a result is about, or None."""
    about = result.get("subject") or {}
    return about.get("peer") or about.get("process")


def _whole(result) -> str:
    """Return what a result is about without the peer or the process."""
    about = result.get("subject") or {}
    if about.get("kind") == "fleet":
        return "the whole fleet"
    app = f"app {about['app']}: " if about.get("app") else ""
    if about.get("route"):
        return f"{app}{about['route']} on {about.get('host')}"
    return app + str(about.get("host") or "?")


def subjects(group) -> list[str]:
    """Return what a group of results is about, each once.

    One text for each route with all of its peers, and for each host with all of its processes.
    """
    found: dict[str, dict] = {}
    for result in group:
        part = _part(result)
        found.setdefault(_whole(result), {}).update({part: None} if part else {})
    return [
        f"{text} -> {', '.join(parts)}" if parts else text for text, parts in found.items()
    ]


def urgency(result) -> tuple:
    """Sort key: what blocks first, then by status, severity, rule and subject."""
    return (
        not result.get("blocking"),
        _index(_STATUSES, result.get("status")),
        _index(_SEVERITIES, result.get("severity")),
        str(result.get("rule")),
        subject(result),
    )


def _index(order, item) -> int:
    return order.index(item) if item in order else -1


def groups(results) -> list[list]:
    """Return results that differ in their subject and places only as one group each.

    Twenty peers with one fault are one thing to put right, not twenty. Nor is a peer that was not
    read as many things as there are rules about peers.
    """
    found: dict[str, list] = {}
    for result in sorted(results, key=urgency):
        if result.get("status") == "unknown" and result.get("reason") == "peer_unread":
            same = [result.get("blocking"), subject(result)]
        else:
            same = [result.get(name) for name in _SAME]
        found.setdefault(repr(same), []).append(result)
    return list(found.values())


def _rules(group) -> list[str]:
    """Return the rules of a group, each once."""
    return list(dict.fromkeys(str(result.get("rule", "?")) for result in group))


def finding(group) -> list[str]:
    """Return the lines of one group of results: heading, what, has, needs, rules, where, fix."""
    first, rules = group[0], _rules(group)
    lines = [heading(group)]
    for text in subjects(group):
        lines += paragraph(text, indent=4, hanging=6)
    if first.get("message"):
        lines += paragraph(first["message"], indent=4, hanging=4)
    unit = first.get("unit")
    if first.get("has") is not None or first.get("needs") is not None:
        lines += detail("has", amount(first.get("has"), unit))
        lines += detail("needs", amount(first.get("needs"), unit))
    if len(rules) > 1:
        lines += detail("rules", ", ".join(rules))
    for place in places(group):
        lines += detail("where", place)
    for fix in dict.fromkeys(result["fix"] for result in group if result.get("fix")):
        lines += detail("fix", fix)
    return lines


def places(group) -> list[str]:
    """Return where the values of a group of results come from; lines of one file together."""
    found: dict[str, list] = {}
    for place in dict.fromkeys(place for result in group for place in result.get("where") or []):
        path, _colon, line = place.rpartition(":")
        if path.startswith("/") and line.isdigit():
            found.setdefault(path, []).append(int(line))
        else:
            found[place] = []
    return [
        f"{path}:{', '.join(map(str, sorted(lines)))}" if lines else path
        for path, lines in found.items()
    ]


def heading(group) -> str:
    """Return ``FAIL  timeouts.node_outlives_nginx            error, prevents 502``.

    Of a group of several rules the first one's severity, which is the highest.
    """
    first = group[0]
    tail = str(first.get("severity", "?"))
    if first.get("prevents"):
        contract = first["prevents"] == "contract"
        tail += ", published advice" if contract else f", prevents {first['prevents']}"
    return f"{status_word(first):<8} {rule_name(group):<44} {tail}".rstrip()


def rule_name(group) -> str:
    """Return the rule of a group, or how many there are: then they are about an unread peer."""
    first, *more = _rules(group)
    return f"{1 + len(more)} rules: peer not read" if more else first


def status_word(result) -> str:
    """Return ``NOT APPLICABLE`` and its like."""
    return str(result.get("status", "?")).upper().replace("_", " ")


def counts(decision) -> str:
    """Return the numbers of a decision in one sentence, every status named."""
    numbers = decision.get("counts") or {}
    named = ", ".join(
        f"{numbers.get(status, 0)} {status.replace('_', ' ')}"
        for status in ("fail", "unknown", "waived", "not_applicable", "pass")
    )
    return f"Decision: {decision.get('verdict', 'unknown')} ({named})."


def problem_text(problem) -> str:
    """Return a problem (text, or a mapping with subject and reason) as one line."""
    if isinstance(problem, dict):
        return f"{problem.get('subject', '?')}: {problem.get('reason', '?')}"
    return str(problem)
