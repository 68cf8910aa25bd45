# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny HTTP backend, whose connections are watched."""
from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Request:
    """What nginx sent."""

    line: str
    headers: list[tuple[str, str]]

    @property
    def target(self) -> str:
        """What is asked for."""
        return self.line.split(" ")[1]

    @property
    def version(self) -> str:
        """1.0 or 1.1"""
        return self.line.rpartition("/")[2]

    @property
    def ends_connection(self) -> bool:
        """Whether a backend closes after its answer."""
        wish = (self.header("connection") or "").lower()
        return wish == "close" or self.version == "1.0" and wish != "keep-alive"

    def header(self, name: str) -> str | None:
        """The value of a header; None where it was not sent."""
        values = [value for each, value in self.headers if each.lower() == name.lower()]
        return values[-1] if values else None


class Connection:
    """One connection from nginx."""

    def __init__(self, backend: Backend, raw: socket.socket) -> None:
        self.backend = backend
        self.socket = raw
        self.requests = 0
        self.is_open = True
        # nginx's address and port.
        self.source, self.client_port = raw.getpeername()
        self._buffer = b""
        self._is_last = False

    def read(self) -> Request | None:
        """The next request, without its body; None where nginx has closed."""
        while b"\r\n\r\n" not in self._buffer:
            piece = self.socket.recv(65536)
            if not piece:
                return None
            self._buffer += piece
        head, _end, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        fields = (each.partition(":") for each in rest)
        request = Request(line, [(name, value.strip()) for name, _colon, value in fields])
        self._skip(int(request.header("content-length") or 0))
        self.requests += 1
        self._is_last = request.ends_connection
        self.backend.requests.append(request)
        return request

    def _skip(self, length: int) -> None:
        while len(self._buffer) < length:
            piece = self.socket.recv(65536)
            if not piece:
                return
            self._buffer += piece
        self._buffer = self._buffer[length:]

    def answer(self, body: bytes = b"ok") -> None:
        """Answer a request; end the connection where nginx wants that, as Node does."""
        end = "Connection: close\r\n" if self._is_last else ""
        head = f"HTTP/1.1 200 OK\r\n{end}Content-Length: {len(body)}\r\n\r\n"
        self.socket.sendall(head.encode() + body)
        if self._is_last:
            raise ConnectionAbortedError("as nginx wants it")


class Backend:
    """Listens on 127.0.0.1; `serve(connection)` has a thread for each connection.

    What is out of order ends a connection; when serve returns, it is closed.
    """

    def __init__(self, port: int, serve: Callable[[Connection], None],
                 receive_buffer: int | None = None) -> None:
        self.requests: list[Request] = []
        self.connections: list[Connection] = []
        self.ended = threading.Event()
        self._serve = serve
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(512)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def open(self) -> int:
        """How many connections nginx has not closed."""
        return sum(connection.is_open for connection in self.connections)

    def close(self) -> None:
        """End the listener and every connection."""
        self.ended.set()
        # Closing alone does not wake up a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                raw, _address = self._listener.accept()
            except OSError:
                return
            connection = Connection(self, raw)
            self.connections.append(connection)
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: Connection) -> None:
        try:
            self._serve(connection)
        except (OSError, ValueError):
            pass
        finally:
            connection.is_open = False
            connection.socket.close()


def answering(connection: Connection) -> None:
    """Answers everything."""
    while connection.read():
        connection.answer()


def silent(connection: Connection) -> None:
    """Reads requests and never answers."""
    while connection.read():
        pass


def deaf(connection: Connection) -> None:
    """Never reads."""
    connection.backend.ended.wait()
