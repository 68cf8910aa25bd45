# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the readings of one host together: who runs what, under whom, and where it listens."""

from __future__ import annotations

import os
import shutil

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.facts import read_host
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx
from ansible_collections.no502.node.plugins.module_utils.node.reading import read_all_node
from ansible_collections.no502.node.plugins.module_utils.pm2.reading import read_all_pm2
from ansible_collections.no502.node.plugins.module_utils.reading_size import fit
from ansible_collections.no502.node.plugins.module_utils.host.supervisor import attach_supervisors
from ansible_collections.no502.node.plugins.module_utils.host.systemd import attach_units, show

SCHEMA = 1
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def read_chain(nginx=True, node=True, conf=None, candidates=False, **how):
    """Return the reading of this host, as RETURN of the module chain_info has it.

    `nginx` and `node` say which parts are wanted; `conf` is that of
    `nginx_reading.read_all_nginx`, `how` are the named arguments of
    `node_reading.read_all_node`. With `candidates` the package manager is asked
    about either of the two that is not installed, without it only where neither
    is: it takes half a second. Raises ValueError for an address that is none.
    Nothing on the host is changed.
    """
    found = processes.all_processes()
    sockets = Sockets()
    sockets.find_holders(found)
    nginx_readings = read_all_nginx(found, conf) if nginx else []
    node_readings = read_all_node(found, sockets, **how) if node else []
    daemons, pm2_problems = read_all_pm2(found, sockets) if node else ([], [])
    attach_units(
        [(each["master"]["pid"], each) for each in nginx_readings if each["master"]]
        + [(each["pid"], each) for each in node_readings + daemons if each["pid"]]
    )
    attach_supervisors(node_readings, daemons, found)
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
        "pm2": daemons,
        "listeners": sockets.entries(found),
        "problems": _closed(found) + pm2_problems,
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
