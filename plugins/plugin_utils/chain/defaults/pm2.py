# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What PM2 does for an app whose configuration says nothing, by version. Data only.

Source: PM2's own source (7.0.3), and its behaviour measured on 7.0.4. A setting that is absent
from what the daemon says has these values.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults.row import always

SETTINGS = {
    "autorestart": always(True),
    "exp_backoff_restart_delay": always(0, "ms"),
    "kill_signal": always("SIGINT"),
    "kill_timeout": always(1_600, "ms"),
    "listen_timeout": always(3_000, "ms"),
    "max_memory_restart": always(UNLIMITED, "bytes"),
    "max_restarts": always(16, "count"),
    "min_uptime": always(1_000, "ms"),
    "restart_delay": always(0, "ms"),
    "shutdown_with_message": always(False),
    "treekill": always(True),
    "wait_ready": always(False),
    "watch": always(False),
}
