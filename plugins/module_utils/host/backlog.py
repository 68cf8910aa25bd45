# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many connections may wait at a TCP listener to be accepted, as the kernel has it.

/proc/net/tcp does not hold that: the kernel is asked as `ss` does (sock_diag(7)).
"""

from __future__ import annotations

import socket
import struct

_SOCK_DIAG = 4  # NETLINK_SOCK_DIAG
_BY_FAMILY = 20  # SOCK_DIAG_BY_FAMILY
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_DONE, _ERROR = 3, 2
_LISTENING = 1 << 10  # TCP_LISTEN
_HEADER = struct.Struct("=IHHII")
# Of struct inet_diag_msg: family and state, then the socket's id of 48 bytes, then these.
_COUNTS = struct.Struct("=IIIII")  # expires, rqueue, wqueue, uid, inode
_COUNTS_AT = 52
_SECONDS = 1.0


def backlogs():
    """Return {inode: length of the queue} of the TCP listeners of our network.

    Empty where the kernel does not tell.
    """
    found = {}
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            found.update(_dump(family))
        except OSError:
            continue
    return found


def _dump(family):
    request = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, _LISTENING) + bytes(48)
    head = _HEADER.pack(_HEADER.size + len(request), _BY_FAMILY, _DUMP, 1, 0)
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as kernel:
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
                    found[inode] = most
                data = data[(length + 3) & ~3:]
    return found
