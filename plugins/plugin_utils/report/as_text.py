# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A decision as text for a terminal of 80 columns, without colour and in plain ASCII.

Nothing here decides anything: the text says what the decision holds, in the order of urgency.
"""
from __future__ import annotations

import textwrap

from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

WIDTH = 80
LABEL = 9  # "  where  ", the labels in front of the details

_SEVERITIES = ("error", "warning", "info")
_STATUSES = ("fail", "unknown", "waived", "not_applicable", "pass")
_SAME = ("blocking", "rule", "status", "severity", "has", "needs", "message", "fix")


def amount(value, unit=None) -> str:
    """Return a scalar of a result as people write it: ``5 s``, ``250 ms``, ``384 MiB``."""
    if value is None:
        return "unknown"
    if value == UNLIMITED:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(amount(item, unit) for item in value) or "nothing"
    if isinstance(value, (int, float)):
        if unit == "ms":
            return _duration(value)
        if unit == "bytes":
            return _size(value)
        return f"{value:g}" if isinstance(value, float) else str(value)
    return str(value) if value != "" else '""'


def _duration(milliseconds) -> str:
    if abs(milliseconds) < 1000 and milliseconds:
        return f"{milliseconds:g} ms"
    return f"{milliseconds / 1000:.10g} s"


def _size(size) -> str:
    for factor, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= factor and size * 10 % factor == 0:
            return f"{size / factor:g} {name}"
    return f"{size:g} bytes"


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


def paragraph(text, indent=0, hanging=None) -> list[str]:
    """Return `text` as lines of at most 80 columns; a word is never broken (paths are copied)."""
    return textwrap.wrap(
        " ".join(str(text).split()),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent if hanging is None else hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )


def detail(label, text) -> list[str]:
    """Return one labelled detail of a result, wrapped under its label."""
    lines = paragraph(text, hanging=LABEL + 2)
    first = f"    {label:<7}" + (lines[0] if lines else "")
    if len(first) > WIDTH and lines:
        lines = paragraph(text, indent=LABEL + 2, hanging=LABEL + 2)
        return [f"    {label:<7}" + lines[0].strip(), *lines[1:]]
    return [first, *lines[1:]]


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


def refusal(decision, what, untouched) -> str:
    """Return the text of a refusal.

    `what` says what is refused (``nginx on lb1``), `untouched` the sentence about what was left
    as it is. Blocking results come in full, everything else is counted.
    """
    blocking = [result for result in decision["results"] if result.get("blocking")]
    lines = ["", "=" * WIDTH]
    lines += paragraph(f"REFUSED: {what}", hanging=9)
    lines += paragraph(_why(decision, blocking))
    for group in groups(blocking):
        lines += ["", *finding(group)]
    for problem in decision.get("problems", []):
        lines += ["", *paragraph(f"Problem: {problem_text(problem)}", hanging=9)]
    lines += ["", *paragraph(counts(decision))]
    lines += paragraph(untouched)
    lines += ["=" * WIDTH, ""]
    return "\n".join(lines)


def refused_by_host(what, reason, untouched) -> str:
    """Return the text of what a host refuses by itself: what, why, and what was left as it is.

    A reason of several lines keeps them; what nginx said is indented.
    """
    lines = ["", "=" * WIDTH, *paragraph(f"REFUSED: {what}", hanging=9), ""]
    for line in str(reason).splitlines():
        indent = len(line) - len(line.lstrip())
        lines += paragraph(line, indent=indent, hanging=indent) or [""]
    if untouched:
        lines += ["", "Not touched: nginx runs on with the configuration that it had."]
    lines += ["=" * WIDTH, ""]
    return "\n".join(lines)


def problem_text(problem) -> str:
    """Return a problem (text, or a mapping with subject and reason) as one line."""
    if isinstance(problem, dict):
        return f"{problem.get('subject', '?')}: {problem.get('reason', '?')}"
    return str(problem)


def heading(group) -> str:
    """Return ``FAIL  timeouts.node_outlives_nginx            error, prevents 502``.

    Of a group of several rules the first one's severity, which is the highest.
    """
    first = group[0]
    tail = str(first.get("severity", "?"))
    if first.get("prevents"):
        contract = first["prevents"] == "contract"
        tail += ", published advice" if contract else f", prevents {first['prevents']}"
    return f"{_status(first):<8} {_rule(group):<44} {tail}".rstrip()


def _rule(group) -> str:
    """Return the rule of a group, or how many there are: then they are about an unread peer."""
    first, *more = _rules(group)
    return f"{1 + len(more)} rules: peer not read" if more else first


def _why(decision, blocking) -> str:
    if decision.get("verdict") == "unknown":
        return "It could not be decided whether this is safe, so nothing is changed."
    number = len(blocking)
    return f"{number} result{'' if number == 1 else 's'} of the policies block{'s' * (number == 1)} it:"


def counts(decision) -> str:
    """Return the numbers of a decision in one sentence, every status named."""
    numbers = decision.get("counts") or {}
    named = ", ".join(
        f"{numbers.get(status, 0)} {status.replace('_', ' ')}"
        for status in ("fail", "unknown", "waived", "not_applicable", "pass")
    )
    return f"Decision: {decision.get('verdict', 'unknown')} ({named})."


def table(decision) -> str:
    """Return every result that is not a pass: each in full, then all in a table, then numbers."""
    shown = groups(
        result
        for result in decision["results"]
        if result.get("status") not in ("pass", "not_applicable")
    )
    lines = []
    for group in shown:
        lines += [*finding(group), ""]
    for problem in decision.get("problems", []):
        lines += [*paragraph(f"Problem: {problem_text(problem)}", hanging=9), ""]
    if shown:
        lines += [_row("RESULT", "RULE", "HAS", "NEEDS", "TIMES"), *map(_line, shown), ""]
    return "\n".join([*lines, *paragraph(counts(decision))])


def _line(group) -> str:
    first, unit = group[0], group[0].get("unit")
    known = first.get("has") is not None or first.get("needs") is not None
    has, needs = (amount(first.get(name), unit) if known else "-" for name in ("has", "needs"))
    return _row(_status(first), _rule(group), has, needs, str(len(group)))


def _row(status, rule, has, needs, times) -> str:
    return f"{status:<8} {rule:<46} {has:<8} {needs:<8} {times:>5}"


def _status(result) -> str:
    return str(result.get("status", "?")).upper().replace("_", " ")


def audit(decision, readings, unread, path) -> str:
    """Return what an audit shows at its end: hosts, results, numbers, and where the report is."""
    lines = ["", "=" * WIDTH, "Audit", "=" * WIDTH]
    for host, reading in sorted(readings.items()):
        lines += paragraph(f"{host}: {found_on(reading)}", hanging=4)
        for nginx in reading.get("nginx") or []:
            if nginx.get("override"):
                lines += paragraph(_overridden(nginx), indent=4, hanging=4)
    for host, why in sorted(unread.items()):
        lines += paragraph(f"{host}: NOT READ: {why}", hanging=4)
    lines += ["", table(decision)]
    lines += detail("Report", path) if len(path) < WIDTH - 8 else ["Report:", path]
    return "\n".join([*lines, ""])


def _overridden(nginx) -> str:
    return (
        f"OVERRIDE: generation {nginx['generation']} was loaded though the policies refused it,"
        f" by {nginx['override']['owner']}: {nginx['override']['reason']}"
    )


def found_on(reading) -> str:
    """Return in one line what was found on a host."""
    parts = []
    for name, kind in (("nginx", "nginx"), ("Node", "node")):
        versions = [
            ".".join(map(str, item.get("version") or ["of unknown version"]))
            for item in reading.get(kind) or []
        ]
        if versions:
            several = f" ({len(versions)} processes)" if len(versions) > 1 else ""
            parts.append(f"{name} {', '.join(sorted(set(versions)))}{several}")
    routes = sum(len(nginx.get("routes") or []) for nginx in reading.get("nginx") or [])
    if routes:
        parts.append(f"{routes} proxied location{'s' * (routes != 1)}")
    if not parts:
        parts.append("nothing found: no nginx, no Node")
    problems = len(reading.get("problems") or [])
    if problems:
        parts.append(f"{problems} problem{'s' * (problems != 1)} while reading")
    return ", ".join(parts)
