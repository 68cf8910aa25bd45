# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put the readings of one host together: who runs what, under whom, and where it listens."""

from __future__ import annotations

import contextlib
import os
import shutil

from ansible_collections.no502.node.plugins.module_utils.host.zip_imports import compile_once

SCHEMA = 1
# A usual configuration is read in hundredths of a second; a file on a network mount
# that is dead is never read.
MAX_NGINX_SECONDS = 7.0
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Modules are imported where they are needed, after `compile_once`. A host compiles them anew each
# time, which takes longer than most readings: so each of the two processes compiles its own, and
# what is not there (PM2, often nginx or Node) is not compiled at all.


def read_chain(nginx=True, node=True, conf=None, candidates=False, **how):
    """Return the reading of this host, as RETURN of the module chain_info has it.

    `nginx` and `node` say which parts are wanted; `conf` is that of
    `nginx_reading.read_all_nginx`, `how` are the named arguments of
    `node_reading.read_all_node`. With `candidates` the package manager is asked
    about either of the two that is not installed, without it only where neither
    is: it takes half a second. Raises ValueError for an address that is none.
    Nothing on the host is changed.
    """
    compile_once()
    found = _processes()
    beside = _apart(_read_nginx, found, conf) if nginx else None
    with contextlib.ExitStack() as at_the_end:
        try:
            sockets = _sockets(found)
            units = _begin_units(found, sockets, at_the_end)
            node_readings, daemons = (_read_node(found, sockets, how, at_the_end) if node
                                      else ([], []))
        finally:
            nginx_readings, reason = beside.result(MAX_NGINX_SECONDS) if beside else ([], None)
        _attach(nginx_readings or [], node_readings, daemons, found, units)
    if reason:
        nginx_readings = [_unread_nginx(reason)]
    missing = []
    if nginx and not nginx_readings:
        missing.append("nginx")
    if node and not node_readings and not _installed("node", "nodejs"):
        missing.append("nodejs")
    return _whole({
        "schema": SCHEMA,
        "host": _read_host(missing if candidates or len(missing) == 2 else []),
        "nginx": nginx_readings,
        "node": node_readings,
        "pm2": daemons,
        "listeners": sockets.entries(found),
        "problems": _closed(found),
    })


def _processes():
    from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes
    return all_processes()


def _sockets(found):
    """Return the sockets with who holds them."""
    from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
    sockets = Sockets()
    sockets.find_holders(found)
    return sockets


def _apart(function, *arguments):
    from ansible_collections.no502.node.plugins.module_utils.host.apart import Apart
    return Apart(function, *arguments)


def _read_nginx(found, conf):
    from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx
    return read_all_nginx(found, conf)


def _unread_nginx(reason):
    """Return the reading of an nginx of which nothing is known, should there be one."""
    from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
    reading = read_nginx(None, None)
    reading["problems"].append({"subject": "nginx", "reason": "could not be read: " + reason})
    return reading


def _read_node(found, sockets, how, at_the_end):
    """Return the readings of Node processes and of PM2's daemons."""
    from ansible_collections.no502.node.plugins.module_utils.node.version import Versions
    versions = Versions(_first_node(found, sockets))
    at_the_end.callback(versions.drop)
    from ansible_collections.no502.node.plugins.module_utils.node.reading import read_all_node
    from ansible_collections.no502.node.plugins.module_utils.pm2.daemons import find_daemons
    readings = read_all_node(found, sockets, versions=versions, **how)
    daemons = []
    if find_daemons(found, sockets):
        from ansible_collections.no502.node.plugins.module_utils.pm2.reading import read_all_pm2
        daemons = read_all_pm2(found, sockets)
    return readings, daemons


def _first_node(found, sockets):
    """Return the first Node process that listens, or None."""
    from ansible_collections.no502.node.plugins.module_utils.node.discovery import is_node
    return next((found[pid] for pid in sockets.pids() if is_node(found[pid])), None)


def _begin_units(found, sockets, at_the_end):
    """Have systemd say at once what most likely is needed of it, or return None."""
    from ansible_collections.no502.node.plugins.module_utils.node.discovery import is_node
    pids = [pid for pid in sockets.pids()
            if is_node(found[pid]) or found[pid].cmdline.startswith(b"nginx: master")]
    if not pids:
        return None
    from ansible_collections.no502.node.plugins.module_utils.host.systemd import begin_units
    units = begin_units(pids)
    at_the_end.callback(units.drop)
    return units


def _attach(nginx, nodes, daemons, found, begun):
    """Fill `unit` of all readings, in one call of systemd's, and `supervisor`."""
    pids = [(each["master"]["pid"], each) for each in nginx if each["master"]]
    pids += [(each["pid"], each) for each in nodes + daemons if each["pid"]]
    stopped = [each for each in nginx if not each["running"]]
    if pids or stopped:
        from ansible_collections.no502.node.plugins.module_utils.host.systemd import (
            attach_units, show,
        )
        attach_units(pids, begun)
        for each in stopped:
            each["unit"] = show("nginx.service")
    if nodes or daemons:
        from ansible_collections.no502.node.plugins.module_utils.host.supervisor import (
            attach_supervisors,
        )
        attach_supervisors(nodes, daemons, found)


def _read_host(missing):
    from ansible_collections.no502.node.plugins.module_utils.host.facts import read_host
    return read_host(missing)


def _whole(reading):
    from ansible_collections.no502.node.plugins.module_utils.reading_size import fit
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
