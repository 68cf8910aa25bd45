# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a server listens, and connections to it that never take longer than they may."""

from __future__ import annotations

import socket
import time

from ansible_collections.no502.node.plugins.module_utils.host import unix_socket
from ansible_collections.no502.node.plugins.module_utils.host.network_namespace import socket_in

_MAX_BYTES = 65536
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class Endpoint:
    """A listening address, `{"address", "port"}` or `{"path"}`.

    `pid` is a process in whose network it lies, None is our own; `tls` tells that it
    is known to serve HTTPS. `holders` are the processes (pids) that have it: a path
    is looked up among the files that the first of them sees.
    """

    def __init__(self, listen, pid=None, tls=False, holders=()):
        self.listen = listen
        self.pid = pid
        self.tls = tls
        self.holders = holders

    @property
    def name(self):
        """Return `10.0.0.2:3000`, `[::]:3000` or `unix:/path`."""
        if "path" in self.listen:
            return "unix:" + self.listen["path"]
        form = "[%s]:%d" if ":" in self.listen["address"] else "%s:%d"
        return form % (self.listen["address"], self.listen["port"])

    def connect(self, end):
        """Return a connection made before `end` (of `time.monotonic`); raises OSError."""
        connection = self._socket()
        try:
            connection.settimeout(remaining(end))
            if "path" in self.listen:
                self._connect_to_file(connection)
            else:
                connection.connect((self._address(), self.listen["port"]))
        except BaseException:
            connection.close()
            raise
        return connection

    def _socket(self):
        if "path" in self.listen:
            return socket.socket(socket.AF_UNIX)
        family = socket.AF_INET6 if ":" in self._address() else socket.AF_INET
        return socket_in("self" if self.pid is None else self.pid, family)

    def _address(self):
        return _WILDCARDS.get(self.listen["address"], self.listen["address"])

    def _connect_to_file(self, connection):
        root = "/proc/%d/root" % self.holders[0] if self.holders else "/"
        pid = unix_socket.connect(connection, self.listen["path"], root)
        # systemd has listened on what it hands to a service.
        if self.holders and pid not in self.holders and pid != 1:
            raise OSError("pid %d listens there now" % pid)


def remaining(end):
    """Return the seconds until `end`; raises `socket.timeout` when there are none."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise socket.timeout()
    return seconds


def has_head(content):
    """Tell whether an HTTP message has come as far as the end of its head."""
    return b"\r\n\r\n" in content


def receive(connection, end, enough=has_head):
    """Return what comes before `end`, until it is `enough` (or 64 KiB), or the other end closes.

    Raises `socket.timeout`, and OSError where the connection is reset before anything came.
    """
    content = b""
    while not enough(content) and len(content) < _MAX_BYTES:
        connection.settimeout(remaining(end))
        try:
            piece = connection.recv(4096)
        except ConnectionResetError:
            if not content:
                raise
            break
        if not piece:
            break
        content += piece
    return content


def over_tls(connection):
    """Return the connection with TLS begun, whoever the other end says it is.

    Raises OSError. What is asked is no secret, and the answer is only believed
    as far as an answer without TLS would be.
    """
    import ssl  # slow to load, and few applications serve TLS

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    # Old certificates and keys too: they are of no concern here.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        return context.wrap_socket(connection)
    except ValueError as error:
        raise OSError(str(error)) from None
