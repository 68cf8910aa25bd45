# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process has accepted a connection of ours to this host."""

from __future__ import annotations

import os
import socket
import struct

from ansible_collections.no502.node.plugins.module_utils.host.processes import link, read_text

_ESTABLISHED = "01"
_MAX_BYTES = 32 * 1024 * 1024


def accepted_by(connection, pids, network="self"):
    """Return the process among `pids` that has accepted a TCP connection of ours, else None.

    It may not have yet. `network` is a process in whose network both ends are.
    """
    inode = _peer_inode(connection, network)
    return next((pid for pid in pids if inode and _holds(pid, inode)), None)


def peers_of(port, network="self"):
    """Return the remote ports of the connections to a local port in the network of a process."""
    return {int(remote.rpartition(":")[2], 16) for local, remote, _inode in _established(network)
            if port is not None and local.endswith(":%04X" % port)}


def _holds(pid, inode):
    try:
        names = os.listdir("/proc/%d/fd" % pid)
    except OSError:
        return False
    return any(link(pid, "fd/" + name) == "socket:[%s]" % inode for name in names)


def _peer_inode(connection, network):
    """Return the inode of the other end, which is on this host; "0" until it is accepted."""
    ours, theirs = _hexadecimal(connection.getsockname()), _hexadecimal(connection.getpeername())
    for local, remote, inode in _established(network):
        # In the table of IPv6 an IPv4 address has a prefix.
        if local.endswith(theirs) and remote.endswith(ours):
            return inode
    return None


def _established(network):
    """Yield (local address, remote address, inode) of each connection, as /proc has them."""
    # A dual-stack listener has its IPv4 connections in the table of IPv6.
    for table in ("tcp", "tcp6"):
        for line in (read_text(network, "net/" + table, _MAX_BYTES) or "").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _ESTABLISHED:
                yield fields[1], fields[2], fields[9]


def _hexadecimal(name):
    kind = socket.AF_INET6 if ":" in name[0] else socket.AF_INET
    packed = socket.inet_pton(kind, name[0].partition("%")[0])
    words = struct.unpack("=%dI" % (len(packed) // 4), packed)
    return "".join("%08X" % word for word in words) + ":%04X" % name[1]
