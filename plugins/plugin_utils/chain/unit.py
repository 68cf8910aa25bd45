# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit of systemd as the documents have it."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.chain import values as chain_values

# What `systemctl show` and the unit's cgroup say, with their units.
FIELDS = {
    "active_state": None,
    "enabled": None,
    "kill_mode": None,
    "limit_nofile": "count",
    "limits_match": None,
    "memory_max": "bytes",
    "n_restarts": "count",
    "need_daemon_reload": None,
    "oom_kills": "count",
    "oom_policy": None,
    "restart": None,
    "restart_sec": "ms",
    "result": None,
    "start_limit_burst": "count",
    "start_limit_interval": "ms",
    "tasks_max": "count",
    "timeout_stop": "ms",
    "type": None,
    "watchdog": "ms",
}


def document(unit):
    """Return the document's part about a unit, None where there is none."""
    if not unit:
        return None
    name = unit["name"]
    return {
        "name": name,
        **{field: chain_values.of(unit.get(field), measure, f"systemctl show {name}: {field}")
           for field, measure in FIELDS.items()},
    }
