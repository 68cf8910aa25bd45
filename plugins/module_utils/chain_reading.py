# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the readings of one host together, within the size that a reading may have."""

from __future__ import annotations

import json
import os
import shutil

from ansible_collections.no502.node.plugins.module_utils import processes
from ansible_collections.no502.node.plugins.module_utils.host import read_host
from ansible_collections.no502.node.plugins.module_utils.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.nginx_reading import read_all_nginx
from ansible_collections.no502.node.plugins.module_utils.node_reading import read_all_node
from ansible_collections.no502.node.plugins.module_utils.systemd import attach_units

SCHEMA = 1
MAX_HOST_BYTES = 64 * 1024
MAX_ROUTE_BYTES = 4 * 1024
MAX_LISTENERS = 256
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def read_chain(nginx=True, node=True, conf=None, addresses=(), ask_header=True):
    """Return the reading of this host: `schema`, `host`, `nginx`, `node`, `listeners`, `problems`.

    `nginx` and `node` say which parts are wanted; `conf` is that of
    `nginx_reading.read_all_nginx`, `addresses` and `ask_header` those of
    `node_reading.read_all_node`. Raises ValueError for an address that is none.
    Nothing on the host is changed.
    """
    found = processes.all_processes()
    sockets = Sockets()
    sockets.find_holders(found)
    nginx_readings = read_all_nginx(found, conf) if nginx else []
    node_readings = read_all_node(found, sockets, addresses, ask_header) if node else []
    attach_units(
        [(each["master"]["pid"], each) for each in nginx_readings if each["master"]]
        + [(each["pid"], each) for each in node_readings if each["pid"]]
    )
    missing = []
    if nginx and not nginx_readings:
        missing.append("nginx")
    if node and not node_readings and not _installed("node", "nodejs"):
        missing.append("nodejs")
    reading = {
        "schema": SCHEMA,
        "host": read_host(missing),
        "nginx": nginx_readings,
        "node": node_readings,
        "listeners": sockets.entries(found),
        "problems": _closed(found),
    }
    return fit(printable(reading))


def _installed(*names):
    return any(shutil.which(name, path=_PATH) for name in names)


def _closed(found):
    """Return the problem that some processes do not let us see what they are."""
    closed = sum(1 for process in found.values() if process.exe is None)
    if not closed:
        return []
    return [{
        "subject": "uid %d" % os.geteuid(),
        "reason": "%d processes are closed to this user: root with CAP_SYS_PTRACE sees them"
                  % closed,
    }]


def printable(value):
    """Return a copy whose texts are valid Unicode: bytes that are not UTF-8 become `\\xNN`."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {printable(key): printable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable(each) for each in value]
    return value


def fit(reading):
    """Keep a reading within 64 KiB and 4 KiB a route; what is left out is said.

    Listeners of other programs go first, then whole nginx configurations,
    which then count as not read: a reading cut in the middle could pass for
    one in which the rest is not written.
    """
    if len(reading["listeners"]) > MAX_LISTENERS:
        _leave_out_listeners(reading)
    routes = sum(len(nginx["routes"]) for nginx in reading["nginx"])
    allowed = MAX_HOST_BYTES + routes * MAX_ROUTE_BYTES
    if _size(reading) > allowed:
        _leave_out_listeners(reading)
    for nginx in sorted(reading["nginx"], key=_size, reverse=True):
        if _size(reading) <= allowed:
            break
        allowed -= len(nginx["routes"]) * MAX_ROUTE_BYTES
        nginx.update(upstreams=[], routes=[], servers=[], stream={"servers": []}, complete=False)
        nginx["problems"] = nginx["problems"][:16]
        nginx["problems"].append({
            "subject": nginx["conf"],
            "reason": "its reading is larger than 64 KiB and 4 KiB a route: left out",
        })
    return reading


def _leave_out_listeners(reading):
    kept = [each for each in reading["listeners"]
            if each["process"] in ("nginx", "node")][:MAX_LISTENERS]
    left_out = len(reading["listeners"]) - len(kept)
    reading["listeners"] = kept
    reading["problems"].append({
        "subject": "listeners", "reason": "%d of other programs are left out" % left_out,
    })


def _size(value):
    return len(json.dumps(value))
