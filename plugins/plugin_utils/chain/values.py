# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the chain builder adds to those of the readings.

A reading holds what is written or runs; see plugins/module_utils/value.py for what a value is.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import row as default_row


def declared(number, unit, source):
    """Return what the inventory says as a value, or None where it says nothing."""
    return None if number is None else known(number, unit, "declared", source)


def of(fact, unit, source):
    """Return what a reading says, as a value: it may be one, a plain fact, or absent."""
    if isinstance(fact, dict):
        return fact
    return unknown(unit, f"{source}: not read") if fact is None else known(
        fact, unit, "live", source
    )


def named_version(name, version):
    """Return "nginx 1.30.6", or "nginx of unknown version"."""
    if not version:
        return f"{name} of unknown version"
    return f"{name} {'.'.join(str(part) for part in version)}"


class Defaults:
    """What one program does where nothing is written."""

    def __init__(self, name, version, knows=None, complete=True, unlike=None):
        """name, version, knows: of the program; knows is feature -> whether its binary has it.

        complete: whether everything was read that might have been written. unlike: the program
        whose versions the data speaks of, where this one counts its own differently.
        """
        self._name = named_version(name, version)
        self._version = None if unlike else version
        self._knows = knows
        self._complete = complete
        self._unlike = unlike

    def of(self, row):
        """Return the default of one setting.

        Unknown where not everything was read, where the versions differ and the version is not
        known, and where it is not the program's own.
        """
        if not self._complete:
            return unknown(row.unit, f"{self._name}: part of its configuration could not be read")
        value = default_row.at(row, self._version, self._knows)
        if value is None:
            return unknown(row.unit, f"{self._name}: {self._doubt(row)}")
        return known(value, row.unit, "default", f"{self._name}'s default")

    def fill(self, rows, given):
        """Return a value for each row: the one that was given, else the default."""
        return {name: given.get(name) or self.of(row) for name, row in rows.items()}

    def _doubt(self, row):
        if row.unsaid:
            return row.unsaid
        if self._unlike:
            return f"its versions are not those of {self._unlike}"
        if row.known_by and self._version:
            return "distributions give this to older versions, and the binary was not read"
        return "versions differ"


def assumed(value, unit, process, source):
    """Return what Node does by itself, which the code of the application may have replaced."""
    if value is None:
        return unknown(unit, f"{process}: not read; {source}")
    return known(value, unit, "assumed", f"{process}: not read; {source} is assumed")
