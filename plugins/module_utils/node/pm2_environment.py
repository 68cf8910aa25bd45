# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PM2's daemon has told a worker of its cluster mode.

It hands over all of an application's settings in one variable, secrets too: one
of them is taken out at a time, and the rest goes nowhere.
"""

from __future__ import annotations

import json

from ansible_collections.no502.node.plugins.module_utils.host.processes import variable


def worker_setting(pid, name):
    """Return one setting of a worker, None where it has none, or is no worker of PM2's."""
    try:
        settings = json.loads(variable(pid, b"pm2_env") or "{}")
    except (OSError, ValueError, RecursionError):
        return None
    return settings.get(name) if isinstance(settings, dict) else None
