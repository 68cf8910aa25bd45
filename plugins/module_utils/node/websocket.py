# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client's side of WebSocket (RFC 6455), as far as Node's inspector needs it."""

from __future__ import annotations

import base64
import os
import struct

from ansible_collections.no502.node.plugins.module_utils.node.endpoint import receive, remaining

_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_FINAL, _MASKED = 0x80, 0x80
_MAX_MESSAGE = 4 * 1024 * 1024


class WebSocketError(OSError):
    """The other end does not speak WebSocket as it should; the text says how."""


class WebSocket:
    """A WebSocket over a connection; everything raises OSError, `socket.timeout` after `end`."""

    def __init__(self, connection, host, path, end):
        self._connection = connection
        self._end = end
        key = base64.b64encode(os.urandom(16)).decode()
        connection.settimeout(remaining(end))
        connection.sendall((
            "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % (path, host, key)
        ).encode("ascii"))
        head, _blank, self._received = receive(connection, end).partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101 "):
            raise WebSocketError("it refuses a WebSocket")

    def send(self, text):
        """Send a text message."""
        self._send_frame(_TEXT, text.encode())

    def receive(self):
        """Return the next text message."""
        message = b""
        while True:
            first, second = self._take(2)
            payload = self._take(self._length(second & ~_MASKED))
            opcode = first & 0xF
            if opcode == _CLOSE:
                raise WebSocketError("it has closed the WebSocket")
            if opcode == _PING:
                self._send_frame(_PONG, payload)
            if opcode in (_PING, _PONG):
                continue
            message += payload
            if len(message) > _MAX_MESSAGE:
                raise WebSocketError("its message is too long")
            if first & _FINAL:
                return message.decode("utf-8", "replace")

    def _length(self, short):
        length = short
        if short == 126:
            (length,) = struct.unpack(">H", self._take(2))
        elif short == 127:
            (length,) = struct.unpack(">Q", self._take(8))
        if length > _MAX_MESSAGE:
            raise WebSocketError("its message is too long")
        return length

    def _take(self, count):
        while len(self._received) < count:
            self._connection.settimeout(remaining(self._end))
            piece = self._connection.recv(65536)
            if not piece:
                raise WebSocketError("it has closed the connection")
            self._received += piece
        taken, self._received = self._received[:count], self._received[count:]
        return taken

    def _send_frame(self, opcode, payload):
        length = len(payload)
        if length < 126:
            size = struct.pack(">B", _MASKED | length)
        elif length < 2**16:
            size = struct.pack(">BH", _MASKED | 126, length)
        else:
            size = struct.pack(">BQ", _MASKED | 127, length)
        # A client has to mask what it sends; proxies are fooled otherwise, and there is none.
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self._connection.settimeout(remaining(self._end))
        self._connection.sendall(bytes([_FINAL | opcode]) + size + mask + masked)
