# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who starts a process again when it ends: PM2, systemd, a container's runtime, or nobody.

Told by whose child it is and by its cgroup. The innermost counts: an
application of PM2 is PM2's, also where systemd runs PM2's daemon.
"""

from __future__ import annotations

import os

from ansible_collections.no502.node.plugins.module_utils.host.systemd import SYSTEM, unit_of

BOOTED = "/run/systemd/system"  # is there where systemd is the init
# They start programs in their own service's cgroup, and leave them alone from then on.
_LAUNCHERS = frozenset(["cron", "crond", "atd", "anacron", "sshd", "sshd-session", "dropbear"])
# They start programs again, each by rules of its own that are not read.
_OTHERS = frozenset([
    "supervisord", "runsv", "s6-supervise", "monit", "circusd", "dinit", "perpd", "svc", "immortal",
])


def attach_supervisors(nodes, daemons, found):
    """Fill `supervisor` of each reading: `{"kind", "name", "reason"}`.

    `kind` is `pm2` (then `name` is the application, `daemon` the daemon's id and
    `pids` those of the processes that the daemon lists for it), `systemd` (the
    service), `container` (its id), `none` or `unknown`. `nodes` are readings of
    Node processes, `daemons` what `pm2.reading.read_all_pm2` returns, `found`
    is `processes.all_processes()`. Units are attached already.
    """
    by_pid = {daemon["pid"]: daemon for daemon in daemons}
    for node in nodes:
        node["supervisor"] = _supervisor(node, found, by_pid)
    for daemon in daemons:
        daemon["supervisor"] = _supervisor(daemon, found, {})


def _supervisor(node, found, daemons):
    pid = node["pid"]
    if pid is None:
        return _said("unknown", None, "no process of this host")
    lineage = _lineage(pid, found)
    daemon = next((daemons[each] for each in lineage if each in daemons), None)
    if daemon is not None:
        return _pm2(node, lineage, daemon)
    if node["container"] is not None and node["unit"] is None:
        return _said("container", node["container"], "the container's own rules are not read")
    for each in lineage[1:]:
        name = _known_as(found[each], found[pid])
        if name in _OTHERS:
            return _said("unknown", None, "under %s (pid %d), which is not read" % (name, each))
        if name in _LAUNCHERS:
            return _said("none", None, "started by %s (pid %d)" % (name, each))
    if not os.path.isdir(BOOTED):
        return _without_systemd(lineage, found)
    return _systemd(node, lineage)


def _known_as(process, application):
    """Return the name by which a process above an application is known.

    Its own name and not the program's: supervisord is a script of Python's, crond a
    name of busybox. But code of Node's names its process as it likes (process.title).
    """
    return process.program if process.binary == application.binary else process.name


def _lineage(pid, found):
    """Return the ids of a process, its parent and so on, without the host's first process."""
    lineage = []
    while pid in found and pid not in lineage and (pid != 1 or not lineage):
        lineage.append(pid)
        pid = found[pid].parent
    return lineage


def _pm2(node, lineage, daemon):
    """Return the application of PM2's that a process belongs to.

    In cluster mode the daemon itself holds the socket and its children are the
    workers; in fork mode the process, or one above it (npm), is PM2's child.
    """
    pids = set(node["workers"]) if daemon["pid"] == node["pid"] else set(lineage)
    apps = [app for app in daemon["apps"] if app["pid"] in pids]
    names = sorted({app["name"] or "" for app in apps})
    name, reason = names[0] if len(names) == 1 else None, None
    if len(names) > 1:
        reason = "PM2 does not say which of them listens here: " + ", ".join(names)
    elif not daemon["answers"]:
        reason = "the daemon does not answer"
    elif not names:
        reason = "its application is not among those that PM2 lists"
    return dict(_said("pm2", name, reason), daemon=daemon["pid"],
                pids=sorted(app["pid"] for app in apps))


def _without_systemd(lineage, found):
    if lineage[-1] == 1:
        return _said("container", None, "it is process 1: whoever runs this container")
    first = found[1].program if 1 in found else "not seen"
    return _said("unknown", None, "systemd does not run here; process 1 is %s" % first)


def _systemd(node, lineage):
    name, owner = unit_of(node["pid"])
    if name is None:
        return _said("none", None, "in no unit of systemd")
    if name.endswith(".scope"):
        return _said("none", None, "started from a session or by hand: %s" % name)
    unit = node["unit"]
    if unit is not None and unit["main_pid"] not in lineage:
        return _said("none", None, "runs in %s, but neither as its main process nor below that"
                     % name)
    whose = None if owner is SYSTEM else "a unit of user %d's own systemd" % owner
    return _said("systemd", name, whose)


def _said(kind, name, reason):
    return {"kind": kind, "name": name, "reason": reason}
