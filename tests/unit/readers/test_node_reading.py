# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node processes as they run: plain, with the guard, in a cluster, on several ports."""
from __future__ import annotations

import json
import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import (
    guard_status,
    reader,
    reading as node_reading,
)
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.node.agreement import agreed, largest

from .conftest import ROOT, accepts, free_port, wait_until
from .running_node import addresses, family, read

GUARD = ROOT / "roles" / "node_service" / "files" / "guard.cjs"
APP = """
const http = require('http');
for (const [port, milliseconds] of JSON.parse(process.argv[2])) {
  const server = http.createServer((request, response) => response.end());
  server.keepAliveTimeout = milliseconds;
  server.listen(port, '127.0.0.1');
}
"""


def test_a_plain_process(app, port, node_program):
    process = app(APP, json.dumps([[port, 7000]]), [port])
    result = read(process.pid)
    assert addresses(result) == [{"address": "127.0.0.1", "port": port, "protocol": "http"}]
    assert result["settings"]["keep_alive_timeout"]["value"] == 7000
    assert list(result["settings"]) == ["keep_alive_timeout"]
    assert result["version"][0] == int(os.path.basename(
        os.path.dirname(os.path.dirname(node_program))).rpartition("-")[2])
    assert result["guard"] is None
    assert result["heap_limit"]["origin"] == "unknown"
    limits = open("/proc/%d/limits" % process.pid, encoding="ascii").read()
    assert " %d " % result["open_files"]["value"] in limits
    assert result["memory_limit"]["value"] > 0
    assert result["listens"][0]["backlog"]["value"] == 511
    assert result["problems"] == []


def test_two_ports_with_different_values(app, port):
    other = free_port()
    process = app(APP, json.dumps([[port, 7000], [other, 9000]]), [port, other])
    result = read(process.pid)
    values = {each["port"]: each["settings"]["keep_alive_timeout"]["value"]
              for each in result["listens"]}
    assert values == {port: 7000, other: 9000}
    assert result["settings"]["keep_alive_timeout"]["origin"] == "unknown"
    assert "differs between its ports" in result["settings"]["keep_alive_timeout"]["source"]


def test_no_request_where_none_is_wanted(app, port):
    process = app(APP, json.dumps([[port, 7000]]), [port])
    assert read(process.pid, ask_header=False)["settings"] == {}


def test_the_guard_is_read_and_no_request_sent(app, port, tmp_path, monkeypatch):
    status = tmp_path / "run" / "shop"
    status.mkdir(parents=True)
    process = app(APP, json.dumps([[port, 7000]]), [port], "--require", str(GUARD),
                  NO502_KEEP_ALIVE_MS="30000", NO502_HEADERS_MS="66000",
                  NO502_IDLE_GRACE_MS="11000", NO502_DRAIN_MAX_MS="60000",
                  NO502_STATUS_DIR=str(status), NO502_RELEASE="ab12")
    wait_until(lambda: list(status.glob("*.json")), "the guard's status")
    monkeypatch.setattr(reader, "read_status", lambda each: guard_status.read_status(
        each, str(tmp_path / "run")))
    monkeypatch.setattr(node_reading, "ask_keep_alive", None)
    result = read(process.pid)
    values = {name: value["value"] for name, value in result["settings"].items()}
    assert (values["keep_alive_timeout"], values["headers_timeout"]) == (30000, 66000)
    assert all(value["origin"] == "live" for value in result["settings"].values())
    assert (result["guard"]["release"], result["guard"]["draining"]) == ("ab12", False)
    assert result["guard"]["idle_grace"]["value"] == 11000
    assert result["guard"]["requested"]["keep_alive_timeout"]["value"] == 7000
    assert result["heap_limit"]["value"] > 2 ** 26
    assert 0 < result["heap_used"]["value"] < result["heap_limit"]["value"]


def test_an_absurd_status_does_not_hide_what_node_says(app, port, tmp_path, monkeypatch):
    process = app(APP, json.dumps([[port, 7000]]), [port])
    (tmp_path / "run" / "shop").mkdir(parents=True)
    (tmp_path / "run" / "shop" / ("%d.json" % process.pid)).write_text(json.dumps({
        "pid": process.pid, "servers": [{
            "address": {"address": "127.0.0.1", "port": port},
            "effective": {"keepAliveTimeout": -5, "headersTimeout": 2 ** 40},
        }]}))
    monkeypatch.setattr(reader, "read_status", lambda each: guard_status.read_status(
        each, str(tmp_path / "run")))
    settings = read(process.pid)["settings"]
    assert settings["keep_alive_timeout"]["value"] == 7000
    assert settings["keep_alive_timeout"]["source"].startswith("Keep-Alive header of")
    assert settings["headers_timeout"]["origin"] == "unknown"
    assert "headersTimeout is absurd" in settings["headers_timeout"]["source"]


def test_what_a_process_was_started_with(app, port, tmp_path, node_program):
    process = app(APP, json.dumps([[port, 7000]]), [port], "--max-old-space-size=300",
                  NODE_OPTIONS="--max-http-header-size=20000", SECRET="s3cr3t")
    result = read(process.pid)
    assert [(each["name"], each["value"]) for each in result["options"]] \
        == [("--max-http-header-size", "20000"), ("--max-old-space-size", "300")]
    assert (result["binary"], result["binary_deleted"]) == (os.path.realpath(node_program), False)
    assert result["directory"] == {"path": os.getcwd(), "deleted": False}
    assert (result["mode"], result["container"]) == ("single", None)
    assert result["open_files_hard"]["value"] >= result["open_files"]["value"]
    assert "s3cr3t" not in json.dumps(result)


def test_a_child_that_is_no_worker(app, port):
    script = APP + "require('child_process').fork(process.argv[1], ['[]']);"
    process = app(script, json.dumps([[port, 5000]]), [port])
    assert read(process.pid)["workers"] == []


def test_a_process_that_does_not_listen(app):
    process = app("setInterval(() => {}, 1000)", "", [])
    assert read(process.pid) is None


def test_a_unix_socket_is_asked_only_when_named(app, tmp_path):
    path = str(tmp_path / "a.sock")
    script = "require('http').createServer().listen(process.argv[2]);"
    process = app(script, path, [])
    wait_until(lambda: accepts(path), "Node listens")
    assert read(process.pid)["settings"]["keep_alive_timeout"]["origin"] == "unknown"
    named = read(process.pid, addresses=["unix:" + path])
    assert named["settings"]["keep_alive_timeout"]["value"] == 5000
    assert addresses(named) == [{"path": path, "protocol": "http"}]


def test_pm2s_own_sockets_are_no_servers(app, tmp_path):
    path = str(tmp_path / "rpc.sock")
    process = app("require('net').createServer().listen(process.argv[2]);", path, [])
    wait_until(lambda: accepts(path), "it listens")
    assert read(process.pid) is None


def test_values_that_not_all_have_are_unknown():
    one, other = ({"value": n, "unit": "ms", "origin": "live", "source": "x"} for n in (1, 2))
    common = agreed([{"a": one, "b": one, "c": one}, {"a": one, "b": other}], "why")
    assert common["a"] == one
    assert [common[name]["value"] for name in "bc"] == [None, None]
    assert common["b"]["source"] == "x: why"
    assert largest([one, other, one]) == other
    assert largest([one, common["b"], other]) == common["b"]


def test_an_address_that_no_process_here_holds(app, port):
    app(APP, json.dumps([[port, 7000]]), [port])
    (result,) = node_reading.read_all_node({}, Sockets(), addresses=[str(port)])
    listen = {"address": "127.0.0.1", "port": port, "protocol": "http"}
    assert (result["pid"], result["listens"]) == (None, [listen])
    assert result["settings"]["keep_alive_timeout"]["value"] == 7000


def test_an_address_where_nobody_listens(port):
    assert node_reading.read_all_node({}, Sockets(), addresses=[str(port)]) == []


@pytest.mark.parametrize("text", ["", "0", "70000", "30o0", "host:3000", "10.0.0.2", "-1"])
def test_an_address_that_is_none(text):
    with pytest.raises(ValueError):
        node_reading.read_all_node({}, Sockets(), addresses=[text])


def test_a_process_that_ends_while_it_is_read(app, port):
    process = app(APP, json.dumps([[port, 7000]]), [port])
    found = family(process.pid)
    sockets = Sockets()
    sockets.find_holders(found)
    process.kill()
    process.wait()
    (result,) = node_reading.read_all_node(found, sockets)
    assert result["settings"]["keep_alive_timeout"]["origin"] == "unknown"
    assert result["version"] is None and result["problems"]
    assert result["open_files"]["origin"] == result["memory_limit"]["origin"] == "unknown"


CLUSTER = """
const cluster = require('cluster');
if (cluster.isPrimary) { cluster.fork(); cluster.fork(); } else {
  const server = require('http').createServer();
  server.keepAliveTimeout = 7000;
  server.listen(Number(process.argv[2]), '127.0.0.1');
}
"""


def test_a_cluster_is_asked_until_all_workers_have_answered(app, port, monkeypatch):
    process = app(CLUSTER, str(port), [port])

    def asked():
        return read(process.pid)["settings"]["keep_alive_timeout"]

    # A worker that does not listen yet is not heard.
    wait_until(lambda: asked()["value"] == 7000, "both workers answer")
    monkeypatch.setattr(node_reading, "_turns", lambda reader: 1)
    assert asked()["value"] == 7000
    monkeypatch.setattr(node_reading, "_MAX_ROUNDS", 1)
    assert asked()["value"] is None
    assert asked()["source"].endswith("only 1 of 2 workers asked")
