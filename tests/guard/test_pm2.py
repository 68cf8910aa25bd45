# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PM2's cluster mode: settings that reach the process late, its signal, and its message."""
from __future__ import annotations

import json
import subprocess

import pytest

from .conftest import Connection, statuses

APPLICATION = """
    const server = require('http').createServer((req, res) => setTimeout(
        () => res.end('done'), Number(req.headers['x-wait'] ?? 0)));
    server.listen(0, '127.0.0.1');
"""


@pytest.fixture(params=[18, 24])
def major(request):
    return request.param


@pytest.fixture
def pm2(node, packages):
    """Runs PM2 with a home of its own; its daemon ends with the test."""
    def run(*arguments):
        return subprocess.run(
            [node.program, packages / "pm2-7/bin/pm2", *arguments], cwd=node.directory,
            env={"PM2_HOME": str(node.directory / "pm2"), "PATH": "/usr/bin:/bin"},
            check=True, capture_output=True, text=True, timeout=60)
    yield run
    run("kill")


@pytest.mark.parametrize("message", [False, True], ids=["signal", "message"])
def test_cluster_mode(node, pm2, message):
    application = {
        "name": "app", "script": str(node.write("app.js", APPLICATION)), "exec_mode": "cluster",
        "instances": 1, "node_args": ["--require", str(node.guard)], "kill_timeout": 20000,
        "shutdown_with_message": message,
        "env": {"NO502_KEEP_ALIVE_MS": "30000", "NO502_IDLE_GRACE_MS": "300",
                "NO502_STATUS_DIR": str(node.status_directory)},
    }
    (node.directory / "app.json").write_text(json.dumps({"apps": [application]}))
    pm2("start", "app.json")
    [status] = statuses(node.status_directory, 1, lambda status: status["servers"])
    assert (status["role"], status["problems"]) == ("worker", [])
    server = status["servers"][0]
    assert server["effective"]["keepAliveTimeout"] == 30000
    with Connection(server["address"]["port"]) as connection:
        connection.request()
        connection.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 2500\r\n\r\n")
        pm2("stop", "app")  # returns when the process has gone
        assert connection.response().content == b"done"
    assert list(node.status_directory.iterdir()) == []
