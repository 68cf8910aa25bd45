# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process listens where: /proc/net by inode, joined with the open files of processes."""

from __future__ import annotations

import os
import re
import socket
import struct

from ansible_collections.no502.node.plugins.module_utils.host.processes import link, read_text
from ansible_collections.no502.node.plugins.module_utils.host.sock_diag import tcp_listeners

_LISTEN = "0A"
_UNIX_LISTENS = 0x10000  # __SO_ACCEPTCON
_MAX_BYTES = 32 * 1024 * 1024
_WATCHED = re.compile(r"^tfd:.* ino:([0-9a-f]+)", re.MULTILINE)


class Sockets:
    """The listening sockets of one network namespace and who holds them.

    `listening` maps an inode to `{"address", "port"}` or `{"path"}`; `told` maps
    it to what `sock_diag.tcp_listeners` has of it; `holders` to the process ids
    that have it open, in order. A socket on `::` takes IPv4 as well, unless it
    has `v6only`: True, or None where nothing tells.
    """

    def __init__(self, pid="self"):
        self.listening = _listening(pid)
        self.told = tcp_listeners(pid)
        self.holders = {}
        for inode, address in self.listening.items():
            v6only = self.told.get(inode, {}).get("v6only")
            if address.get("address") == "::" and v6only is not False:
                address["v6only"] = v6only

    def find_holders(self, pids):
        """Look for the sockets among the open files of the processes."""
        for pid in sorted(pids):
            for inode in _socket_inodes(pid):
                if inode in self.listening:
                    self.holders.setdefault(inode, []).append(pid)

    def pids(self):
        """Return the ids of the processes that hold any, in order."""
        return sorted({pid for pids in self.holders.values() for pid in pids})

    def of(self, pid):
        """Return the listening addresses that a process holds open."""
        return list(self.held_by(pid).values())

    def held_by(self, pid):
        """Return {inode: listening address} of what a process holds open."""
        return {inode: self.listening[inode]
                for inode, pids in self.holders.items() if pid in pids}

    def entries(self, processes):
        """Return the listeners, each with the process that serves it.

        The first holder is meant; systemd (process 1) keeps a socket that it
        has handed to a service and counts only where nobody else has it.
        """
        entries = []
        for inode, address in self.listening.items():
            pids = self.holders.get(inode, [])
            pid = next((each for each in pids if each != 1), pids[0] if pids else None)
            process = processes.get(pid)
            entries.append(dict(address, pid=pid, process=process.program if process else None))
        return sorted(entries, key=_order)


def waits_on(pid, inode):
    """Tell whether a process waits for something to happen on a socket, by epoll.

    Who only inherited the socket has it open as well, but never accepts from it.
    None where that is closed to us.
    """
    try:
        descriptors = os.listdir("/proc/%d/fd" % pid)
    except OSError:
        return None
    told = None
    for descriptor in descriptors:
        if link(pid, "fd/" + descriptor) != "anon_inode:[eventpoll]":
            continue
        watched = _WATCHED.findall(read_text(pid, "fdinfo/" + descriptor, _MAX_BYTES) or "")
        if "%x" % inode in watched:
            return True
        told = False
    return told


def _order(entry):
    return (entry.get("port", 0), entry.get("address", ""), entry.get("path", ""))


def _listening(pid):
    found = {}
    for name, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in _lines(pid, name):
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN:
                host, port = fields[1].split(":")
                found[int(fields[9])] = {"address": _address(family, host), "port": int(port, 16)}
    for line in _lines(pid, "unix"):
        # The number of the inode is padded, the path may hold blanks.
        fields = line.split(" ", 6)
        if len(fields) == 7 and int(fields[3], 16) & _UNIX_LISTENS:
            inode, space, path = fields[6].lstrip().partition(" ")
            # A path that begins with @ is a name in no file system; a relative one is as it
            # was bound, in what was the directory of the process then.
            if space and fields[4] == "0001" and not path.startswith("@"):
                found[int(inode)] = {"path": path}
    return found


def _lines(pid, name):
    try:
        with open("/proc/%s/net/%s" % (pid, name), "rb") as file:
            content = file.read(_MAX_BYTES).decode("utf-8", "surrogateescape")
    except OSError:
        return []
    return content.split("\n")[1:]


def _address(family, digits):
    # Words of 32 bits, each in the byte order of this machine.
    words = [int(digits[at:at + 8], 16) for at in range(0, len(digits), 8)]
    return socket.inet_ntop(family, struct.pack("=%dI" % len(words), *words))


def _socket_inodes(pid):
    try:
        descriptors = os.listdir("/proc/%d/fd" % pid)
    except OSError:
        return
    for descriptor in descriptors:
        target = link(pid, "fd/" + descriptor)
        if target is not None and target.startswith("socket:["):
            yield int(target[8:-1])
