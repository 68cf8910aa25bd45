# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit shows: what was found on which host, what is out of order, and the numbers."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.report.findings import (
    counts, finding, groups, problem_text, rule_name, status_word,
)
from ansible_collections.no502.node.plugins.plugin_utils.report.hosts import found_on, problems_on
from ansible_collections.no502.node.plugins.plugin_utils.report.layout import (
    WIDTH, amount, detail, paragraph,
)

# What could not be read is shown of each host up to here; the report has all of it.
MAX_PROBLEMS = 5


def audit(decision, readings, unread, path) -> str:
    """Return what an audit shows at its end: hosts, results, numbers, and where the report is."""
    lines = ["", "=" * WIDTH, "Audit", "=" * WIDTH]
    for host, reading in sorted(readings.items()):
        lines += paragraph(f"{host}: {found_on(reading)}", hanging=4)
        lines += _not_read(problems_on(reading))
        for nginx in reading.get("nginx") or []:
            if nginx.get("override"):
                lines += paragraph(_overridden(nginx), indent=4, hanging=4)
    for host, why in sorted(unread.items()):
        lines += paragraph(f"{host}: NOT READ: {why}", hanging=4)
    lines += ["", table(decision)]
    lines += detail("Report", path) if len(path) < WIDTH - 8 else ["Report:", path]
    return "\n".join([*lines, ""])


def _not_read(problems) -> list[str]:
    lines = []
    for problem in problems[:MAX_PROBLEMS]:
        lines += paragraph(f"not read: {problem_text(problem)}", indent=4, hanging=6)
    if len(problems) > MAX_PROBLEMS:
        lines.append(f"    and {len(problems) - MAX_PROBLEMS} more, which are in the report")
    return lines


def _overridden(nginx) -> str:
    return (
        f"OVERRIDE: generation {nginx['generation']} was loaded though the policies refused it,"
        f" by {nginx['override']['owner']}: {nginx['override']['reason']}"
    )


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
    return _row(status_word(first), rule_name(group), has, needs, str(len(group)))


def _row(status, rule, has, needs, times) -> str:
    return f"{status:<8} {rule:<46} {has:<8} {needs:<8} {times:>5}"
