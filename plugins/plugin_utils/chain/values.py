# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that the chain builder adds to those of the readings.

A reading holds what is written or runs; see plugins/module_utils/value.py for what a value is.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import defaults as chain_defaults


def declared(number, unit, source):
    """Return what the inventory says as a value, or None where it says nothing."""
    return None if number is None else known(number, unit, "declared", source)


def named_version(name, version):
    """Return "nginx 1.30.6", or "nginx of unknown version"."""
    if not version:
        return f"{name} of unknown version"
    return f"{name} {'.'.join(str(part) for part in version)}"


def default(row, software, version, complete=True):
    """Return what `software` does where nothing is written.

    complete: whether everything was read that might have been written. Unknown where it was not,
    or where the versions differ and the version is not known.
    """
    source = named_version(software, version)
    if not complete:
        return unknown(row.unit, f"{source}: part of its configuration could not be read")
    value = chain_defaults.at(row, version)
    if value is None:
        return unknown(row.unit, f"{source}: versions differ")
    return known(value, row.unit, "default", f"{source}'s default")


def assumed(row, version, process):
    """Return Node's default, which the code of the application may have replaced."""
    value = chain_defaults.at(row, version)
    source = f"{process}: not read; {named_version('Node', version)}'s default is assumed"
    return known(value, row.unit, "assumed", source)


def defaults(rows, said, software, version, complete):
    """Return a value for each row: the one that was said, else the default."""
    return {
        name: said.get(name) or default(row, software, version, complete)
        for name, row in rows.items()
    }
