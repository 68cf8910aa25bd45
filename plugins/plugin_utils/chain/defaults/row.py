# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a default is: a value of a setting that nobody has written, for each version.

A row says `(since, value)`; the last row whose version is not above the software's own applies.
"""
from __future__ import annotations

from typing import NamedTuple


class Default(NamedTuple):
    """The unit of a setting, and its value since each version.

    The value None means that no version says it: `unsaid` is the reason then. known_by: the name
    under which a reading's `knows` tells whether the very binary has the feature, which
    distributions give to older versions.
    """

    unit: str | None
    since: tuple
    known_by: str | None = None
    unsaid: str | None = None


def always(value, unit=None):
    """Return the default that every version has."""
    return Default(unit, (((), value),))


def changed(unit, before, *since, known_by=None):
    """Return a default that was `before`, and another one since each (version, value)."""
    return Default(unit, (((), before), *since), known_by)


def nowhere(unit, reason):
    """Return the default of a setting that is not the software's own; `reason` says whose it is."""
    return Default(unit, (((), None),), None, reason)


def at(default, version, knows=None):
    """Return the value of a default for a version; None where it is not known.

    knows: feature -> whether the binary has it, None where that could not be told.
    """
    values = [value for _since, value in default.since]
    if default.known_by:
        has = (knows or {}).get(default.known_by)
        if has is not None:
            return values[-1] if has else values[0]
    if not version:
        return values[0] if all(value == values[0] for value in values) else None
    found = [value for since, value in default.since if since <= tuple(version)][-1]
    if default.known_by and found != values[-1]:
        return None  # an older version may have it all the same
    return found
