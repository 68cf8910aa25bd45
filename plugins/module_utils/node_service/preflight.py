# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look for everything that would make a Node app fail on this host."""

from __future__ import annotations

import grp
import os
import pwd
import re
import socket
import stat

from ansible_collections.no502.node.plugins.module_utils.host.binary import ask
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.node_service import (
    files,
    replaced,
)
from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes
from ansible_collections.no502.node.plugins.module_utils.host.systemd import show, unit_of

OLDEST_NODE = 18
_VERSION = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)")
_NOBODY = 65534
_WILDCARDS = ("0.0.0.0", "::")


class Preflight:
    """The checks; `version` and `missing_users` are known after `check()`."""

    def __init__(self, node, install):
        self.version = None
        self.missing_users = []
        self._node = node
        self._install = install
        self._processes = all_processes()
        self._sockets = Sockets()
        self._sockets.find_holders(self._processes)

    def check(self, apps, variables=None):
        """Return what is wrong, as texts that say what to do.

        `variables` are the names of the variables that each app's environment sets, by its name.
        """
        problems = []
        if not os.path.isdir("/run/systemd/system"):
            problems.append("systemd does not run here: supervisor systemd needs it")
        problems += self._check_node()
        for app in apps:
            checks = (self._check_user(app) + self._check_files(app)
                      + _check_replaced(app, (variables or {}).get(app["name"]) or [])
                      + self._check_address(app)
                      + [problem for port in app["ports"] for problem in
                         self._check_port(app, port)])
            problems += ["%s: %s" % (app["name"], problem) for problem in checks]
        return problems

    def _check_node(self):
        if not os.path.exists(self._node):
            if self._install:
                return []
            return ["Node is not installed (%s). Install it first, or let the playbook do it:"
                    " \"no502_install: [node]\" (of the role alone: node_service_install: true)"
                    % self._node]
        text, reason = ask(self._node, ["--version"])
        version = _VERSION.match(text or "")
        if version is None:
            return ["%s: %s" % (self._node, reason or "does not say its version")]
        self.version = [int(part) for part in version.groups()]
        if self.version[0] < OLDEST_NODE:
            return ["%s is Node %s; the guard needs %d or newer"
                    % (self._node, version.group(0)[1:], OLDEST_NODE)]
        return []

    def _check_user(self, app):
        try:
            pwd.getpwnam(app["user"])
            return []
        except KeyError:
            self.missing_users.append(app["user"])
        try:
            grp.getgrnam(app["user"])
        except KeyError:
            return []
        return ["user %s does not exist and cannot be made: there is a group of that name."
                " Create the user, or set user: to another one" % app["user"]]

    def _check_files(self, app):
        directory, entry = app["directory"], os.path.join(app["directory"], app["entry"])
        if not os.path.isdir(directory):
            return ["directory %s: no such directory. Put the app there first, or set directory:"
                    % directory]
        if not os.path.isfile(entry):
            return ["entry %s: no such file. Set entry: to the file that Node starts" % entry]
        if not _is_readable(entry, app["user"]):
            return ["entry %s: user %s cannot read it" % (entry, app["user"])]
        return []

    def _check_address(self, app):
        address = app["address"]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((address, 0))
            except OSError as error:
                return ["address %s: %s. Set no502_address to an address of this host"
                        % (address, error.strerror)]
        return []

    def _check_port(self, app, port):
        instance = files.Instance("%s-%d" % (app["name"], port))
        for inode, listen in self._sockets.listening.items():
            if listen.get("port") != port or not _overlap(listen["address"], app["address"]):
                continue
            for pid in self._sockets.holders.get(inode, [0]):
                if not self._may_hold(pid, instance, app.get("replaces")):
                    return [self._taken(pid, listen, port)]
        return []

    def _may_hold(self, pid, instance, replaces):
        if pid == 1:
            return os.path.exists(files.unit_file(instance.socket))
        unit = unit_of(pid)[0] if pid else None
        return unit is not None and (
            unit == replaces or unit in [instance.service(slot) for slot in files.SLOTS])

    def _taken(self, pid, listen, port):
        process = self._processes.get(pid)
        unit = unit_of(pid)[0] if pid else None
        holder = "pid %d (%s)" % (pid, process.program) if process else "another process"
        if unit:
            holder += " of %s" % unit
        remedy = "Stop it, or set port: to a free one"
        if unit and not unit.startswith("no502-"):
            remedy += ". To take its place, set replaces: %s" % unit
        return "port %d is held by %s on %s. %s" % (port, holder, listen["address"], remedy)


def _check_replaced(app, variables):
    unit = app.get("replaces")
    if not unit:
        return []
    ours = [files.Instance("%s-%d" % (app["name"], port)).socket for port in app["ports"]]
    begun = any(os.path.exists(files.unit_file(socket_unit)) for socket_unit in ours)
    shown = show(unit)
    if shown is None:
        return [] if begun else ["replaces: there is no unit %s here" % unit]
    if begun and shown["active_state"] in ("inactive", "failed"):
        # It has been replaced already.
        return []
    old = replaced.read(unit)
    if old is None:
        return ["replaces: systemctl does not say what %s sets" % unit]
    return old.lost_by(app, variables)


def _overlap(one, another):
    return one == another or one in _WILDCARDS or another in _WILDCARDS


def _is_readable(path, user):
    """Try it as that user would: in a child that has become the user."""
    try:
        entry = pwd.getpwnam(user)
        uid, gid = entry.pw_uid, entry.pw_gid
    except KeyError:
        uid, gid = _NOBODY, _NOBODY
    if os.geteuid() != 0:
        return bool(os.stat(path).st_mode & stat.S_IROTH)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.initgroups(user, gid) if uid != _NOBODY else os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
            with open(path, "rb"):
                code = 0
        except OSError:
            pass
        finally:
            os._exit(code)
    return os.waitpid(child, 0)[1] == 0
