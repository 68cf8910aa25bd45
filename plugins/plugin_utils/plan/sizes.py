# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sizes, as nginx and systemd write them. Both count in powers of 1024, and both read a bare
number as bytes."""
from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError, shown

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB

_SCALE = {"": 1, "k": KIB, "m": MIB, "g": GIB, "t": TIB}
_SIZE = re.compile(r"([0-9]{1,15})([kmgt]?)", re.IGNORECASE)

ACCEPTED = "bytes, or a size as nginx or systemd writes it (512M, 1G)"


def parse_size_bytes(value, name, minimum=1, maximum=TIB, example="1G"):
    """Bytes of a size that a user wrote.

    Refused: fractions (nginx reads none), percentages (they depend on the host), C(infinity), and
    C(MB), which is 1000 to some readers and 1024 to others. Raises C(InputError).
    """
    line = f"{name.rsplit('.', 1)[-1]}: {example}"
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise InputError(name, f"{shown(value)} is not a size", ACCEPTED, line)
    match = _SIZE.fullmatch(str(value).strip(" "))
    if match is None:
        raise InputError(name, _why_not(value), ACCEPTED, line)
    size = int(match.group(1)) * _SCALE[match.group(2).lower()]
    if size < minimum:
        raise InputError(name, f"{shown(value)} is too small", f"at least {written(minimum)}", line)
    if size > maximum:
        raise InputError(name, f"{shown(value)} is too big", f"at most {written(maximum)}", line)
    return size


def _why_not(value):
    text = str(value)
    if re.match(r"\s*-", text):
        return f"{shown(value)} is negative"
    if re.match(r"[0-9]+[.,]", text):
        return f"{shown(value)} has a fraction, which nginx cannot read"
    if re.fullmatch(r"[0-9]+\s*[kmgt]i?b", text, re.IGNORECASE):
        return f"{shown(value)}: neither nginx nor systemd knows this unit; M and G are 1024-based"
    return f"{shown(value)} is not a size"


def written(size):
    """A size for nginx, systemd and people: C(1G), C(1536M), C(1000)."""
    for unit in "tgmk":
        if size and size % _SCALE[unit] == 0:
            return f"{size // _SCALE[unit]}{unit.upper()}"
    return str(size)
