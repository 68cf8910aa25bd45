# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many files a process may have open, by /proc/PID/limits: what is in force, whoever set it."""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.host.processes import read_text
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

_OPEN_FILES = re.compile(r"^Max open files\s+([0-9]+|unlimited)\s+([0-9]+|unlimited)\s", re.M)


def open_files(pid):
    """Return (soft, hard) limit on open files of a process, as values."""
    source = "/proc/%d/limits" % pid
    text = read_text(pid, "limits")
    match = _OPEN_FILES.search(text or "")
    if match is None:
        reason = "%s: %s" % (source, "closed or gone" if text is None else "says no limit")
        return unknown("count", reason), unknown("count", reason)
    return tuple(
        known(UNLIMITED if limit == "unlimited" else int(limit), "count", "live", source)
        for limit in match.groups()
    )
