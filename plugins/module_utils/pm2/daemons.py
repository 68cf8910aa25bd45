# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the PM2 daemons of every user: by the socket that each listens on.

No program of PM2's is run for it: `pm2 jlist` where no daemon runs starts one.
"""

from __future__ import annotations

import os
import re

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.node.discovery import is_node

MAX_DAEMONS = 16
_RPC_SOCKET = "/rpc.sock"
_PUB_SOCKET = "/pub.sock"
# What a daemon calls itself (lib/Daemon.js). Where there is no room for all of it, the end is cut.
_TITLE = re.compile(rb"PM2 v([0-9]+\.[0-9]+\.[0-9]+)[^:]{0,40}: God Daemon(?: \((/[^\0]*)\)\0)?")
# What an application inherits of the daemon's environment where PM2 is not told
# otherwise (constants.js): the only names that are looked for there.
_VARIABLES = (b"PM2_KILL_TIMEOUT", b"PM2_GRACEFUL_LISTEN_TIMEOUT", b"PM2_KILL_SIGNAL",
              b"PM2_DAEMON_RPC_PORT", b"PM2_DUMP_FILE_PATH", b"PM2_HOME")


class Daemon:
    """One daemon: `process` (`processes.Process`), `socket` (path as it sees it, or None),
    `home` (PM2_HOME, where it keeps its files, or None), `environment` (the variables of PM2's
    that it was started with, None where they are closed)."""

    def __init__(self, process, path=None):
        self.process = process
        self.environment = _environment(process.pid)
        self._title = _TITLE.match(process.cmdline)
        home = self._variable("PM2_HOME") or self._in_title(2)
        self.socket = path or self._variable("PM2_DAEMON_RPC_PORT") or (
            None if home is None else home + _RPC_SOCKET)
        # Its sockets lie in PM2_HOME, unless they were put elsewhere.
        in_home = self.socket is not None and self.socket.endswith(_RPC_SOCKET)
        self.home = os.path.dirname(self.socket) if in_home else home

    @property
    def pid(self):
        """The daemon's process id."""
        return self.process.pid

    @property
    def root(self):
        """The directory below which the daemon sees its files, as we can reach it."""
        directory = "/proc/%d/root" % self.pid
        return directory if os.access(directory + "/", os.X_OK) else "/"

    @property
    def dump_file(self):
        """Where `pm2 save` writes what is to be started with the daemon, or None."""
        return self._variable("PM2_DUMP_FILE_PATH") or (
            None if self.home is None else os.path.join(self.home, "dump.pm2"))

    @property
    def title_version(self):
        """The version that the daemon's title says, or None."""
        return self._in_title(1)

    def _in_title(self, group):
        found = self._title.group(group) if self._title else None
        return None if found is None else found.decode("utf-8", "surrogateescape")

    def _variable(self, name):
        return (self.environment or {}).get(name)


def find_daemons(found, sockets):
    """Return the daemons among the processes, in the order of their ids.

    `found` is `processes.all_processes()`, `sockets` a `listeners.Sockets` with
    its holders found. A daemon in a network of its own (a container's) is found
    by its title, or by its socket there.
    """
    nodes = {pid: process for pid, process in found.items()
             if is_node(process) or process.program == "bun"}
    daemons = {}
    for namespace in _networks(nodes, sockets):
        for pid, path in _rpc_sockets(namespace, nodes):
            daemons.setdefault(pid, Daemon(nodes[pid], path))
    for pid, process in found.items():
        # Whose program is closed to us may well be Node.
        if _TITLE.match(process.cmdline) and (pid in nodes or process.exe is None):
            daemons.setdefault(pid, Daemon(process))
    return [daemons[pid] for pid in sorted(daemons)]


def _networks(nodes, sockets):
    """Yield the sockets of each network that a Node process is in, ours first."""
    yield sockets
    seen = {None, processes.link("self", "ns/net")}
    for pid in sorted(nodes):
        namespace = processes.link(pid, "ns/net")
        if namespace in seen:
            continue
        seen.add(namespace)
        theirs = Sockets(pid)
        if any(each.get("path", "").endswith(_RPC_SOCKET) for each in theirs.listening.values()):
            theirs.find_holders([each for each in nodes
                                 if processes.link(each, "ns/net") == namespace])
            yield theirs


def _rpc_sockets(sockets, nodes):
    """Yield (pid, path) of the Node processes that listen on two sockets as PM2 does."""
    paths = {}
    for inode, address in sockets.listening.items():
        for pid in sockets.holders.get(inode, []):
            if pid in nodes and "path" in address:
                paths.setdefault(pid, set()).add(address["path"])
    for pid, theirs in paths.items():
        for path in sorted(theirs):
            if path.endswith(_RPC_SOCKET) and os.path.dirname(path) + _PUB_SOCKET in theirs:
                yield pid, path


def _environment(pid):
    """Return those of `_VARIABLES` that the process was started with, None where that is closed."""
    content = processes.read_bytes(pid, "environ", 1024 * 1024)
    if content is None:
        return None
    pairs = (entry.partition(b"=") for entry in content.split(b"\0"))
    return {name.decode("ascii"): value.decode("utf-8", "surrogateescape")
            for name, _equals, value in pairs if name in _VARIABLES}
