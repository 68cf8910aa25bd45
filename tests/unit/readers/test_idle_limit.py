# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle connections that are timed: to real Node, and to peers that keep no promise."""
from __future__ import annotations

import json
import socket
import subprocess
import threading

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import idle_limit
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint

from .conftest import free_port, wait_until
from .running_node import addresses, read

APP = """
const http = require('http');
for (const [port, milliseconds] of JSON.parse(process.argv[2])) {
  const server = http.createServer(() => console.log('the application was reached'));
  server.keepAliveTimeout = milliseconds;
  server.listen(port, '127.0.0.1');
}
"""
CLUSTER = """
const cluster = require('cluster');
if (cluster.isPrimary) { cluster.fork({ K: 1000 }); cluster.fork({ K: process.argv[3] }); } else {
  const server = require('http').createServer();
  server.keepAliveTimeout = Number(process.env.K);
  server.listen(Number(process.argv[2]), '127.0.0.1');
}
"""


def test_real_node_on_two_ports_side_by_side(app, node_program):
    limits = {free_port(): 1000, free_port(): 2000}
    process = app(APP, json.dumps(list(limits.items())), limits)
    reading = read(process.pid, timed_probe=True)
    # Node 24 adds a second to its time-out, Node 18 does not; both may be late, but not early.
    buffer = 0 if "node-18" in node_program else 1000
    for listen in reading["listens"]:
        wanted = limits[listen["port"]] + buffer
        limit = listen["settings"]["idle_limit"]
        assert limit["value"] >= wanted - 50
        assert (limit["unit"], limit["origin"]) == ("ms", "live")
    assert "idle_limit" not in read(process.pid)["listens"][0]["settings"]


def test_a_connection_that_node_never_closes(app, port):
    process = app(APP, json.dumps([[port, 0]]), [port])
    limit = read(process.pid, timed_probe=True)["settings"]["idle_limit"]
    assert limit["value"] is None and "no Keep-Alive header" in limit["source"]


def test_workers_that_do_not_agree(background, node_program, tmp_path, port):
    (tmp_path / "app.js").write_text(CLUSTER)
    process = background(node_program, str(tmp_path / "app.js"), str(port), "3000")

    def limit():
        reading = read(process.pid, timed_probe=True) or {"settings": {}}
        found = reading["settings"].get("idle_limit", {"source": ""})
        return found if "differs between its workers" in found["source"] else None

    # Until both listen, one gets all of the connections.
    found = wait_until(limit, "both workers are timed", seconds=60)
    assert (found["value"], found["origin"]) == (None, "unknown")


@pytest.fixture
def peer():
    """Answer each connection with a Keep-Alive header; close it after so many seconds, or never."""
    over, listeners = threading.Event(), []

    def start(promised, seconds, more=b""):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve(connection):
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 417 No\r\nKeep-Alive: timeout=%d\r\n\r\n" % promised)
                connection.sendall(more)
                over.wait(seconds)

        def accept():
            try:
                while True:
                    connection = listener.accept()[0]
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()
            except OSError:
                pass
        threading.Thread(target=accept, daemon=True).start()
        return Endpoint({"address": "127.0.0.1", "port": listener.getsockname()[1]})

    yield start
    over.set()
    for each in listeners:
        each.close()


def test_promises_that_are_not_kept(peer, monkeypatch):
    monkeypatch.setattr(idle_limit, "_GRACE", 1.0)
    early, late, long, kept = (limit for limit, _pid in idle_limit.idle_limits([
        peer(60, 0.3), peer(1, None), peer(600, None), peer(1, 1.2, b"more"),
    ]))
    assert early["value"] is None and "before the 60 s that it promises" in early["source"]
    assert late["value"] is None and "not closed 1 s after it should have been" in late["source"]
    assert long["value"] is None and "promises 600 s, and no more than 130 s" in long["source"]
    assert kept["value"] >= 1150


def test_nobody_and_nothing_to_time(port):
    ((limit, _pid),) = idle_limit.idle_limits([Endpoint({"address": "127.0.0.1", "port": port})])
    assert "Connection refused" in limit["source"]
    assert idle_limit.idle_limits([]) == []


TLS_APP = """
const fs = require('fs');
const options = { key: fs.readFileSync(process.argv[3]), cert: fs.readFileSync(process.argv[4]) };
if (process.argv[5]) Object.assign(options, { requestCert: true, ca: options.cert });
const server = require('https').createServer(options, () => console.log('reached'));
server.keepAliveTimeout = 1000;
server.listen(Number(process.argv[2]), '127.0.0.1');
"""


@pytest.fixture
def https(background, node_program, tmp_path, port):
    def start(*more):
        key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=shop", "-keyout", key, "-out", certificate],
                       check=True, stderr=subprocess.DEVNULL)
        (tmp_path / "app.js").write_text(TLS_APP)
        return background(node_program, str(tmp_path / "app.js"), str(port), str(key),
                          str(certificate), *more, stdout=open(tmp_path / "log", "wb"))
    return start


def started(process):
    wait_until(lambda: read(process.pid, ask_header=False), "Node listens")


def test_https_is_asked_over_tls(https, node_program, tmp_path, port):
    process = https()
    started(process)
    reading = read(process.pid, timed_probe=True)
    assert addresses(reading) == [{"address": "127.0.0.1", "port": port, "protocol": "https"}]
    value = reading["settings"]["keep_alive_timeout"]
    assert value["value"] == 1000
    assert value["source"] == "Keep-Alive header of 127.0.0.1:%d (TLS, whole seconds)" % port
    wanted = 1000 if "node-18" in node_program else 2000
    assert reading["settings"]["idle_limit"]["value"] >= wanted - 50
    assert (tmp_path / "log").read_bytes() == b""


def test_https_that_wants_a_certificate(https):
    process = https("certificates")
    started(process)
    value = read(process.pid)["settings"]["keep_alive_timeout"]
    assert (value["value"], value["origin"]) == (None, "unknown")
