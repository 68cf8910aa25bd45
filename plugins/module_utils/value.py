# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that carries where it came from.

Every number of a reading is such a dictionary, so that a report can say for
each of them which file and line, which process or which command it is from.
"""

from __future__ import annotations

ORIGINS = ("config", "default", "live", "declared", "planned", "assumed", "unknown")
UNITS = ("ms", "bytes", "count", None)

# "No limit" (systemd's `infinity`, `unlimited` in /proc) as a number: the largest
# integer that every JSON reader keeps exactly, so that it compares as it should.
UNLIMITED = 2**53 - 1


def known(value, unit, origin, source):
    """Return a value with its unit (of `UNITS`), origin (of `ORIGINS`) and source."""
    return {"value": value, "unit": unit, "origin": origin, "source": source}


def unknown(unit, source):
    """Return a value that could not be read; `source` says why."""
    return known(None, unit, "unknown", source)
