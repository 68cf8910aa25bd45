# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed requests and early answers behind a real nginx: their 4xx, and never a 502.

Without the guard most of those with large bodies are 502s: nginx still sends when it is reset.
"""
from __future__ import annotations

import os
import shutil
import socket
import subprocess

import pytest

from .conftest import Connection, wait_for

CONFIGURATION = """
    daemon off;
    pid nginx.pid;
    error_log error.log;
    events {{}}
    http {{
        access_log off;
        client_max_body_size 16m;
        {temporary}
        upstream app {{ server 127.0.0.1:{node}; keepalive 8; }}
        server {{
            listen 127.0.0.1:{port};
            location / {{
                proxy_pass http://app;
                proxy_http_version 1.1;
                proxy_set_header Connection "";
            }}
        }}
    }}
"""
TEMPORARY = "".join(f"{name}_temp_path {name};"
                    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
APPLICATION = """
    if (req.url === '/early') {
        res.writeHead(413, {Connection: 'close'}); res.end('large'); return; }
    req.resume(); req.on('end', () => res.end('ok'));
"""
BAD = {
    "URL": "POST /\u00e9 HTTP/1.1\r\nHost: app\r\n".encode(),
    "header": b"POST / HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\n",
    "early": b"POST /early HTTP/1.1\r\nHost: app\r\n",
}
MEGABYTES = (0, 1, 8)
HANDLERS = {
    "none": "",
    "destroys": "server.on('clientError', (error, socket) => socket.destroy());",
    "usual": """server.on('clientError', (error, socket) => {
        if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
        socket.end('HTTP/1.1 400 Bad Request\\r\\n\\r\\n');
    });""",
}

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="no nginx on this machine")


@pytest.fixture
def proxied(tmp_path):
    """Starts an nginx before an application, and returns the port that it listens on."""
    started = []

    def start(app):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        directory = tmp_path / "nginx"
        directory.mkdir()
        configuration = CONFIGURATION.format(port=port, node=app.port, temporary=TEMPORARY)
        if os.geteuid() == 0:  # its workers need to get at the test's files
            configuration = "user root;" + configuration
        (directory / "nginx.conf").write_text(configuration)
        started.append(subprocess.Popen(
            ["nginx", "-p", directory, "-c", "nginx.conf", "-e", "error.log"]))
        wait_for(lambda: listens(port), "nginx")
        return port
    yield start
    for process in started:
        process.terminate()
        process.wait()


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def statuses(port, tries=3):
    """The statuses of bad requests with bodies of every size, and of good ones in between."""
    bad, good = [], []
    for _number in range(tries):
        for head in BAD.values():
            for megabytes in MEGABYTES:
                size = megabytes * 2**20
                with Connection(port) as connection:
                    connection.send(head + b"Content-Length: %d\r\n\r\n" % size + b"x" * size)
                    bad.append(connection.response().status)
                with Connection(port) as connection:
                    good.append(connection.request(method="POST", Content_Length=0).status)
    return bad, good


@pytest.mark.parametrize("handler", HANDLERS)
def test_bad_requests_get_their_4xx(node, major, proxied, handler):
    app = node.serve(APPLICATION, HANDLERS[handler])
    bad, good = statuses(proxied(app))
    # Node 18 takes the URL for a good one.
    assert set(bad) == ({200, 400, 413} if major == 18 else {400, 413})
    assert set(good) == {200}


def test_without_the_guard_there_are_502s(node, proxied):
    """That the requests above prove something."""
    source = node.write("empty.cjs", "")
    app = node.serve(APPLICATION, HANDLERS["destroys"], guard=source)
    bad, _good = statuses(proxied(app), tries=2)
    assert 502 in bad
