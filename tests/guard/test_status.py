# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Status: what is in force, how the process fares, and why the last one crashed."""
from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from .conftest import wait_for

OK = "res.end('ok');"
# Any change is published at once.
PUBLISH = "server.keepAliveTimeout = 1e6 + Math.random() * 1e6;"


@pytest.mark.parametrize("directory", ["missing", "a file", "read-only"])
def test_status_that_cannot_be_written_is_said_once(node, directory):
    path = {"missing": node.directory / "nowhere", "a file": node.directory / "app.js",
            "read-only": Path("/proc/1")}[directory]
    app = node.serve(OK, STATUS_DIR=path)
    with app.connect() as connection:
        assert connection.request().content == b"ok"
    app.kill()
    assert app.exit_code() == 0
    assert app.errors().count("NO502_STATUS_DIR") == 1


def test_status_says_who_and_what(node):
    app = node.serve(OK, RELEASE="abc123", IDLE_GRACE_MS=1, DRAIN_MAX_MS=2, STREAM_GRACE_MS=3)
    status = app.status()
    assert status["pid"] == app.pid and status["thread"] == 0
    assert status["release"] == "abc123" and status["draining"] is False
    assert status["drain"] == {"idle_grace_ms": 1, "max_ms": 2, "stream_grace_ms": 3}
    assert status["heap_limit_bytes"] > 2**20
    assert status["problems"] == []
    server = status["servers"][0]
    assert server["protocol"] == "http" and server["address"]["port"] == app.port
    assert server["effective"]["timeout"] == 0
    assert server["effective"]["maxHeaderSize"] == 16384
    assert app.status_file().stat().st_mode & 0o777 == 0o640


def test_status_without_directory_is_none(node):
    app = node.serve(OK, STATUS_DIR="")
    with app.connect() as connection:
        assert connection.request().content == b"ok"
    assert app.errors() == ""


def test_closed_server_leaves_the_status(node):
    app = node.serve(OK, "setTimeout(() => server.close(), 100); setInterval(() => {}, 1000);")
    assert app.status(lambda status: status["servers"])["servers"]
    assert app.status(lambda status: not status["servers"])["servers"] == []


def test_status_says_what_the_process_is_doing(node):
    app = node.serve("setTimeout(() => res.end('ok'), Number(req.headers['x-wait'] ?? 0));"
                     f"setTimeout(() => {{ {PUBLISH} }}, 50);")
    with app.connect() as idle, app.connect() as busy:
        idle.request()
        busy.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 2000\r\n\r\n")
        status = app.status(lambda status: status["requests_in_flight"])
        assert (status["connections"], status["requests_in_flight"]) == (2, 1)
    assert status["role"] == "single" and status["worker"] is None
    assert 2**20 < status["heap_used_bytes"] < status["heap_limit_bytes"]
    assert status["drain_began_at_ms"] is None and status["refused"] == {}


def test_refused_requests_are_counted(node):
    app = node.serve(OK + PUBLISH, "server.on('clientError', (e, socket) => socket.destroy());")
    for _number in range(2):
        with app.connect() as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\n\r\n")
            assert connection.response().status == 400
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX: " + b"y" * 20000 + b"\r\n\r\n")
        assert connection.response().status == 431
        with app.connect() as good:
            good.request()
    app.status(lambda status: status["refused"] == {"400": 2, "431": 1})


def test_late_turns_of_the_event_loop_are_measured(node):
    app = node.serve("""
        if (req.url === '/block') { const end = Date.now() + 300; while (Date.now() < end); }
        else server.keepAliveTimeout = 1e6 + Math.random() * 1e6;
        res.end('ok');""")
    with app.connect() as connection:
        connection.request("/block")

        def is_measured():
            connection.request("/publish")
            delay = app.status()["event_loop_delay_ms"]
            return delay and delay["max"] >= 250 and delay["p50"] <= delay["p99"] <= delay["max"]
        wait_for(is_measured, "a delay of the event loop")


def test_measuring_does_not_keep_a_process_alive(node):
    app = node.serve(OK, "setTimeout(() => server.close(), 300);")
    app.status()
    assert app.exit_code() == 0


def test_full_directory_is_said_and_leaves_no_halves(node):
    """A file system of two pages, of which another file has one."""
    directory = node.status_directory
    script = node.write("app.js", """
        const server = require('http').createServer((req, res) => res.end('ok'));
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """)
    app = node.run(["unshare", "--mount", "sh", "-c", f"""
        mount -t tmpfs -o size=4k none {directory} && echo full > {directory}/other &&
        exec {node.program} --require {node.guard} {script}"""]).listening()
    with app.connect() as connection:
        assert connection.request().content == b"ok"
    wait_for(lambda: "ENOSPC" in app.errors(), "the problem")
    assert app.errors().count("NO502_STATUS_DIR") == 1
    assert [path.name for path in Path(f"/proc/{app.pid}/root{directory}").iterdir()] == ["other"]
    app.kill()
    assert app.exit_code() == 0


def test_what_killed_processes_have_left_is_removed(node):
    first = node.serve(OK)
    first.status()
    first.kill(signal.SIGKILL)
    first.exit_code()
    living = node.serve(OK)
    living.status()
    assert not first.status_file().exists()
    node.serve(OK).status()
    assert living.status_file().exists()


CRASHES = {
    "uncaughtException": "throw new TypeError('mine');",
    "unhandledRejection": "Promise.reject(new TypeError('mine'));",
}


@pytest.mark.parametrize("origin", CRASHES)
def test_reason_of_a_crash_is_kept(node, origin):
    app = node.serve(OK, f"setTimeout(() => {{ {CRASHES[origin]} }}, 50);", RELEASE="abc123")
    assert app.exit_code() == 1
    assert "TypeError: mine" in app.errors()
    assert [path.name for path in app.status_directory.iterdir()] == ["crash.json"]
    crash = json.loads((app.status_directory / "crash.json").read_text())
    assert crash["pid"] == app.pid and crash["release"] == "abc123"
    assert (crash["origin"], crash["application_listens"]) == (origin, False)
    assert crash["reason"].startswith("TypeError: mine\n")


@pytest.mark.parametrize("thrown", ["null", "undefined", "'text'", "Object.create(null)", "Symbol()"])
def test_whatever_is_thrown_crashes_as_ever(node, thrown):
    app = node.serve(OK, f"setTimeout(() => {{ throw {thrown}; }}, 50);")
    assert app.exit_code() == 1


def test_the_applications_own_listener_decides(node):
    app = node.serve(OK, "process.on('uncaughtException', () => {});"
                     "setTimeout(() => { throw new Error('mine'); }, 50);")
    crash = app.status(file=app.status_directory / "crash.json")
    assert crash["application_listens"] is True
    with app.connect() as connection:
        assert connection.request().content == b"ok"
