# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have Node itself say its keep-alive time-out, without reaching the application.

Node answers a request that expects something it does not know with 417 by
itself: no handler runs and no log of the application grows. Its Keep-Alive
header holds `keepAliveTimeout` in whole seconds, rounded down, without the
buffer that newer versions add.
"""

from __future__ import annotations

import re
import socket
import time

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

MAX_SECONDS = 2.0
_MAX_BYTES = 65536
_MAX_VALUE = 2**31 // 1000
_REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: no502.node\r\nExpect: no502\r\n\r\n"
)
_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3})[ \r]")
_HEADER = re.compile(rb"^keep-alive:[ \t]*(?:.*[,; \t])?timeout=([0-9]+)", re.I | re.M)
_CLOSE = re.compile(rb"^connection:[ \t]*close[ \t]*\r?$", re.I | re.M)
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def ask_keep_alive(listen, seconds=MAX_SECONDS):
    """Return `keep_alive_timeout` of the Node that listens there, as a value in ms.

    `listen` is `{"address", "port"}` or `{"path"}`. `unknown`, with the reason,
    where it does not answer as Node does.
    """
    name = _name(listen)
    try:
        head = _answer(listen, time.monotonic() + seconds)
    except socket.timeout:
        return unknown("ms", "%s: no answer within %g s" % (name, seconds))
    except OSError as error:
        return unknown("ms", "%s: %s" % (name, error.strerror or error))
    return _value(head, name)


def _name(listen):
    if "path" in listen:
        return "unix:" + listen["path"]
    form = "[%s]:%d" if ":" in listen["address"] else "%s:%d"
    return form % (listen["address"], listen["port"])


def _answer(listen, end):
    """Return the head of the answer, or what came of it until the peer closed."""
    family, address = _target(listen)
    head = b""
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_remaining(end))
        connection.connect(address)
        connection.sendall(_REQUEST)
        while b"\r\n\r\n" not in head and len(head) < _MAX_BYTES:
            connection.settimeout(_remaining(end))
            piece = connection.recv(4096)
            if not piece:
                break
            head += piece
    return head.partition(b"\r\n\r\n")[0]


def _remaining(end):
    remaining = end - time.monotonic()
    if remaining <= 0:
        raise socket.timeout()
    return remaining


def _target(listen):
    if "path" in listen:
        return socket.AF_UNIX, listen["path"]
    address = _WILDCARDS.get(listen["address"], listen["address"])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return family, (address, listen["port"])


def _value(head, name):
    status = _STATUS.match(head)
    if status is None:
        return unknown("ms", "%s: does not answer in HTTP/1.1" % name)
    if status.group(1) != b"417":
        answer = status.group(1).decode()
        return unknown("ms", "%s: answers %s to an unknown Expect, not 417" % (name, answer))
    header = _HEADER.search(head)
    if header is None:
        said = "closes the connection" if _CLOSE.search(head) else "has no Keep-Alive header"
        return unknown("ms", "%s: its 417 %s" % (name, said))
    if len(header.group(1)) > 10 or int(header.group(1)) > _MAX_VALUE:
        return unknown("ms", "%s: its Keep-Alive header is absurd" % name)
    return known(int(header.group(1)) * 1000, "ms", "live",
                 "Keep-Alive header of %s (whole seconds)" % name)
