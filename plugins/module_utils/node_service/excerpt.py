# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a service's journal says why it did not come up."""

from __future__ import annotations

import re

FIRST = 10
LAST = 10
_AROUND_ERROR = 2
_LONGEST_LINE = 200
_START = re.compile(r"(?:Starting|Started) no502-")
_NOT_SAID_BY_IT = re.compile(
    r"(?:Starting|Started|Stopping|Stopped) no502-|no502-\S+: Scheduled")
_ERROR = re.compile(r"Error\b.*:|Error\Z")
# Node ends the line with address and port, "address already in use :::3000".
_TAKEN = re.compile(r"EADDRINUSE\b.*:([0-9]{1,5})\s*\Z")


def of_last_start(journal):
    """Return the lines to show of a journal's lines, indented and cut to a terminal's measure.

    They are the first and last ones of the last start that failed with an error, or else wrote
    anything, and those around the first that names an error; `...` stands for what is left out.
    """
    lines = _last_start(journal)
    error = next((number for number, line in enumerate(lines) if _ERROR.search(line)), 0)
    shown = []
    for number, line in enumerate(lines):
        if (number < FIRST or number >= len(lines) - LAST
                or abs(number - error) <= _AROUND_ERROR):
            shown.append("  " + line[:_LONGEST_LINE])
        elif shown[-1] != "  ...":
            shown.append("  ...")
    return shown


def taken_port(journal, own):
    """Return the port other than its own that a process found taken, None if it found none."""
    found = (_TAKEN.search(line) for line in journal)
    return next((int(each.group(1)) for each in found if each and int(each.group(1)) != own), None)


def _last_start(journal):
    starts = [[]]
    for line in journal:
        if _START.match(line) and starts[-1]:
            starts.append([])
        elif not _NOT_SAID_BY_IT.match(line):
            starts[-1].append(line)
    # Of the very last one, the journal may not have the error yet.
    failed = [lines for lines in starts if any(_ERROR.search(line) for line in lines)]
    return (failed or [lines for lines in starts if lines] or [[]])[-1]
