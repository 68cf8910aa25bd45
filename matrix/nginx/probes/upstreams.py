# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx's side towards a backend: how long it waits, what it sends, what it tries again."""
from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time

from . import client, kernel
from .backend import Connection, answering, deaf, silent
from .bench import Bench, at_once, since, wait_until
from .client import Client, ask, get, post

_UPLOAD = 12 * 1024 * 1024


@contextlib.contextmanager
def _blackhole(port: int):
    """A port whose queue is full: the kernel drops every SYN to it."""
    waiting = []
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(0)
        for _number in range(4):
            filler = socket.socket()
            waiting.append(filler)
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        time.sleep(0.2)
        try:
            yield
        finally:
            for filler in waiting:
                filler.close()


def _until_answered(bench: Bench, request: bytes = client.GET) -> int:
    """Milliseconds until nginx answers."""
    start = time.monotonic()
    ask(bench.port, request)
    return since(start)


def connect_timeout(bench: Bench) -> int:
    """A backend that drops what asks for a connection: until nginx gives up."""
    with _blackhole(bench.peers[0]):
        return _until_answered(bench)


def send_timeout(bench: Bench) -> int:
    """A backend that does not read: until nginx gives up."""
    with bench.backend(deaf, receive_buffer=4096), Client(bench.port) as uploader:
        uploader.send(post(_UPLOAD) + b"x" * _UPLOAD)
        uploader.receive()
        return since(uploader.sent)


def read_timeout(bench: Bench) -> int:
    """A backend that reads and does not answer: until nginx gives up."""
    with bench.backend(silent):
        return _until_answered(bench)


def resolver_timeout(bench: Bench) -> int:
    """A name server that does not answer: until nginx gives up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", bench.peers[0]))
        return _until_answered(bench)


def attempts(bench: Bench) -> int:
    """How many of the upstream's servers, none of which answers, get one request."""
    with contextlib.ExitStack() as stack:
        dead = [stack.enter_context(bench.backend(silent, peer))
                for peer in range(len(bench.peers))]
        ask(bench.port)
        return sum(len(backend.connections) for backend in dead)


# What is sent instead of an answer, and what nginx calls that.
_FAULTS = {
    "error": b"",
    "invalid_header": b"HTTP/1.1 200 OK\r\nX: \x00\r\n\r\n",
    **{f"http_{status}": b"HTTP/1.1 %d X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status
       for status in (500, 502, 503, 504, 403, 404, 429)},
}
_WORDS = ("timeout", *_FAULTS)


def _faulty(connection: Connection) -> None:
    """Fails at the first attempt of each request, as its path says; answers the second."""
    request = connection.read()
    if request is None:
        return
    seen = sum(each.line == request.line for each in connection.backend.requests)
    fault = request.target.rpartition("/")[2]
    if seen > 1:
        connection.answer()
    elif fault == "timeout":
        connection.backend.ended.wait(5)
    else:
        connection.socket.sendall(_FAULTS[fault])


def tried_again(bench: Bench) -> list[str]:
    """The kinds of failures after which nginx asks another server; with a POST: non_idempotent."""
    with bench.backend(_faulty) as backend:
        found = [fault for fault in _WORDS if ask(bench.port, get(f"/get/{fault}")).status == 200
                 and len(backend.requests) > 1]
        if found and ask(bench.port, post(0, target=f"/post/{found[0]}")).status == 200:
            found.append("non_idempotent")
        return sorted(found)


def _broken(connection: Connection) -> None:
    connection.read()


def failures_until_disabled(bench: Bench) -> int | None:
    """Requests that a broken server gets beside a good one; None where it is never left alone."""
    with bench.backend(_broken) as broken, bench.backend(answering, 1):
        for _number in range(40):
            ask(bench.port)
        got = len(broken.requests)
        return None if got >= 20 else got


def counted_by(bench: Bench) -> int:
    """How often a broken server is asked until every worker leaves it alone."""
    with bench.backend(_broken) as broken, bench.backend(answering, 1):
        for _number in range(100):
            ask(bench.port)
        return len(broken.requests)


def disabled_for(bench: Bench) -> int | None:
    """A server that has failed: until it is asked again."""
    with bench.backend(_broken) as broken, bench.backend(answering, 1):
        while not broken.requests:
            begun = time.monotonic()
            ask(bench.port)
        failed = len(broken.requests)
        return wait_until(lambda: time.sleep(0.05) or ask(bench.port).status != 200
                          or len(broken.requests) > failed, 30, begun)


def shares(bench: Bench) -> list[int]:
    """How many of 12 requests each server of the upstream gets."""
    with contextlib.ExitStack() as stack:
        alive = [stack.enter_context(bench.backend(answering, peer))
                 for peer in range(len(bench.peers))]
        for _number in range(12):
            ask(bench.port)
        return [len(backend.requests) for backend in alive]


def at_most(bench: Bench) -> int | None:
    """How many of 20 requests a server gets at the same time; None where it gets all."""
    release = threading.Event()

    def holding(connection: Connection) -> None:
        connection.read()
        release.wait(10)
        connection.answer()

    with bench.backend(holding) as backend:
        clients = [Client(bench.port) for _number in range(20)]
        for each in clients:
            each.send(client.GET)
        wait_until(lambda: len(backend.requests) == 20, 1)
        got = len(backend.requests)
        release.set()
        for each in clients:
            each.socket.close()
        return None if got == 20 else got


def http_version(bench: Bench) -> str:
    """What a backend is asked in."""
    return seen_by_backend(bench).version


def connection_header(bench: Bench) -> str:
    """The Connection header that a backend gets; empty where it gets none."""
    return seen_by_backend(bench).header("connection") or ""


def upgrade(bench: Bench) -> list[str]:
    """The Connection headers that a backend gets with and without a client's Upgrade."""
    asked = [seen_by_backend(bench, get("/", "Connection: upgrade", "Upgrade: websocket")),
             seen_by_backend(bench)]
    return [request.header("connection") or "" for request in asked]


def source_address(bench: Bench) -> str:
    """Where nginx's connection comes from."""
    with bench.backend(answering) as backend:
        ask(bench.port)
        return backend.connections[0].source


def seen_by_backend(bench: Bench, request: bytes = client.GET):
    """The request as a backend gets it."""
    with bench.backend(answering) as backend:
        ask(bench.port, request)
        return backend.requests[0]


def kept(bench: Bench, clients: int = 64) -> int:
    """How many connections nginx keeps open after that many requests at the same time."""
    everybody = threading.Event()

    def together(connection: Connection) -> None:
        while connection.read():
            if len(connection.backend.requests) >= clients:
                everybody.set()
            everybody.wait(10)
            connection.answer()

    with bench.backend(together) as backend:
        at_once([lambda: ask(bench.port)] * clients)
        time.sleep(0.5)
        return backend.open


def idle_limit(bench: Bench) -> int | None:
    """An idle connection to a backend: until nginx closes it."""
    with bench.backend(answering) as backend:
        begun = time.monotonic()
        ask(bench.port)
        return wait_until(lambda: not backend.open, begun=begun)


def requests_limit(bench: Bench) -> int:
    """How many requests one connection to a backend takes."""
    with bench.backend(answering) as backend, Client(bench.port) as busy:
        while len(backend.connections) < 2 and len(backend.requests) < 3000:
            busy.ask()
        return backend.connections[0].requests


def age_limit(bench: Bench) -> int | None:
    """A busy connection to a backend: until nginx takes another."""
    with bench.backend(answering) as backend, Client(bench.port) as busy:
        begun = time.monotonic()
        return wait_until(lambda: time.sleep(0.05) or busy.ask().status != 200
                          or len(backend.connections) > 1, 20, begun)


def not_shared(bench: Bench) -> bool:
    """Whether two locations keep connections to the same upstream apart."""
    with bench.backend(answering) as backend:
        for target in itertools.islice(itertools.cycle(("/", "/other")), 4):
            ask(bench.port, get(target))
        return len(backend.connections) > 1


def watched(bench: Bench) -> str:
    """Whether the kernel probes nginx's connection to a backend (SO_KEEPALIVE)."""
    with bench.backend(silent) as backend, Client(bench.port) as waiting:
        waiting.send(client.GET)
        wait_until(lambda: bool(backend.requests), 5)
        time.sleep(0.5)
        end = kernel.end_of(backend.connections[0].client_port, bench.peers[0])
        return "on" if end and end.probed else "off"
