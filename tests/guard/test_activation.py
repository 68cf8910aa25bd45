# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Activation: an unchanged listen(PORT) takes over the socket that systemd holds."""
from __future__ import annotations

import os
import socket

import pytest

SERVER = """
    const server = require('http').createServer((req, res) => res.end('done'));
    server.listen(LISTEN, () => console.log(server.address().port));
"""


@pytest.fixture
def passed():
    """A listening socket, as systemd would hold it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def start(node, listener, source, wanted, own_pid=True):
    """Starts a process that has the socket as descriptor 3, and LISTEN_PID of its own."""
    def before():
        os.dup2(listener.fileno(), 3)

    script = node.write("app.js", source)
    guard = node.guard
    line = f'LISTEN_PID={"$$" if own_pid else 1} exec {node.program} --require {guard} {script}'
    return node.run(["sh", "-c", line], before=before, keep=[3], LISTEN=wanted,
                    variables={"LISTEN_FDS": "1"})


@pytest.mark.parametrize("listen", ["3999", "'3999'", "{port: 3999}", "3999, '0.0.0.0'",
                                    "{port: 3999, host: '127.0.0.1', backlog: 8}"])
@pytest.mark.parametrize("wanted", ["3999", "10.0.0.2:3999"])
def test_matching_listen_takes_the_socket(node, passed, listen, wanted):
    app = start(node, passed, SERVER.replace("LISTEN", listen), wanted).listening()
    assert app.port == passed.getsockname()[1]
    with app.connect() as connection:
        assert connection.request().content == b"done"
    assert app.server()["address"]["port"] == app.port


def test_a_socket_on_another_port_is_said(node, passed):
    app = start(node, passed, SERVER.replace("LISTEN", "3999"), "3999").listening()
    app.status(lambda status: any("not 3999" in problem for problem in status["problems"]))


@pytest.mark.parametrize("wanted, own_pid", [("3999", True), ("", True), ("0", False)])
def test_other_listens_are_left_alone(node, passed, wanted, own_pid):
    app = start(node, passed, SERVER.replace("LISTEN", "0, '127.0.0.1'"), wanted, own_pid)
    assert app.listening().port != passed.getsockname()[1]


def test_descriptor_that_is_no_socket_is_left_alone_and_said(node, passed, tmp_path):
    port = passed.getsockname()[1]
    passed.close()
    with (tmp_path / "file").open("w") as file:
        app = start(node, file, SERVER.replace("LISTEN", f"{port}, '127.0.0.1'"), port)
        assert app.listening().port == port
    assert "LISTEN_FDS" in app.errors()


def test_fastify_takes_the_socket(node, passed, major):
    app = start(node, passed, f"""
        const app = require('fastify-{4 if major < 20 else 5}')();
        app.get('/', async () => 'done');
        app.listen({{port: 3999}}).then(() => console.log(app.server.address().port));
    """, "3999").listening()
    assert app.port == passed.getsockname()[1]


def test_cluster_takes_the_socket(node, passed):
    app = start(node, passed, """
        const cluster = require('cluster');
        if (cluster.isPrimary) { cluster.fork(); cluster.fork(); let up = 0;
            cluster.on('listening', (worker, { port }) => { if (++up === 2) console.log(port); });
        } else require('http').createServer((req, res) => res.end('done')).listen(3999);
    """, "3999")
    app.line()
    app.port = passed.getsockname()[1]
    for _number in range(4):
        with app.connect() as connection:
            assert connection.request().content == b"done"


def test_two_processes_share_the_socket_and_one_drains(node, passed):
    """As the two slots of a service do at a restart."""
    old = start(node, passed, SERVER.replace("LISTEN", "3999"), "3999").listening()
    new = start(node, passed, SERVER.replace("LISTEN", "3999"), "3999").listening()
    new.status()
    old.kill()
    assert old.exit_code() == 0
    for _number in range(20):
        with new.connect() as connection:
            assert connection.request().content == b"done"
