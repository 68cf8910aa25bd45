# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guard does not do: disturb processes that do not listen, hide faults, stop a start."""
from __future__ import annotations

import shutil
import signal
from pathlib import Path

OK = "res.end('ok');"


def test_process_that_does_not_listen_has_no_status_and_dies_of_signals(node):
    app = node.start("console.log('up'); setInterval(() => {}, 1000);")
    assert app.line() == "up"
    app.kill()
    assert app.exit_code() == -signal.SIGTERM
    assert list(app.status_directory.iterdir()) == []


def test_servers_of_other_protocols_are_left_alone(node):
    app = node.start("""
        const server = require('net').createServer((socket) => socket.end('hello'));
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """).listening()
    with app.connect() as connection:
        assert connection.rest() == b"hello"
    app.kill()
    assert app.exit_code() == -signal.SIGTERM
    assert list(app.status_directory.iterdir()) == []


def test_exceptions_still_end_the_process(node):
    app = node.serve(OK, "setTimeout(() => { throw new Error('mine'); }, 50);")
    assert app.exit_code() == 1
    assert "Error: mine" in app.errors()


def test_exception_in_a_request_still_ends_the_process(node):
    app = node.serve("throw new Error('mine');")
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
        assert app.exit_code() == 1
    assert "Error: mine" in app.errors()


def test_port_that_is_taken_is_still_the_applications_error(node):
    app = node.serve(OK)
    second = node.start(f"require('http').createServer().listen({app.port}, '127.0.0.1');")
    assert second.exit_code() == 1
    assert "EADDRINUSE" in second.errors()


def test_preloaded_twice_it_works_once(node):
    copy = node.directory / "copy.cjs"
    shutil.copy(node.guard, copy)
    app = node.serve(OK, options="{keepAliveTimeout: 1}", KEEP_ALIVE_MS=30000,
                     arguments=["--require", str(copy)])
    assert app.server()["effective"]["keepAliveTimeout"] == 30000
    app.kill()
    assert app.exit_code() == 0


def test_modules_of_esm(node):
    app = node.start("""
        import { createServer } from 'node:http';
        const server = createServer((req, res) => res.end('ok'));
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """, name="app.mjs", KEEP_ALIVE_MS=30000).listening()
    with app.connect() as connection:
        assert connection.request().headers["Keep-Alive"] == "timeout=30"
    app.kill()
    assert app.exit_code() == 0


def test_a_fault_of_its_own_is_said_and_the_application_goes_on(node):
    """Something that the guard builds on has changed: here the emitter of servers."""
    broken = node.directory / "broken.cjs"
    text = Path(node.guard).read_text()
    broken.write_text(text.replace("sockets.add(socket);", "nonsense.add(socket);"))
    app = node.serve(OK, guard=broken)
    with app.connect() as connection:
        assert connection.request().content == b"ok"
    assert "fault in the guard: ReferenceError" in app.errors()
