# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the readings of one host together, within the size that a reading may have."""

from __future__ import annotations

import json
import os
import shutil

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.facts import read_host
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx
from ansible_collections.no502.node.plugins.module_utils.node.reading import read_all_node
from ansible_collections.no502.node.plugins.module_utils.host.systemd import attach_units, show

SCHEMA = 1
MAX_HOST_BYTES = 64 * 1024
MAX_ROUTE_BYTES = 4 * 1024
# A process with its unit takes 2.7 KiB; within the host's 64 KiB there would be room for 22.
MAX_NODE_BYTES = 3 * 1024
MAX_LISTENERS = 256
MAX_PROBLEMS = 40
_ROOM = 512
_TOO_LARGE = "it would make the reading too large"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def read_chain(nginx=True, node=True, conf=None, addresses=(), ask_header=True, candidates=False):
    """Return the reading of this host: `schema`, `host`, `nginx`, `node`, `listeners`, `problems`.

    `nginx` and `node` say which parts are wanted; `conf` is that of
    `nginx_reading.read_all_nginx`, `addresses` and `ask_header` those of
    `node_reading.read_all_node`. With `candidates` the package manager is asked
    about either of the two that is not installed, without it only where neither
    is: it takes half a second. Raises ValueError for an address that is none.
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
    for each in nginx_readings:
        if not each["running"]:
            each["unit"] = show("nginx.service")
    missing = []
    if nginx and not nginx_readings:
        missing.append("nginx")
    if node and not node_readings and not _installed("node", "nodejs"):
        missing.append("nodejs")
    reading = {
        "schema": SCHEMA,
        "host": read_host(missing if candidates or len(missing) == 2 else []),
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
    """Keep a reading within 64 KiB, 4 KiB a route and 3 KiB a process; say what is left out.

    Listeners of other programs go first. Then whole nginx configurations, which
    then count as not read, and whole processes: what is cut in the middle could
    pass for something in which the rest is not written.
    """
    for each in [reading] + reading["nginx"] + reading["node"]:
        _shorten_problems(each["problems"])
    if len(reading["listeners"]) > MAX_LISTENERS:
        _leave_out_listeners(reading)
    if _excess(reading) > 0:
        _leave_out_listeners(reading)
    if _excess(reading) > 0:
        _leave_out_largest(reading)
    return reading


def _excess(reading):
    """Return by how many bytes a reading is too large, with room for what is said of that."""
    routes = sum(len(nginx["routes"]) for nginx in reading["nginx"])
    allowed = (MAX_HOST_BYTES + routes * MAX_ROUTE_BYTES
               + len(reading["node"]) * MAX_NODE_BYTES)
    return _size(reading) + _ROOM - allowed


def _leave_out_largest(reading):
    """Leave out each nginx and each process that takes most, until the rest fits."""
    parts = [(_size(nginx) - len(nginx["routes"]) * MAX_ROUTE_BYTES, nginx)
             for nginx in reading["nginx"]]
    parts += [(_size(node) - MAX_NODE_BYTES, node) for node in reading["node"]]
    excess, left_out = _excess(reading), []
    for size, part in sorted(parts, key=lambda part: -part[0]):
        if excess <= 0 or size <= 0:
            break
        excess -= size
        left_out.append(id(part))
    for nginx in reading["nginx"]:
        if id(nginx) in left_out:
            _empty(nginx)
    kept = [node for node in reading["node"] if id(node) not in left_out]
    if len(kept) < len(reading["node"]):
        reading["problems"].append({
            "subject": "node",
            "reason": "%d of %d processes are left out: %s"
                      % (len(reading["node"]) - len(kept), len(reading["node"]), _TOO_LARGE),
        })
        reading["node"] = kept


def _empty(nginx):
    nginx.update(upstreams=[], routes=[], servers=[], stream={"servers": []}, complete=False)
    nginx["problems"].append(
        {"subject": nginx["conf"], "reason": "is left out: " + _TOO_LARGE}
    )


def _shorten_problems(problems):
    more = len(problems) - MAX_PROBLEMS
    if more > 0:
        del problems[MAX_PROBLEMS:]
        problems.append({"subject": "problems", "reason": "%d more of them" % more})


def _leave_out_listeners(reading):
    kept = [each for each in reading["listeners"]
            if each["process"] in ("nginx", "node")][:MAX_LISTENERS]
    left_out = len(reading["listeners"]) - len(kept)
    if left_out:
        reading["listeners"] = kept
        reading["problems"].append({
            "subject": "listeners", "reason": "%d of other programs are left out" % left_out,
        })


def _size(value):
    return len(json.dumps(value))
