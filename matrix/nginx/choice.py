# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases to measure."""
from __future__ import annotations

from .case import Case
from .cases import ALL


def chosen(names: list[str], short: bool = False) -> list[Case]:
    """The cases whose names begin like one of these; all, where there are none.

    short: without those that take a minute.
    """
    found = [case for case in ALL if not names or case.name.startswith(tuple(names))]
    return [case for case in found if not (short and case.takes_a_minute)]
