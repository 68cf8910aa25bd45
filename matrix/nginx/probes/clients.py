# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx's side towards its clients: how long it waits, and how it closes."""
from __future__ import annotations

import time

from . import client, kernel
from .backend import Connection, answering, silent
from .bench import Bench, since, wait_until
from .client import Client, ask, get, post

_MOST_REQUESTS = 3000
_LARGE = 24 * 1024 * 1024


def header_timeout(bench: Bench) -> int | None:
    """A header that never ends: until nginx closes."""
    with Client(bench.port) as stalled:
        stalled.send(b"GET / HTTP/1.1\r\n")
        return stalled.until_closed()


def header_timeout_after_host(bench: Bench) -> int | None:
    """A header that never ends, but names its server: until nginx closes."""
    with Client(bench.port) as stalled:
        stalled.send(b"GET / HTTP/1.1\r\nHost: probe\r\n")
        return stalled.until_closed()


def body_timeout(bench: Bench) -> int | None:
    """A body that stalls: until nginx closes."""
    with Client(bench.port) as stalled:
        stalled.send(post(10) + b"abc")
        return stalled.until_closed()


def send_timeout(bench: Bench) -> int | None:
    """An answer that is not read: until no process of nginx holds the connection."""
    def large(connection: Connection) -> None:
        while connection.read():
            connection.answer(body=b"x" * _LARGE)

    with bench.backend(large), Client(bench.port, receive_buffer=4096) as stalled:
        stalled.send(client.GET)
        time.sleep(0.3)
        return wait_until(lambda: not kernel.is_held(bench.port, stalled.port),
                          begun=stalled.sent)


def keepalive_timeout(bench: Bench) -> int | None:
    """An idle connection: until nginx closes."""
    with bench.backend(answering), Client(bench.port) as idle:
        idle.ask()
        return idle.until_closed()


def keepalive_header(bench: Bench) -> int | None:
    """The seconds that the header Keep-Alive promises, in milliseconds."""
    with bench.backend(answering):
        header = ask(bench.port).header("keep-alive")
        return int(header.removeprefix("timeout=")) * 1000 if header else None


def keepalive_requests(bench: Bench) -> int | None:
    """How many requests one connection takes."""
    with bench.backend(answering), Client(bench.port) as busy:
        for number in range(1, _MOST_REQUESTS):
            if busy.ask().header("connection") == "close":
                return number
        return None


def keepalive_time(bench: Bench) -> int | None:
    """A busy connection: until nginx ends it with an answer."""
    opened = time.monotonic()
    with bench.backend(answering), Client(bench.port) as busy:
        return wait_until(lambda: time.sleep(0.05) or
                          busy.ask().header("connection") == "close", 20, opened)


def keepalive_over_reload(bench: Bench) -> int | None:
    """A reload right behind an answer: until nginx closes the idle connection."""
    with bench.backend(answering), Client(bench.port) as idle:
        idle.ask()
        bench.reload()
        return idle.until_closed()


def shutdown(bench: Bench) -> int | None:
    """A reload while a request is answered: until nginx cuts it; None: it was not, for 8 s."""
    with bench.backend(silent) as backend, Client(bench.port) as waiting:
        waiting.send(client.GET)
        wait_until(lambda: bool(backend.requests), 5)
        waiting.sent = time.monotonic()
        bench.reload()
        return waiting.until_closed(8)


def _refused(bench: Bench) -> Client:
    """A client whose body was refused (413) and is not over."""
    refused = Client(bench.port)
    refused.send(post(10_000_000) + b"x" * 100)
    refused.receive()
    return refused


def lingering_close(bench: Bench) -> str:
    """More than was asked for before the last answer: on, where nginx still reads on behind it."""
    with bench.backend(answering), Client(bench.port) as asking:
        asking.ask(get("/", "Connection: close") + b"and more")
        time.sleep(0.5)
        return "on" if kernel.is_held(bench.port, asking.port) else "off"


def lingering_timeout(bench: Bench) -> int | None:
    """A body that is refused and stalls: until nginx lets go of the connection."""
    with _refused(bench) as refused:
        return wait_until(lambda: not kernel.is_held(bench.port, refused.port),
                          begun=refused.sent)


def lingering_time(bench: Bench) -> int | None:
    """A body that is refused and goes on and on: until nginx lets go of the connection."""
    began = time.monotonic()
    with _refused(bench) as refused:
        def ended() -> bool:
            refused.send(b"x")
            time.sleep(0.2)
            return not kernel.is_held(bench.port, refused.port)
        return wait_until(ended, begun=began)


def timed_out_ending(bench: Bench) -> str:
    """How a connection that timed out is closed: on, where it is reset."""
    with Client(bench.port) as stalled:
        stalled.send(post(10) + b"abc")
        try:
            stalled.socket.recv(1)
        except ConnectionResetError:
            return "on"
        return "off"


def client_abort(bench: Bench) -> str:
    """A client that leaves: on, where the backend's connection survives that."""
    def slow(connection: Connection) -> None:
        connection.read()
        connection.socket.recv(1)

    with bench.backend(slow) as backend:
        with Client(bench.port) as leaving:
            leaving.send(get())
            wait_until(lambda: bool(backend.requests), 5)
        time.sleep(0.5)
        return "on" if backend.open else "off"


def buffering(bench: Bench) -> str:
    """An answer of which a part comes at once: on, where nginx keeps that back."""
    def piecemeal(connection: Connection) -> None:
        connection.read()
        connection.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n1234567890")
        time.sleep(1)
        connection.socket.sendall(b"1234567890")

    with bench.backend(piecemeal), Client(bench.port) as reader:
        start = time.monotonic()
        reader.send(client.GET)
        seen = b""
        while not seen.partition(b"\r\n\r\n")[2]:
            seen += reader.socket.recv(65536)
        return "on" if since(start) > 700 else "off"


def request_buffering(bench: Bench) -> str:
    """A body of which a part comes at once: on, where the backend hears nothing of it."""
    with bench.backend(answering) as backend, Client(bench.port) as uploader:
        uploader.send(post(20) + b"1234567890")
        early = wait_until(lambda: bool(backend.connections), 0.7)
        return "on" if early is None else "off"
