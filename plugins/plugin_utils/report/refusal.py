# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused, why, and what was left as it is: the text that a refused run ends with."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.report.findings import (
    counts, finding, groups, problem_text,
)
from ansible_collections.no502.node.plugins.plugin_utils.report.layout import WIDTH, paragraph


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


def _why(decision, blocking) -> str:
    if decision.get("verdict") == "unknown":
        return "It could not be decided whether this is safe, so nothing is changed."
    number = len(blocking)
    return f"{number} result{'' if number == 1 else 's'} of the policies block{'s' * (number == 1)} it:"


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
