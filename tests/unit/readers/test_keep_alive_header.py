# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Keep-Alive header: from real Node, and from peers that say something else."""
from __future__ import annotations

import socket
import threading

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import keep_alive_header
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint

from .conftest import accepts, wait_until


def ask_keep_alive(listen, **more):
    return keep_alive_header.ask_keep_alive(Endpoint(listen), **more)[0]


APP = """
const server = require('http').createServer((request, response) => {
  console.log('the application was reached');
  response.end();
});
server.keepAliveTimeout = Number(process.argv[2]);
server.listen(/^[0-9]+$/.test(process.argv[3]) ? Number(process.argv[3]) : process.argv[3]);
"""


@pytest.mark.parametrize("milliseconds, value", [(5000, 5000), (72999, 72000)])
def test_node(node_program, background, tmp_path, port, milliseconds, value):
    (tmp_path / "app.js").write_text(APP)
    log = open(tmp_path / "log", "wb")
    background(node_program, str(tmp_path / "app.js"), str(milliseconds), str(port), stdout=log)
    wait_until(lambda: accepts(("127.0.0.1", port)), "Node listens")
    for address in ("0.0.0.0", "::", "127.0.0.1"):
        answer = ask_keep_alive({"address": address, "port": port})
        assert (answer["value"], answer["origin"], answer["unit"]) == (value, "live", "ms")
    assert str(port) in answer["source"]
    assert (tmp_path / "log").read_bytes() == b""


def test_node_that_closes_within_a_second(node_program, background, tmp_path, port):
    (tmp_path / "app.js").write_text(APP)
    background(node_program, str(tmp_path / "app.js"), "500", str(port))
    wait_until(lambda: accepts(("127.0.0.1", port)), "Node listens")
    answer = ask_keep_alive({"address": "127.0.0.1", "port": port})
    assert (answer["value"], answer["origin"]) == (None, "unknown")
    assert "less than 1 s" in answer["source"]


def test_node_on_a_unix_socket(node_program, background, tmp_path):
    (tmp_path / "app.js").write_text(APP)
    path = str(tmp_path / "app.sock")
    background(node_program, str(tmp_path / "app.js"), "9000", path)
    wait_until(lambda: accepts(path), "Node listens")
    assert ask_keep_alive({"path": path})["value"] == 9000


def test_node_that_never_closes_idle_connections(node_program, background, tmp_path, port):
    (tmp_path / "app.js").write_text(APP)
    background(node_program, str(tmp_path / "app.js"), "0", str(port))
    wait_until(lambda: accepts(("127.0.0.1", port)), "Node listens")
    answer = ask_keep_alive({"address": "127.0.0.1", "port": port})
    assert answer["origin"] == "unknown" and "no Keep-Alive header" in answer["source"]


@pytest.fixture
def peer():
    """Serve one connection: `peer(bytes)` answers with them and returns where it listens.

    With `drip` the connection stays open, and a byte more is sent every 50 ms.
    """
    listeners, over = [], threading.Event()

    def start(answer, close=True, drip=b""):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listeners.append(listener)

        def serve():
            try:
                connection, _address = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(answer)
                    while not close and not over.wait(0.05):
                        connection.sendall(drip)
            except OSError:
                pass
        threading.Thread(target=serve, daemon=True).start()
        return {"address": "127.0.0.1", "port": listener.getsockname()[1]}

    yield start
    over.set()
    for each in listeners:
        each.close()


def head(*headers, status="417 Expectation Failed"):
    return ("HTTP/1.1 %s\r\n%s\r\n" % (status, "".join(each + "\r\n" for each in headers))).encode()


@pytest.mark.parametrize("answer, said", [
    (head("Keep-Alive: timeout=99999999999"), "absurd"),
    (head("Keep-Alive: timeout=4294967295"), "absurd"),
    (head("Keep-Alive: timeout=-5"), "is not Node's"),
    (head("Keep-Alive: timeout=x"), "is not Node's"),
    (head("Keep-Alive: timeout=5junk"), "is not Node's"),
    (head("Keep-Alive: timeout=5.9"), "is not Node's"),
    (head("Keep-Alive: timeout="), "is not Node's"),
    (head("Keep-Alive: timeout=5, timeout=6"), "is not Node's"),
    (head("Keep-Alive: timeout=5", "Keep-Alive: timeout=5"), "is not Node's"),
    (head("Keep-Alive: timeout=0"), "less than 1 s"),
    (head("Keep-Alive: max=5"), "no Keep-Alive header"),
    (head("Keep-Alive: \xb2timeout=5".encode("latin-1").decode("latin-1")), "no Keep-Alive"),
    (head("Connection: close"), "closes the connection"),
    (head("X-Keep-Alive: timeout=5"), "no Keep-Alive header"),
    (head("Keep-Alive: timeout=5", status="200 OK"), "answers 200 to an unknown Expect"),
    (b"SSH-2.0-OpenSSH_9.2\r\n", "does not answer in HTTP/1.1"),
    (b"\xff" * 200000, "does not answer in HTTP/1.1"),
    (b"", "does not answer in HTTP/1.1"),
])
def test_nonsense_is_unknown(peer, answer, said):
    value = ask_keep_alive(peer(answer))
    assert (value["value"], value["origin"]) == (None, "unknown")
    assert said in value["source"]


@pytest.mark.parametrize("header", [
    "Keep-Alive: timeout=7", "keep-alive:timeout=7", "Keep-Alive: max=5, timeout=7",
    "KEEP-ALIVE:  timeout=7, max=5",
])
def test_forms_of_the_header(peer, header):
    assert ask_keep_alive(peer(head(header)))["value"] == 7000


def test_a_peer_that_accepts_and_says_nothing(peer):
    value = ask_keep_alive(peer(b"", close=False), seconds=0.3)
    assert value["origin"] == "unknown" and "no answer within 0.3 s" in value["source"]


def test_a_peer_that_never_ends_its_head(peer):
    listen = peer(head("Keep-Alive: timeout=5")[:-2], close=False, drip=b"x")
    value = ask_keep_alive(listen, seconds=0.5)
    assert value["origin"] == "unknown" and "no answer within" in value["source"]


def test_nobody_listens(port):
    value = ask_keep_alive({"address": "127.0.0.1", "port": port})
    assert "Connection refused" in value["source"]
    assert "No such file" in ask_keep_alive({"path": "/no/such.sock"})["source"]
    assert ask_keep_alive({"path": "/" + "x" * 200})["origin"] == "unknown"
