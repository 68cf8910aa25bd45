# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /proc/net/tcp does not tell of TCP listeners: the kernel is asked as `ss` does.

See sock_diag(7).
"""

from __future__ import annotations

import socket
import struct

from ansible_collections.no502.node.plugins.module_utils.host.network_namespace import socket_in

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_DONE, _ERROR = 3, 2
_LISTENING = 1 << 10  # TCP_LISTEN
_HEADER = struct.Struct("=IHHII")
# Of struct inet_diag_msg: family and state, then the socket's id of 48 bytes, then these.
_COUNTS = struct.Struct("=IIIII")  # expires, rqueue, wqueue, uid, inode
_COUNTS_AT = 52
_ATTRIBUTE = struct.Struct("=HH")
_V6ONLY = 11  # INET_DIAG_SKV6ONLY
_SECONDS = 1.0


def tcp_listeners(pid="self"):
    """Return {inode: what is told} of the TCP listeners in the network of a process.

    `backlog` is how many connections may wait to be accepted, `v6only` whether a
    socket of IPv6 takes no IPv4 (None where that is not told). Empty where the
    kernel does not tell.
    """
    found = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            found.update(_dump(pid, family))
        except OSError:
            continue
    return found


def _dump(pid, family):
    request = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, _LISTENING) + bytes(48)
    head = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _DUMP, 1, 0)
    found = {}
    with socket_in(pid, socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
        kernel.settimeout(_SECONDS)
        kernel.send(head + request)
        while True:
            data = kernel.recv(1 << 18)
            while len(data) >= _HEADER.size:
                length, kind, *_rest = _HEADER.unpack_from(data)
                if kind in (_DONE, _ERROR) or length < _HEADER.size:
                    return found
                body = data[_HEADER.size:length]
                if len(body) >= _COUNTS_AT + _COUNTS.size:
                    _expires, _waiting, most, _uid, inode = _COUNTS.unpack_from(body, _COUNTS_AT)
                    found[inode] = {"backlog": most,
                                    "v6only": _v6only(body[_COUNTS_AT + _COUNTS.size:])}
                data = data[(length + 3) & ~3:]
    return found


def _v6only(attributes):
    while len(attributes) > _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(attributes)
        if kind == _V6ONLY:
            return attributes[_ATTRIBUTE.size] == 1
        if length < _ATTRIBUTE.size:
            break
        attributes = attributes[(length + 3) & ~3:]
    return None
