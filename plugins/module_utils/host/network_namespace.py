# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reach what listens in the network of a container, as if from within.

A socket belongs for good to the network namespace in which it was made. So a
thread enters the namespace of a process, makes the socket there and ends; the
rest of this process never leaves the host's own. Root's right alone
(CAP_SYS_ADMIN).
"""

from __future__ import annotations

import errno
import os
import re
import socket
import threading

from ansible_collections.no502.node.plugins.module_utils.host.processes import link, read_text

_CLONE_NEWNET = 0x40000000
_LOCAL_ADDRESS = re.compile(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL")


def is_ours(pid):
    """Tell whether a process shares our network. What is closed to us is taken to do so."""
    return link(pid, "ns/net") in (None, link("self", "ns/net"))


def socket_in(pid, family, kind=socket.SOCK_STREAM, protocol=0):
    """Return a new socket in the network of a process; raises OSError."""
    if is_ours(pid):
        return socket.socket(family, kind, protocol)
    made = []

    def make():
        try:
            _enter(pid)
            made.append(socket.socket(family, kind, protocol))
        except OSError as error:
            made.append(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    thread.join()
    if isinstance(made[0], OSError):
        raise made[0]
    return made[0]


def _enter(pid):
    """Put the calling thread, and no other, into the network of a process; raises OSError."""
    try:
        import ctypes  # slow to load, and most hosts have no containers

        setns = ctypes.CDLL(None, use_errno=True).setns
    # Some Pythons are built without it, and some C libraries have no setns.
    except (ImportError, AttributeError) as error:
        raise OSError(errno.ENOSYS, "its network may not be entered: %s" % error) from error
    descriptor = os.open("/proc/%d/ns/net" % pid, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if setns(descriptor, _CLONE_NEWNET):
            number = ctypes.get_errno()
            raise OSError(number, "its network may not be entered: " + os.strerror(number))
    finally:
        os.close(descriptor)


def ipv4_addresses(pid):
    """Return the IPv4 addresses, loopback left out, of the network of a process."""
    found = _LOCAL_ADDRESS.findall(read_text(pid, "net/fib_trie", 256 * 1024) or "")
    return sorted({each for each in found if not each.startswith("127.")})
