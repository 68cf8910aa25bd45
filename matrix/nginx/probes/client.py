# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tiny HTTP client, for requests that a good one would not send."""
from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from .bench import PATIENCE, since

GET = b"GET / HTTP/1.1\r\nHost: probe\r\n\r\n"


@dataclass
class Answer:
    """What nginx answered; status 0: it closed without a word."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header; None where there is none."""
        return next((value for each, value in self.headers if each.lower() == name.lower()), None)


class Client:
    """One connection to nginx."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.sent = time.monotonic()
        self._buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send it; that nginx has answered and closed already is no error."""
        # From before it is sent: what nginx then waits for cannot seem to come early.
        self.sent = time.monotonic()
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def receive(self) -> Answer:
        """The next answer, of a length that is told or else up to the end."""
        if not self._until(b"\r\n\r\n"):
            return Answer(0, [], b"")
        head, _end, self._buffer = self._buffer.partition(b"\r\n\r\n")
        line, *rest = head.decode("latin-1").split("\r\n")
        fields = (each.partition(":") for each in rest)
        answer = Answer(int(line.split(" ")[1]),
                        [(name, value.strip()) for name, _colon, value in fields], b"")
        length = int(answer.header("content-length") or 0)
        while len(self._buffer) < length and self._more():
            pass
        answer.body, self._buffer = self._buffer[:length], self._buffer[length:]
        return answer

    def ask(self, request: bytes = GET) -> Answer:
        """Send a request and return the answer."""
        self.send(request)
        return self.receive()

    def until_closed(self, patience: float = PATIENCE) -> int | None:
        """Milliseconds from the last that was sent until nginx closes; None: not in time."""
        self.socket.settimeout(patience)
        try:
            while self.socket.recv(65536):
                self.socket.settimeout(max(patience - (time.monotonic() - self.sent), 0.001))
        except TimeoutError:
            return None
        except ConnectionResetError:
            pass
        return since(self.sent)

    def _until(self, end: bytes) -> bool:
        while end not in self._buffer:
            if not self._more():
                return False
        return True

    def _more(self) -> bool:
        try:
            piece = self.socket.recv(65536)
        except (ConnectionResetError, TimeoutError):
            return False
        self._buffer += piece
        return bool(piece)


def ask(port: int, request: bytes = GET) -> Answer:
    """One request on a connection of its own."""
    with Client(port) as client:
        return client.ask(request)


def get(target: str = "/", *headers: str) -> bytes:
    """The bytes of a GET."""
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"GET {target} HTTP/1.1\r\nHost: probe\r\n{lines}\r\n".encode("latin-1")


def post(length: int, *headers: str, target: str = "/") -> bytes:
    """The header of a POST of so many bytes."""
    lines = "".join(f"{header}\r\n" for header in headers)
    return (f"POST {target} HTTP/1.1\r\nHost: probe\r\nContent-Length: {length}\r\n"
            f"{lines}\r\n").encode("latin-1")
