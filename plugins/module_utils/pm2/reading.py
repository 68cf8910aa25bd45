# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read every PM2 daemon that runs here, and what it runs.

Nothing is started and nothing is changed: a daemon is found by its process and
asked over the socket on which it listens already. Where none runs, nothing is
done at all.
"""

from __future__ import annotations

import pwd
import re

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.pm2 import apps, saved
from ansible_collections.no502.node.plugins.module_utils.pm2.daemons import (
    MAX_DAEMONS,
    find_daemons,
)
from ansible_collections.no502.node.plugins.module_utils.pm2.protocol import Connection, Pm2Error

MAX_SECONDS = 2.0
_REPORT = frozenset(["pm2_version", "node_version"])
_INNERMOST = re.compile(r"^NSpid:.*?([0-9]+)$", re.MULTILINE)


def read_all_pm2(found, sockets):
    """Return a reading for each daemon, in the order of their ids.

    `found` is `processes.all_processes()`, `sockets` a `listeners.Sockets` with
    its holders found. `unit` and `supervisor` are left to `systemd.attach_units`
    and `supervisor.attach_supervisors`.
    """
    daemons = find_daemons(found, sockets)
    answers = in_parallel(_ask, daemons[:MAX_DAEMONS], MAX_SECONDS + 1)
    answers = [answer or (None, "does not answer in time") for answer in answers]
    answers += [(None, "is not asked, nor any after the first %d" % MAX_DAEMONS)
                for _more in daemons[MAX_DAEMONS:]]
    readings = []
    for daemon, answer in zip(daemons, answers):
        reading = _reading(daemon, answer)
        apps.count_running(reading["apps"], _pid_here(daemon, found), _name(daemon))
        readings.append(reading)
    return readings


def _ask(daemon):
    """Return (answers, reason) of a daemon; where the one is None the other says why."""
    if daemon.socket is None:
        return None, "has no rpc.sock that can be seen here"
    try:
        with Connection(daemon.socket, MAX_SECONDS, daemon.root) as connection:
            # The path may have become somebody else's: that one is told nothing.
            if connection.pid != daemon.pid:
                return None, "%s belongs to process %d" % (daemon.socket, connection.pid)
            report, monitor = connection.call(
                ["getReport", "getMonitorData"], _REPORT | apps.NAMES)
        listed = apps.read_apps(monitor, daemon.environment, _name(daemon))
        return (report if isinstance(report, dict) else {}, listed), None
    except (Pm2Error, ValueError) as error:
        return None, str(error)


def _reading(daemon, answer):
    (report, listed), reason = answer[0] or ({}, []), answer[1]
    version = apps.version_numbers(report.get("pm2_version") or daemon.title_version)
    problems = [{"subject": _name(daemon), "reason": reason}] if reason else []
    reading = {
        "pid": daemon.pid,
        "started": daemon.process.started,
        "user": _user(daemon),
        "container": processes.container_of(daemon.pid),
        "home": daemon.home,
        "version": version,
        "node_version": apps.version_numbers(report.get("node_version")),
        "answers": reason is None,
        "unit": None,
        "apps": listed,
        "problems": problems,
    }
    if reason is None:
        reading["saved"] = saved.compare(daemon, listed)
    return reading


def _pid_here(daemon, found):
    """Return the function by which a daemon's word for a process is this host's id of it, or None.

    In both modes it is the daemon itself that starts the process of an
    application: what is no child of it is another's, or gone.
    """
    if processes.link(daemon.pid, "ns/pid") in (None, processes.link("self", "ns/pid")):
        return lambda pid: pid if _parent(pid) == daemon.pid else None
    children = (pid for pid, process in found.items() if process.parent == daemon.pid)
    return {_innermost_pid(pid): pid for pid in children}.get


def _parent(pid):
    try:
        return processes.Process(pid).parent
    except OSError:
        return None


def _innermost_pid(pid):
    """Return the id that a process has in its own namespace, None where that is closed."""
    match = _INNERMOST.search(processes.read_text(pid, "status") or "")
    return int(match.group(1)) if match else None


def _name(daemon):
    return "pm2 pid %d" % daemon.pid


def _user(daemon):
    uid = daemon.process.uid
    if processes.shares_root(daemon.pid) is False:
        return str(uid)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
