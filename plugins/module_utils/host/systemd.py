# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd has in force for a service: `systemctl show`, one call for all units."""

from __future__ import annotations

import os
import re
import shlex

from ansible_collections.no502.node.plugins.module_utils.host.binary import ask
from ansible_collections.no502.node.plugins.module_utils.durations import systemd_span_ms
from ansible_collections.no502.node.plugins.module_utils.host.processes import read_text
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

MAX_SECONDS = 5.0
_SYSTEMCTL = ("/usr/bin/systemctl", "/bin/systemctl")
_TEXTS = {
    "active_state": "ActiveState",
    "sub_state": "SubState",
    "restart": "Restart",
    "kill_mode": "KillMode",
    "result": "Result",
    "fragment": "FragmentPath",
}
_VALUES = {
    "timeout_stop": ("TimeoutStopUSec", "ms"),
    "start_limit_interval": ("StartLimitIntervalUSec", "ms"),
    "start_limit_burst": ("StartLimitBurst", "count"),
    "memory_max": ("MemoryMax", "bytes"),
    "limit_nofile": ("LimitNOFILESoft", "count"),
}
_PROPERTIES = sorted(
    ["Id", "LoadState", "DropInPaths", "NRestarts", "NeedDaemonReload"]
    + list(_TEXTS.values()) + [name for name, _unit in _VALUES.values()]
)
_UNIT = re.compile(r"([^/]+\.(?:service|scope))(?:/|\Z)")
# Only characters that systemd allows in a unit's name: it goes into a command line.
_NAME = re.compile(r"[A-Za-z0-9:_.@\\-]{1,255}\Z")
_USER_MANAGER = re.compile(r"/user@[0-9]+\.service/")


def show(unit):
    """Return what is in force for one unit, None where systemd does not know it."""
    return show_all([unit]).get(unit)


def show_all(units):
    """Return {unit: reading} of those units that systemd has loaded, in one call.

    Time spans are milliseconds, `infinity` is `value.UNLIMITED`.
    """
    names = sorted({unit for unit in units if _NAME.match(unit) and not unit.startswith("-")})
    systemctl = next((path for path in _SYSTEMCTL if os.path.exists(path)), None)
    if not names or systemctl is None or not os.path.isdir("/run/systemd/system"):
        return {}
    text, _reason = ask(
        systemctl, ["show", "--no-pager", "--property=" + ",".join(_PROPERTIES), "--"] + names,
        seconds=MAX_SECONDS,
    )
    return parse_show(text or "", names)


def parse_show(text, names):
    """Return {unit: reading} from what `systemctl show` prints for the units `names`."""
    blocks = text.split("\n\n")
    if len(blocks) != len(names):
        return {}
    readings = {}
    for name, block in zip(names, blocks):
        properties = dict(line.partition("=")[::2] for line in block.splitlines())
        if properties.get("LoadState") == "loaded":
            readings[name] = _reading(properties)
    return readings


def unit_of(pid):
    """Return (unit, manager) of a process by its cgroup.

    `unit` is the name of the innermost service or scope, None outside of any;
    `manager` is `system`, or `user` for a unit of a user's own systemd, which
    is not asked.
    """
    return parse_cgroup(read_text(pid, "cgroup") or "")


def parse_cgroup(text):
    """Return what `unit_of` does from the text of /proc/PID/cgroup."""
    path = _systemd_path(text)
    units = _UNIT.findall(path)
    if not units:
        return None, "system"
    return units[-1], "user" if _USER_MANAGER.search(path) else "system"


def attach_units(readings):
    """Fill `unit` of each (pid, reading), in one call for all of them."""
    names = {}
    for pid, reading in readings:
        name, manager = unit_of(pid)
        if manager == "user":
            reading["problems"].append({
                "subject": "pid %d" % pid,
                "reason": "runs under %s of a user's systemd, which is not asked" % name,
            })
        elif name is not None and name.endswith(".service"):
            names[pid] = name
    units = show_all(names.values())
    for pid, reading in readings:
        reading["unit"] = units.get(names.get(pid))


def _systemd_path(cgroups):
    """Return the path in systemd's own hierarchy: v1 and hybrid name it, v2 has no other."""
    paths = {}
    for line in cgroups.splitlines():
        _number, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        paths[controllers] = path
    return paths.get("name=systemd") or paths.get("") or ""


def _reading(properties):
    name = properties["Id"]
    reading = {"name": name}
    for field, key in _TEXTS.items():
        reading[field] = properties.get(key) or None
    for field, (key, unit) in _VALUES.items():
        if properties.get(key):
            reading[field] = _value(properties[key], unit, name, key)
    reading["n_restarts"] = int(properties.get("NRestarts") or 0)
    reading["need_daemon_reload"] = properties.get("NeedDaemonReload") == "yes"
    reading["drop_ins"] = _paths(properties.get("DropInPaths", ""))
    return reading


def _paths(text):
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
