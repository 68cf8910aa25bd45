# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain text for a terminal of 80 columns, without colour and in ASCII: lines, labels, amounts."""
from __future__ import annotations

import textwrap

from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

WIDTH = 80
LABEL = 9  # "  where  ", the labels in front of the details


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
