# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cluster workers and threads: they drain with the process that has them, whatever it does."""
from __future__ import annotations

import os
import signal

import pytest

from .conftest import wait_for

CLUSTER = """
    const cluster = require('cluster');
    if (cluster.isPrimary) {
        cluster.fork(); cluster.fork();
        EXTRA
        cluster.on('listening', (worker, {port}) => {
            if (Object.values(cluster.workers).every((w) => w.state === 'listening'))
                console.log(port);
        });
    } else {
        require('http').createServer((req, res) => setTimeout(() => res.end('done'), 700))
            .listen(0, '127.0.0.1');
    }
"""
REPLACES = "cluster.on('exit', () => cluster.fork());"
THREAD = """
    const { Worker, isMainThread } = require('worker_threads');
    if (isMainThread) { const worker = new Worker(__filename); EXTRA }
    else {
        const server = require('http').createServer(
            (req, res) => setTimeout(() => res.end('done'), 700));
        server.listen(0, '127.0.0.1', () =>
            process.stdout.write(server.address().port + '\\n'));
    }
"""
GET = b"GET / HTTP/1.1\r\nHost: app\r\n\r\n"


def cluster(node, extra="", wait=700, **settings):
    source = CLUSTER.replace("EXTRA", extra).replace("700", str(wait))
    return node.start(source, **settings).listening()


@pytest.mark.parametrize("extra", ["", REPLACES], ids=["plain", "replaces workers"])
def test_cluster_drains(node, extra):
    app = cluster(node, extra, IDLE_GRACE_MS=300)
    with app.connect() as one, app.connect() as two:
        for connection in (one, two):
            connection.send(GET)
        assert one.response().content == b"done"
        one.send(GET)
        assert two.response().content == b"done"
        app.kill()
        assert one.response().headers["Connection"] == "close"
    assert app.exit_code() == 0
    assert list(app.status_directory.iterdir()) == []


def test_application_that_forks_while_draining_ends_all_the_same(node):
    """Whatever it forks then must neither serve nor outlive it."""
    app = cluster(node, """
        cluster.on('exit', () => console.log(cluster.fork().process.pid));
        process.on('SIGTERM', () => process.exit(7));""", IDLE_GRACE_MS=100)
    with app.connect() as connection:
        connection.send(GET)
        app.status(lambda status: status["role"] == "primary")
        app.kill()
        assert connection.response().content == b"done"
        late = int(app.line())
    assert app.exit_code() == 7
    wait_for(lambda: not is_running(late), "the end of a worker that came too late")


def test_workers_that_drain_count_as_meant_to_end(node):
    """By which applications tell whether to replace them."""
    app = cluster(node, "cluster.on('exit', (worker) =>"
                        " console.log(worker.exitedAfterDisconnect));")
    app.status(lambda status: status["role"] == "primary")
    app.kill()
    assert [app.line(), app.line()] == ["true", "true"]
    assert app.exit_code() == 0


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_each_worker_has_a_status(node):
    app = cluster(node, KEEP_ALIVE_MS=30000)
    workers = app.statuses(2, lambda status: status["role"] == "worker")
    assert {status["worker"] for status in workers} == {1, 2}
    assert {status["parent"] for status in workers} == {app.pid}
    for status in workers:
        assert status["servers"][0]["effective"]["keepAliveTimeout"] == 30000
        assert status["heap_used_bytes"] < status["heap_limit_bytes"]
    assert app.status()["role"] == "primary"


def test_status_of_a_killed_worker_is_removed(node):
    app = cluster(node)
    victim = app.statuses(2, lambda status: status["role"] == "worker")[0]["pid"]
    os.kill(victim, signal.SIGKILL)
    app.statuses(1, lambda status: status["role"] == "worker")
    assert app.process.poll() is None


def test_workers_end_by_themselves_at_the_deadline(node):
    """The primary's own is later, and would kill them."""
    app = cluster(node, "cluster.on('exit', (worker, code) => console.log(code));", wait=600000,
                  DRAIN_MAX_MS=500, IDLE_GRACE_MS=100)
    with app.connect() as connection:
        connection.send(GET)
        app.status(lambda status: status["role"] == "primary")
        app.kill()
        assert connection.rest() == b""
    assert [app.line(), app.line()] == ["0", "0"]
    assert app.exit_code() == 0
    assert list(app.status_directory.iterdir()) == []


def test_primary_without_servers_is_left_alone(node):
    """Workers that do other work: a signal ends them as ever."""
    app = node.start("""
        const cluster = require('cluster');
        if (cluster.isPrimary) { cluster.fork(); cluster.on('online', () => console.log('up')); }
        else setInterval(() => {}, 1000);
    """)
    assert app.line() == "up"
    app.kill()
    assert app.exit_code() == -signal.SIGTERM


def test_threads_drain(node):
    app = node.start(THREAD.replace("EXTRA", ""), IDLE_GRACE_MS=300).listening()
    with app.connect() as connection:
        connection.send(GET)
        assert connection.response().content == b"done"
        connection.send(GET)
        app.kill()
        assert connection.response().content == b"done"
    assert app.exit_code() == 0
    assert list(app.status_directory.iterdir()) == []


def test_status_of_a_thread_that_is_terminated_is_removed(node):
    app = node.start(THREAD.replace("EXTRA", "setTimeout(() => worker.terminate(), 500);"
                                             "setInterval(() => {}, 1000);")).listening()
    status = app.status(file=app.status_file(1))
    assert (status["role"], status["thread"], status["parent"]) == ("thread", 1, app.pid)
    wait_for(lambda: not app.status_file(1).exists(), "the end of its status")
    assert app.process.poll() is None
