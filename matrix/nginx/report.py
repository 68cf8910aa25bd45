# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results, told: a line for each case, and a table for people."""
from __future__ import annotations

import time
from itertools import groupby

from .compare import Result

_HEAD = """\
# What nginx really does, against what is read of it

Each row is a directive, written in one way: `explicit` (in the location, the server, or the
upstream), `server` and `http` (inherited from there), `-g` (nginx's command line), `default`
(nowhere). Each nginx has two columns: what a document for the policies says (times in
milliseconds, sizes in bytes), and what a probe measured. **!** marks where the two disagree;
`refused` is a directive which that nginx does not know.

Measured on {date} with nginx {versions}, as Debian ships them, by `matrix/nginx/run --write`.
{passed} passed, {failed} failed.
"""


def tell(results: list[Result]) -> int:
    """Print a line for each case, then the sum; return how many failed."""
    for each in results:
        version = ".".join(str(part) for part in each.version)
        print(f"{each.verdict:8} nginx {version:7} {each.case.name}: read {_short(each.read)}, "
              f"expected {_short(each.expected)}, measured {_short(each.measured)}"
              + (f" ({each.note})" if each.note else ""))
    passed, failed = _count(results)
    print(f"{passed} passed, {failed} failed", flush=True)
    return failed


def table(results: list[Result]) -> str:
    """The page with the table."""
    versions = sorted({each.version for each in results})
    passed, failed = _count(results)
    names = [".".join(str(part) for part in version) for version in versions]
    lines = [_HEAD.format(date=time.strftime("%Y-%m-%d", time.gmtime()),
                          versions=", ".join(names), passed=passed, failed=failed),
             "| directive | written | " + " | ".join(f"{name}: read | measured"
                                                     for name in names) + " |",
             "|---|---|" + "---|---|" * len(names)]
    ordered = sorted(results, key=lambda each: (each.case.number, each.version))
    notes: dict[str, int] = {}
    for case, group in groupby(ordered, key=lambda each: each.case):
        found = {each.version: each for each in group}
        cells = [_cells(found.get(version), notes) for version in versions]
        lines.append(f"| {case.directive.name} | {case.how} | " + " | ".join(cells) + " |")
    if notes:
        lines += ["", *(f"{number}. {note}" for note, number in notes.items())]
    return "\n".join(lines) + "\n"


def _cells(result: Result | None, notes: dict[str, int]) -> str:
    if result is None:
        return " | "
    if result.refused:
        return "unknown | refused"
    number = f" [{notes.setdefault(result.note, len(notes) + 1)}]" if result.note else ""
    mark = " **!**" if result.verdict == "failed" else ""
    return f"{_short(result.read)} | {_short(result.measured)}{mark}{number}"


def _short(value) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return " ".join(str(each) or '""' for each in value) or "nothing"
    return str(value) or '""'


def _count(results: list[Result]) -> tuple[int, int]:
    verdicts = [each.verdict for each in results]
    return verdicts.count("passed"), verdicts.count("failed")
