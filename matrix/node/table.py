# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome as a page of Markdown: counts by field and mode, and what is unknown, and why."""
from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timezone

from cells import MODES
from compare import EQUAL, FAILURES, UNKNOWN, Comparison


def outcome(comparisons: list[Comparison], versions: list[str], seconds: float) -> str:
    """The whole page."""
    verdicts = Counter(each.verdict for each in comparisons)
    cells = {each.cell for each in comparisons}
    nodes = sorted({tuple(each.truth) for each in comparisons if each.field == "version"})
    lines = [
        "# Readings against the truth: Node, PM2, systemd, nginx",
        "",
        f"{len(comparisons)} values of {len(cells)} cells: {verdicts[EQUAL]} equal, "
        f"{verdicts[UNKNOWN]} unknown, {sum(verdicts[each] for each in FAILURES)} wrong or unread.",
        "",
        f"{datetime.now(timezone.utc):%Y-%m-%d}, `matrix/node/run --write`, {seconds:.0f} s. "
        f"Node {', '.join('.'.join(map(str, each)) for each in nodes)}.",
        *(f"- {each}" for each in versions),
        "",
        "How to read it: [README.md](README.md).",
    ]
    for way in dict.fromkeys(each.way for each in comparisons):
        lines += ["", f"## {way}", "", *by_mode([each for each in comparisons
                                                 if each.way == way])]
    lines += ["", "## Unknown", "", *unknowns(comparisons)]
    return "\n".join(lines) + "\n"


def by_mode(comparisons: list[Comparison]) -> list[str]:
    """A row for each field, a column for each mode."""
    counts: dict[tuple[str, str], Counter] = {}
    for each in comparisons:
        counts.setdefault((each.field, each.cell.mode), Counter())[each.verdict] += 1
    rows = [["field", *MODES], ["---"] + ["--:"] * len(MODES)]
    for field in dict.fromkeys(each.field for each in comparisons):
        rows.append([field, *(shown(counts.get((field, mode))) for mode in MODES)])
    return ["| " + " | ".join(row) + " |" for row in rows]


def shown(counts: Counter | None) -> str:
    """How many were equal, and after it how many were not."""
    if counts is None:
        return ""
    others = [f"**{n} {verdict}**" if verdict in FAILURES else f"{n} {verdict}"
              for verdict, n in counts.items() if verdict != EQUAL]
    return ", ".join([str(counts[EQUAL])] * bool(counts[EQUAL]) + others)


def unknowns(comparisons: list[Comparison]) -> list[str]:
    """Every value that is unknown and the reason that the reading gives, with how often, by way."""
    reasons: dict[tuple[str, str], Counter] = {}
    for each in comparisons:
        if each.verdict == UNKNOWN:
            reason = re.sub(r"\d+", "N", each.reason.replace(each.cell.name, "NAME"))
            reasons.setdefault((each.field, reason), Counter())[each.way] += 1
    if not reasons:
        return ["Nothing."]
    rows = [["field", "reason", "how often"], ["---"] * 3]
    for (field, reason), ways in sorted(reasons.items()):
        rows.append([field, reason, ", ".join(f"{way} {n}" for way, n in ways.items())])
    return ["| " + " | ".join(row) + " |" for row in rows]
