# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of a systemd service, as `systemctl show` prints them, made a reading.

Time spans are milliseconds, `infinity` is `value.UNLIMITED`. A property that
this version of systemd does not have is absent or None. Checked with systemd 252 and 257.
"""

from __future__ import annotations

import shlex
import signal
import time

from ansible_collections.no502.node.plugins.module_utils.durations import systemd_span_ms
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

_TEXTS = {
    "type": "Type",
    "active_state": "ActiveState",
    "sub_state": "SubState",
    "enabled": "UnitFileState",
    "restart": "Restart",
    "kill_mode": "KillMode",
    "oom_policy": "OOMPolicy",
    "result": "Result",
    "fragment": "FragmentPath",
}
_VALUES = {
    "timeout_stop": ("TimeoutStopUSec", "ms"),
    "restart_sec": ("RestartUSec", "ms"),
    "watchdog": ("WatchdogUSec", "ms"),
    "start_limit_interval": ("StartLimitIntervalUSec", "ms"),
    "start_limit_burst": ("StartLimitBurst", "count"),
    "memory_max": ("MemoryMax", "bytes"),
    "tasks_max": ("TasksMax", "count"),
    "limit_nofile": ("LimitNOFILESoft", "count"),
    "limit_nofile_hard": ("LimitNOFILE", "count"),
}
_OTHERS = [
    "Id", "LoadState", "DropInPaths", "NRestarts", "NeedDaemonReload", "KillSignal",
    "SuccessExitStatus", "ExecMainCode", "ExecMainStatus", "ExecMainExitTimestampMonotonic",
    "MainPID",
]
PROPERTIES = sorted(_OTHERS + list(_TEXTS.values()) + [name for name, _unit in _VALUES.values()])
_YES = {"yes": True, "no": False}
# ExecMainCode is the si_code of waitid(2).
_EXIT_CODES = {"1": "exited", "2": "killed", "3": "dumped"}


def unit_reading(properties):
    """Return the reading of a unit; None where systemd does not have it loaded.

    `properties` maps the name of each of `PROPERTIES` to what is printed.
    """
    if properties.get("LoadState") != "loaded":
        return None
    name = properties["Id"]
    reading = {"name": name, "main_pid": _whole(properties.get("MainPID")) or None}
    for field, key in _TEXTS.items():
        reading[field] = properties.get(key) or None
    for field, (key, unit) in _VALUES.items():
        if properties.get(key):
            reading[field] = _value(properties[key], unit, name, key)
    reading["kill_signal"] = _signal(properties.get("KillSignal"))
    reading["success_exit_status"] = properties.get("SuccessExitStatus", "").split()
    reading["exit"] = _last_exit(properties)
    reading["n_restarts"] = _whole(properties.get("NRestarts"))
    reading["need_daemon_reload"] = _YES.get(properties.get("NeedDaemonReload"))
    reading["drop_ins"] = _paths(properties.get("DropInPaths"))
    return reading


def _last_exit(properties):
    """Return how the main process ended last; all of it None while one runs.

    systemd forgets it when it starts the next one.
    """
    microseconds = _whole(properties.get("ExecMainExitTimestampMonotonic")) or 0
    code = _EXIT_CODES.get(properties.get("ExecMainCode"))
    if code is None or not microseconds:
        return {"code": None, "status": None, "at": None}
    booted = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
    return {
        "code": code,
        "status": _whole(properties.get("ExecMainStatus")),
        "at": round(booted + microseconds / 1e6, 2),
    }


def _signal(number):
    try:
        return signal.Signals(int(number or "")).name
    except ValueError:
        return number or None


def _whole(text):
    return int(text) if text and text.isdigit() else None


def _paths(text):
    if text is None:
        return None
    try:
        return shlex.split(text)  # a path with blanks is quoted
    except ValueError:
        return [text]


def _value(text, unit, name, key):
    source = "systemctl show %s: %s=%s" % (name, key, text)
    if text == "infinity":
        return known(UNLIMITED, unit, "live", source)
    try:
        return known(systemd_span_ms(text) if unit == "ms" else int(text), unit, "live", source)
    except ValueError:
        return unknown(unit, source)
