# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that reads well on a terminal of 80 columns."""
from __future__ import annotations

import re
import textwrap

WIDTH = 79

_NUMBER_AND_UNIT = re.compile(r"(?<=[0-9]) (?=(?:ms|s|min|h|d)\b)")
_NO_BREAK = "\u00a0"


def filled(text, label, indent=None):
    """The text in lines, the first behind the label, the others below it.

    Words are not broken, nor a number from its unit. C(indent): of the other lines, in place of
    the label's width.
    """
    bound = _NUMBER_AND_UNIT.sub(_NO_BREAK, text)
    lines = textwrap.fill(bound, WIDTH, initial_indent=label,
                          subsequent_indent=" " * (len(label) if indent is None else indent),
                          break_long_words=False, break_on_hyphens=False)
    return lines.replace(_NO_BREAK, " ")
