# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inspector: read, closed again, refused where it would do harm, and hostile ones."""
from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.host.processes import Process, catches
from ansible_collections.no502.node.plugins.module_utils.node import inspector, live_values
from ansible_collections.no502.node.plugins.module_utils.node.options import options_of

from .conftest import accepts, free_port, wait_until
from .running_node import family, read

APP = """
const [port, settings] = JSON.parse(process.argv[2]);
const server = require('http').createServer((request, response) => {
  response.end(JSON.stringify(Object.fromEntries(
    Object.keys(settings).map((name) => [name, server[name]]))));
});
Object.assign(server, settings);
server.listen(port, '127.0.0.1', () => { server.connectionsCheckingInterval = 7; });
"""
SETTINGS = {
    "keepAliveTimeout": 7250, "headersTimeout": 41000, "requestTimeout": 42000, "timeout": 43000,
    "maxRequestsPerSocket": 44,
}
CLUSTER = """
const cluster = require('cluster');
const [port, ours, theirs] = JSON.parse(process.argv[2]);
if (cluster.isPrimary) { cluster.fork({ K: ours }); cluster.fork({ K: theirs }); } else {
  const server = require('http').createServer((request, response) => response.end());
  server.keepAliveTimeout = Number(process.env.K);
  server.listen(port, '127.0.0.1');
}
"""


@pytest.fixture
def node(background, node_program, tmp_path):
    """Start Node with an inspector's port of its own, so that tests may run side by side."""
    def start(script, argument, port, *options):
        path = tmp_path / ("%d.cjs" % port)
        path.write_text(script)
        process = background(node_program, "--inspect-port=%d" % free_port(), *options, str(path),
                             json.dumps(argument), stderr=open(tmp_path / "log", "wb"))
        wait_until(lambda: accepts(("127.0.0.1", port)), "Node listens")
        return process
    return start


def listening(pid):
    sockets = Sockets()
    sockets.find_holders([pid])
    return sockets.of(pid)


def ask(port):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answer = b""
        while True:
            piece = connection.recv(4096)
            if not piece:
                return json.loads(answer.partition(b"{")[1] + answer.partition(b"{")[2]
                                  .partition(b"}")[0] + b"}")
            answer += piece


@pytest.mark.parametrize("kind", ["cjs", "esm"])
def test_every_setting_is_read_and_nothing_is_left_behind(node, node_program, port, kind):
    script = APP if kind == "cjs" else APP.replace(
        "require('http')", "(await import('http'))").join(["(async () => {", "})();"])
    process = node(script, [port, SETTINGS], port, "--max-old-space-size=300")
    before = listening(process.pid)
    for _again in range(3):
        reading = read(process.pid, inspector=True)
        values = {name: value["value"] for name, value in reading["settings"].items()}
        # Node 18 and 20 have no such property.
        buffer = values.pop("keep_alive_timeout_buffer", None)
        assert buffer == (None if "node-18" in node_program else 1000)
        assert values == {
            "keep_alive_timeout": 7250, "headers_timeout": 41000, "request_timeout": 42000,
            "server_timeout": 43000, "max_requests_per_socket": 44, "max_header_size": 16384,
            # A change after listen() has no effect.
            "connections_checking_interval": 30000,
        }
        assert {each["source"] for each in reading["settings"].values()} \
            == {"inspector, pid %d" % process.pid}
        assert 300 * 2 ** 20 < reading["heap_limit"]["value"] < 500 * 2 ** 20
        given = {each["name"]: each["value"] for each in reading["options"]}
        assert given["--max-old-space-size"] == "300"
        assert reading["problems"] == []
        assert listening(process.pid) == before
        assert ask(port) == SETTINGS
    assert catches(process.pid, signal.SIGUSR1) and process.poll() is None


def test_it_is_not_opened_unless_asked_for(node, port, tmp_path):
    process = node(APP, [port, SETTINGS], port)
    settings = read(process.pid)["settings"]
    assert list(settings) == ["keep_alive_timeout"] and settings["keep_alive_timeout"]["value"] \
        == 7000
    assert (tmp_path / "log").read_bytes() == b""


@pytest.mark.parametrize("theirs", [7000, 8000])
def test_every_worker_of_a_cluster_is_asked(node, port, theirs):
    process = node(CLUSTER, [port, 7000, theirs], port)
    wait_until(lambda: len(family(process.pid)) == 3, "the workers run")

    def agreed():
        value = read(process.pid, inspector=True)["settings"]["keep_alive_timeout"]
        if theirs == 7000:
            return value["value"] == 7000
        return value["value"] is None and "differs between its workers" in value["source"]

    # Of a worker that does not listen yet there is nothing to be read.
    wait_until(agreed, "both workers are read")


def test_a_value_that_is_no_number(node, port):
    process = node(APP, [port, {"keepAliveTimeout": "5000", "headersTimeout": "x"}], port)
    settings = read(process.pid, ask_header=False, inspector=True)["settings"]
    assert settings["keep_alive_timeout"]["value"] is None
    assert settings["keep_alive_timeout"]["source"] \
        == "inspector, pid %d: keepAliveTimeout is no whole number: '5000'" % process.pid
    assert settings["headers_timeout"]["value"] is None
    assert settings["headers_timeout"]["source"].endswith("is no whole number but a str")
    assert settings["request_timeout"]["value"] == 300000


THREAD = """
const { Worker } = require('worker_threads');
const [port] = JSON.parse(process.argv[2]);
new Worker(`require('http').createServer().listen(${port}, '127.0.0.1')`, { eval: true });
"""


def test_a_server_of_a_worker_thread_is_said_to_be_missing(node, port):
    process = node(THREAD, [port], port)
    reading = read(process.pid, inspector=True)
    assert reading["settings"]["keep_alive_timeout"]["value"] == 5000
    assert list(reading["settings"]) == ["keep_alive_timeout"]
    (problem,) = reading["problems"]
    assert problem["reason"] == "inspector: no server of its main thread has port %d" % port


def refused(pid, options):
    said, problems = live_values.read_live(Process(pid), options, [], 0)
    assert said is None
    return problems


def wanted_port(port, host=None):
    text = str(port) if host is None else "%s:%d" % (host, port)
    return [{"name": "--inspect-port", "value": text, "source": "command line"}]


IMPOSTOR = """
import signal, socket, sys
signal.signal(signal.SIGUSR1, lambda *_: sys.exit(9))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    while True:
        signal.pause()
"""


def test_a_program_that_only_has_the_name(background, tmp_path, port):
    copy = tmp_path / "node"
    shutil.copy(os.path.realpath(sys.executable), copy)
    process = background(str(copy), "-c", IMPOSTOR, str(port),
                         env={"PYTHONHOME": sys.base_prefix})
    wait_until(lambda: accepts(("127.0.0.1", port)), "it listens")
    reading = read(process.pid, ask_header=False, inspector=True)
    assert reading["version"] is None and reading["settings"] == {}
    assert "inspector: not asked, it may not be Node" in [
        each["reason"] for each in reading["problems"]]
    assert process.poll() is None


def test_a_process_without_a_handler_is_not_signalled(background):
    process = background("sleep", "60")
    (problem,) = refused(process.pid, wanted_port(free_port()))
    assert "does not take SIGUSR1" in problem
    assert process.poll() is None


def test_node_that_is_told_not_to_listen_to_the_signal(node, node_program, port):
    if "node-18" in node_program:
        pytest.skip("Node 18 has no --disable-sigusr1")
    process = node(APP, [port, SETTINGS], port, "--disable-sigusr1")
    assert "--disable-sigusr1" in refused(process.pid, options_of(Process(process.pid))[0])[0]
    reading = read(process.pid, inspector=True)
    assert reading["settings"]["keep_alive_timeout"]["value"] == 7000
    assert any("does not take SIGUSR1" in each["reason"] for each in reading["problems"])


def test_a_port_that_is_in_use(node, port):
    process = node(APP, [port, SETTINGS], port)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        assert refused(process.pid, wanted_port(taken)) \
            == ["inspector: port %d, which its inspector would take, is in use" % taken]


def test_an_inspector_that_others_could_reach(node, port):
    process = node(APP, [port, SETTINGS], port)
    assert refused(process.pid, wanted_port(free_port(), "0.0.0.0")) \
        == ["inspector: its inspector would listen on 0.0.0.0"]


def test_an_option_that_was_not_seen_and_has_others_reach_it(node, port):
    process = node(APP, [port, SETTINGS], port, "--inspect-port=0.0.0.0:%d" % free_port())
    before = listening(process.pid)
    assert refused(process.pid, wanted_port(free_port())) \
        == ["inspector: its inspector listens on 0.0.0.0"]
    assert listening(process.pid) == before
    assert ask(port) == SETTINGS


def test_a_port_that_was_not_seen(node, port):
    process = node(APP, [port, SETTINGS], port)
    before = listening(process.pid)
    said, problems = live_values.read_live(Process(process.pid), wanted_port(free_port()), [], 0)
    assert problems == [] and said["servers"]
    assert listening(process.pid) == before


def test_options_of_a_file_may_have_it_listen_anywhere(node, node_program, port, tmp_path):
    if "node-18" in node_program:
        pytest.skip("Node 18 has no --env-file")
    (tmp_path / "env").write_text("NODE_OPTIONS=--inspect-port=0.0.0.0:%d" % free_port())
    process = node(APP, [port, SETTINGS], port, "--env-file=%s" % (tmp_path / "env"))
    reading = read(process.pid, inspector=True)
    assert "inspector: not asked, it reads options from a file" in [
        each["reason"] for each in reading["problems"]]
    assert b"Debugger" not in (tmp_path / "log").read_bytes()


def test_without_a_descriptor_for_the_process(node, port, monkeypatch):
    monkeypatch.setattr(inspector, "_pidfd", lambda pid: None)
    process = node(APP, [port, SETTINGS], port)
    assert read(process.pid, inspector=True)["settings"]["headers_timeout"]["value"] == 41000


def test_another_program_under_the_same_number(node, port):
    process = node(APP, [port, SETTINGS], port)
    other = Process(process.pid)
    other.exe = "/usr/bin/other"
    assert live_values.read_live(other, options_of(other)[0], [], 0) \
        == (None, ["inspector: it is gone"])


def test_a_process_that_is_stopped(node, port):
    process = node(APP, [port, SETTINGS], port)
    os.kill(process.pid, signal.SIGSTOP)
    options = wanted_port(free_port())
    said = ["inspector: it is stopped"]
    wait_until(lambda: refused(process.pid, options) == said, "it is stopped")
    os.kill(process.pid, signal.SIGCONT)
    assert ask(port) == SETTINGS


def test_a_process_that_is_gone_or_another_by_now(background):
    process = background("sleep", "60")
    gone = Process(process.pid)
    process.kill()
    process.wait()
    said, (problem,) = live_values.read_live(gone, [], [], 0)
    assert said is None and "SIGUSR1" in problem


@pytest.mark.parametrize("value, address", [
    (None, ("127.0.0.1", 9229)), ("9230", ("127.0.0.1", 9230)), ("0", ("127.0.0.1", 0)),
    ("0.0.0.0:9230", ("0.0.0.0", 9230)), ("[::1]:9230", ("::1", 9230)),
    ("10.0.0.2", ("10.0.0.2", 9229)), ("localhost", ("localhost", 9229)),
])
def test_where_the_inspector_listens(value, address):
    options = [{"name": "--inspect-port", "value": value, "source": "x"}]
    assert inspector._wanted_address(options) == address
    assert inspector._wanted_address([]) == ("127.0.0.1", 9229)


def test_a_host_and_a_port_may_come_from_two_options():
    options = wanted_port(9230, "0.0.0.0") + wanted_port(9231)
    assert inspector._wanted_address(options) == ("0.0.0.0", 9231)


# Opens "its inspector" at SIGUSR1, and says what it is told to each connection in turn.
HOSTILE = """
import json, os, signal, socket, sys
port, answers, quits = json.loads(sys.argv[1])
wanted = []
signal.signal(signal.SIGUSR1, lambda *_: wanted.append(1))
print("ready", flush=True)
while not wanted:
    signal.pause()
with socket.create_server(("127.0.0.1", port)) as listener:
    kept = []
    for answer in answers:
        connection, _address = listener.accept()
        connection.recv(4096)
        connection.sendall(answer.encode("latin-1"))
        kept.append(connection) if not quits else connection.close()
    while not quits:
        kept.append(listener.accept()[0])
"""
LIST = '[{"id": "6deac235-0c4f-4e2a-8d5f-534a4e705db6"}]'
TARGET = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(LIST), LIST)
UPGRADED = "HTTP/1.1 101 Switching Protocols\r\n\r\n"


def frame(message, first=0x81):
    payload = json.dumps(message)
    assert len(payload) < 126
    return chr(first) + chr(len(payload)) + payload


@pytest.mark.parametrize("answers, reason", [
    ([""], "does not answer in time"),
    (["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"], "lists no target"),
    (["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nnonsense!"], "Expecting value"),
    (["HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n[{\"id\": \"../../x\"}]"], "lists no target"),
    (["\xff" * 100], "does not answer in time"),
    ([TARGET, "HTTP/1.1 400 Bad\r\n\r\n"], "refuses a WebSocket"),
    ([TARGET, UPGRADED], "does not answer in time"),
    ([TARGET, UPGRADED + "\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"], "message is too long"),
    ([TARGET, UPGRADED + "\x88\x00"], "has closed the WebSocket"),
    ([TARGET, UPGRADED + "\x89\x00" + "\x81\x02{}"], "does not answer in time"),
    ([TARGET, UPGRADED + "\x81\x02[]"], "has no such form"),
    ([TARGET, UPGRADED + "\x81\x02[["], "Expecting value"),
    ([TARGET, UPGRADED + frame({"id": 1, "error": {}})], "could not evaluate"),
    ([TARGET, UPGRADED + frame({"id": 1, "result": {"exceptionDetails": {}}})],
     "could not evaluate"),
    ([TARGET, UPGRADED + frame({"id": 1, "result": {"result": {"value": 5}}})], "gives no answer"),
    ([TARGET, UPGRADED + frame({"id": 1, "result": []})], "has no such form"),
    (["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"], "lists no target"),
])
def test_an_inspector_that_talks_nonsense(background, monkeypatch, port, answers, reason):
    monkeypatch.setattr(inspector, "_CLOSING_SECONDS", 0.2)
    process = background(sys.executable, "-c", HOSTILE, json.dumps([port, answers, False]),
                         stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    problem, still_open = refused(process.pid, wanted_port(port))
    assert reason in problem
    assert still_open == "its inspector is still open on port %d" % port


@pytest.mark.parametrize("more", [
    {"execArgv": [1, "--password=x"], "servers": [5, {}]}, {"execArgv": 5, "servers": 5},
    {"execArgv": {"--jitless": 1}, "servers": {"address": 5}}, {"servers": [[]] * 100},
    {"heap_used": [], "node": {}}, {"servers": [{"settings": 5, "protocol": 5, "address": "x"}]},
])
def test_what_an_answer_may_hold_is_checked(more):
    said = live_values._said(dict({"servers": [{}] * 1000}, **more), "x")
    assert said["options"] == [] and said["heap_limit"]["value"] is None
    assert len(said["servers"]) <= 64
    assert all(each["protocol"] is None for each in said["servers"])


def test_an_answer_with_absurd_values(background, port):
    answer = {"node": "v24\x1b[31m", "execArgv": ["--password=x"], "heap_limit": -1,
              "servers": [{"address": 5, "settings": {"timeout": 2 ** 40}}]}
    wide = json.dumps({"id": 1, "result": {"result": {"value": answer}}})
    message = "\x81\x7e" + chr(len(wide) >> 8) + chr(len(wide) & 255) + wide
    process = background(sys.executable, "-c", HOSTILE, json.dumps(
        [port, [TARGET, UPGRADED + message], True]), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    said, problems = live_values.read_live(Process(process.pid), wanted_port(port), [], 0)
    assert problems == [] and said["options"] == []
    assert said["heap_limit"]["value"] is None
    (server,) = said["servers"]
    assert server["address"] is None and server["settings"]["server_timeout"]["value"] is None
