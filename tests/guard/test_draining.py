# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining: on a signal nothing that has been accepted, or may still come, is lost."""
from __future__ import annotations

import signal
import socket
import threading
import time

import pytest

from .conftest import wait_for

ECHO = "setTimeout(() => res.end('done'), Number(req.headers['x-wait'] ?? 0));"
STREAM = """
    res.writeHead(200, {'Content-Type': 'text/event-stream'});
    res.write('data: 1\\n\\n');
    setInterval(() => res.write('data: more\\n\\n'), 50);
"""
UPGRADE = """server.on('upgrade', (req, socket) => socket.write(
    'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: test\\r\\nConnection: Upgrade\\r\\n\\r\\n'));"""
LONG = 600000


def is_refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_without_connections_it_is_over_at_once(node):
    app = node.serve(ECHO, IDLE_GRACE_MS=LONG, DRAIN_MAX_MS=LONG)
    app.status()
    app.kill()
    assert app.exit_code() == 0
    assert list(app.status_directory.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_request_in_flight_is_finished(node, number):
    app = node.serve(ECHO, IDLE_GRACE_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 700\r\n\r\n")
        app.status()
        app.drain(number)
        assert is_refused(app.port)
        response = connection.response()
        assert (response.content, response.headers["Connection"]) == (b"done", "close")
        assert connection.rest() == b""
    assert app.exit_code() == 0


def test_idle_connection_is_still_served(node):
    app = node.serve(ECHO, IDLE_GRACE_MS=LONG)
    with app.connect() as connection:
        assert connection.request().headers["Connection"] == "keep-alive"
        app.drain()
        response = connection.request()
        assert (response.content, response.headers["Connection"]) == (b"done", "close")
        assert connection.rest() == b""
    assert app.exit_code() == 0


def test_idle_connection_is_ended_after_its_grace(node):
    app = node.serve(ECHO, IDLE_GRACE_MS=300, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.request()
        app.drain()
        assert connection.rest() == b""
        assert app.process.poll() is None or app.exit_code() == 0
    assert app.exit_code() == 0


def test_grace_of_a_connection_begins_with_its_last_response(node):
    """nginx puts it back into its pool then, and may use it for as long as the pool keeps it."""
    app = node.serve("res.writeHead(200, {'Content-Length': 4}); res.write('do');"
                     "setTimeout(() => res.end('ne'), 900);", IDLE_GRACE_MS=600, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
        app.status()
        assert connection.socket.recv(1, socket.MSG_PEEK)  # headers, with keep-alive, are out
        app.drain()
        assert connection.response().content == b"done"
        # The grace since the signal is over by now; this connection's has just begun.
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
        assert connection.response().content == b"done"
    assert app.exit_code() == 0


def test_half_a_request_is_waited_for(node):
    app = node.serve(ECHO, IDLE_GRACE_MS=400, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHo")
        app.status()
        app.drain()
        connection.send(b"st: app\r\n\r\n")
        assert connection.response().content == b"done"
    assert app.exit_code() == 0


def test_deadline_cuts_what_is_left(node):
    app = node.serve(ECHO, IDLE_GRACE_MS=100, DRAIN_MAX_MS=500)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 600000\r\n\r\n")
        app.status()
        app.drain()
        assert app.exit_code() == 0


def test_second_interrupt_cuts_what_is_left(node):
    app = node.serve(ECHO, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 600000\r\n\r\n")
        app.status()
        app.drain(signal.SIGINT)

        def is_over():
            app.kill(signal.SIGINT)  # until it counts as another one
            time.sleep(0.1)
            return app.process.poll() is not None
        wait_for(is_over, "the end")
    assert app.exit_code() == 0
    assert "end of the drain: 1" in app.errors()


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_the_same_stop_told_twice_cuts_nothing(node, first, second):
    """A terminal and npm both pass an interrupt on; PM2 signals a primary's workers as well."""
    app = node.serve(ECHO)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 400\r\n\r\n")
        app.status()
        app.kill(first)
        app.kill(second)
        assert connection.response().content == b"done"
    assert app.exit_code() == 0


def test_second_term_does_not(node):
    app = node.serve(ECHO)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 600\r\n\r\n")
        app.status()
        app.drain()
        app.kill()
        assert connection.response().content == b"done"
    assert app.exit_code() == 0


def test_event_stream_ends_with_its_last_chunk_after_its_own_grace(node):
    app = node.serve(STREAM, STREAM_GRACE_MS=300, IDLE_GRACE_MS=100, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
        app.status()
        app.drain()
        response = connection.response()  # raises IncompleteRead without a last chunk
        assert b"data: more" in response.content
        assert connection.rest() == b""
    assert app.exit_code() == 0


def test_upgraded_connection_ends_with_fin_after_its_own_grace(node):
    app = node.serve(ECHO, UPGRADE, STREAM_GRACE_MS=300, IDLE_GRACE_MS=100, DRAIN_MAX_MS=LONG)
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nConnection: Upgrade\r\n"
                        b"Upgrade: test\r\n\r\n")
        assert connection.socket.recv(12, socket.MSG_PEEK) == b"HTTP/1.1 101"
        app.drain()
        assert connection.rest().startswith(b"HTTP/1.1 101")  # then FIN; a reset would raise
    assert app.exit_code() == 0


OWN_HANDLERS = {
    "exits at once": ("process.on('SIGTERM', () => process.exit(7));", 7),
    "closes": ("process.on('SIGTERM', () => server.close(() => process.exit(7)));", 7),
    "closes and looks": (
        "process.on('SIGTERM', () => server.close((error) => process.exit(error ? 1 : 7)));", 7),
    "closes everything": ("""process.on('SIGTERM', () => {
        server.close(() => process.exit(7)); server.closeIdleConnections?.(); });""", 7),
    "signal-exit": ("require('signal-exit')(() => {});", -signal.SIGTERM),
}


@pytest.mark.parametrize("kind", OWN_HANDLERS)
def test_own_handlers_run_when_the_drain_is_over(node, kind):
    source, code = OWN_HANDLERS[kind]
    app = node.serve(ECHO, source, IDLE_GRACE_MS=LONG)
    with app.connect() as idle, app.connect() as busy:
        idle.request()
        busy.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 700\r\n\r\n")
        app.status()
        app.drain()
        assert busy.response().content == b"done"
        assert idle.request().content == b"done"
    assert app.exit_code() == code


def test_handler_from_before_the_guard_waits_too(node):
    """Node binds process.emit, as it is then, when a signal gets its first listener."""
    early = node.write("early.cjs", "process.on('SIGTERM', () => process.exit(7));")
    app = node.run([node.program, "--require", early, "--require", node.guard,
                    node.write("app.js", f"""
        const server = require('http').createServer((req, res) => {{ {ECHO} }});
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """)]).listening()
    with app.connect() as busy:
        busy.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 500\r\n\r\n")
        app.status()
        app.drain()
        assert busy.response().content == b"done"
    assert app.exit_code() == 7


def test_nothing_fails_under_load(node):
    """Connections that nginx would keep busy all the time, none of them ever idle."""
    app = node.serve("setTimeout(() => res.end('done'), 5);", IDLE_GRACE_MS=1000)
    app.status()
    busy = threading.Event()
    failures, answers = [], []

    def client():
        connection = app.connect()
        try:
            while True:
                response = connection.request(method="POST", Content_Length=0)
                answers.append(response.content)
                if len(answers) > 200:
                    busy.set()
                if response.headers["Connection"] == "close":
                    return
        except OSError as error:
            failures.append(error)
        finally:
            connection.close()

    clients = [threading.Thread(target=client) for _number in range(20)]
    for thread in clients:
        thread.start()
    busy.wait()
    app.kill()
    for thread in clients:
        thread.join()
    assert failures == [] and set(answers) == {b"done"}
    assert app.exit_code() == 0
