# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes are one application: clusters of every kind, passed sockets, PM2, containers."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import discovery

from .conftest import accepts, free_port, wait_until
from .running_node import addresses, family, read, read_family

CLUSTER = """
const cluster = require('cluster');
const [port, policy] = process.argv[2].split(',');
if (policy === 'none') cluster.schedulingPolicy = cluster.SCHED_NONE;
if (cluster.isPrimary) { cluster.fork(); cluster.fork(); } else {
  const server = require('http').createServer((request, response) => response.end());
  server.keepAliveTimeout = 7000;
  server.listen({ port: Number(port), host: '127.0.0.1', reusePort: policy === 'reuse' });
}
"""
# As PM2 does it: one primary for the workers of every application.
DAEMON = """
const cluster = require('cluster');
const apps = JSON.parse(process.argv[2]);
if (cluster.isPrimary) {
  for (const [name, port] of Object.entries(apps)) {
    for (const _ of [1, 2]) {
      const more = name === 'shop' ? { node_args: ['--max-old-space-size=300', '--x=SECRET'] } : {};
      cluster.fork({ pm2_env: JSON.stringify({ name, port, env: { SECRET: 'x' }, ...more }) });
    }
  }
} else {
  const { name, port } = JSON.parse(process.env.pm2_env);
  process.title = `node /srv/${name}/app.js`;
  const server = require('http').createServer((request, response) => response.end());
  server.keepAliveTimeout = (port % 100 + 1) * 1000;
  server.listen(port, '127.0.0.1');
}
"""
# What systemd does: the socket is descriptor 3 of whoever is started.
PASS = "import os, sys; os.dup2(int(sys.argv[1]), 3); os.execv(sys.argv[2], sys.argv[2:])"
PASSED = """
require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'],
                               { stdio: ['ignore', 'ignore', 'ignore', 3] });
require('http').createServer((request, response) => response.end()).listen({ fd: 3 });
"""


def workers_of(pid, count):
    wait_until(lambda: len(family(pid)) == count + 1, "the workers run")
    return sorted(set(family(pid)) - {pid})


@pytest.mark.parametrize("policy", ["round robin", "none", "reuse"])
def test_a_cluster_is_one_application(app, port, policy, node_program):
    if policy == "reuse" and "node-18" in node_program:
        pytest.skip("Node 18 has no reusePort")
    process = app(CLUSTER, "%d,%s" % (port, policy), [port])
    workers = workers_of(process.pid, 2)

    def asked():
        (reading,) = read_family(process.pid)
        value = reading["settings"]["keep_alive_timeout"]
        # Without turns one worker may well take every connection.
        return (value["value"] or policy == "none" and "workers asked" in value["source"]) \
            and reading

    reading = wait_until(asked, "both listen")
    assert (reading["pid"], reading["mode"]) == (process.pid, "cluster")
    assert reading["workers"] == workers
    assert addresses(reading) == [{"address": "127.0.0.1", "port": port, "protocol": "http"}]
    assert reading["settings"]["keep_alive_timeout"]["value"] in \
        ([7000] if policy != "none" else [7000, None])


def test_the_applications_of_one_pm2_daemon_are_told_apart(app):
    ports = {"shop": free_port(), "blog": free_port()}
    process = app(DAEMON, json.dumps(ports), ports.values())
    workers_of(process.pid, 4)
    wait_until(lambda: all(each["options"] for each in read_family(process.pid)
                           if each["listens"][0]["port"] == ports["shop"]), "all have their titles")

    def all_answered():
        found = read_family(process.pid)
        return all(each["settings"]["keep_alive_timeout"]["value"] for each in found) and found

    # A worker that does not listen yet does not answer.
    readings = wait_until(all_answered, "all listen")
    assert {(each["pid"], each["listens"][0]["port"], len(each["workers"]))
            for each in readings} == {(process.pid, port, 2) for port in ports.values()}
    for reading in readings:
        (listen,) = reading["listens"]
        seconds = listen["port"] % 100 + 1
        assert reading["settings"]["keep_alive_timeout"]["value"] == seconds * 1000
        # A title covers what they were started with, but PM2 may have told it.
        reasons = [each["reason"] for each in reading["problems"]]
        if listen["port"] == ports["shop"]:
            assert [each["value"] for each in reading["options"]] == ["300"] and reasons == []
        else:
            assert reasons == ["options: there may be others, a title covers its command line"]
    assert not set(readings[0]["workers"]) & set(readings[1]["workers"])
    assert "SECRET" not in json.dumps(readings)
    # Without any connection they are one.
    (together,) = read_family(process.pid, ask_header=False)
    assert len(together["listens"]) == 2 and len(together["workers"]) == 4


def test_a_passed_socket_is_not_the_childs_who_inherits_it(background, node_program, tmp_path):
    (tmp_path / "app.js").write_text(PASSED)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.set_inheritable(True)
        port = listener.getsockname()[1]
        process = background(sys.executable, "-c", PASS, str(listener.fileno()), node_program,
                             str(tmp_path / "app.js"), pass_fds=[listener.fileno()])
        (child,) = workers_of(process.pid, 1)
        wait_until(lambda: [each["pid"] for each in read_family(process.pid)] == [process.pid],
                   "Node takes from the socket")
        assert os.path.exists("/proc/%d" % child)
        (reading,) = read_family(process.pid)
        assert addresses(reading) == [{"address": "127.0.0.1", "port": port, "protocol": "http"}]
        assert reading["settings"]["keep_alive_timeout"]["value"] == 5000


@pytest.mark.parametrize("program, is_node", [
    ("node", True), ("nodejs", True), ("node-22", True), ("node22", True), ("node-22.3", True),
    ("nodemon", False), ("node_exporter", False), ("deno", False),
])
def test_programs_that_are_node(program, is_node):
    class Process:
        pass
    Process.program = program
    assert discovery.is_node(Process) == is_node


@pytest.fixture
def own_network():
    probe = subprocess.run(["unshare", "--net", "true"], check=False)
    if probe.returncode:
        pytest.skip("no network namespace may be made here")
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$0" "$@"']


APP = """
const server = require('http').createServer((request, response) => response.end());
server.keepAliveTimeout = 9000;
server.listen(Number(process.argv[2]), '127.0.0.1');
"""


def test_a_network_of_its_own_is_read_from_within(background, own_network, node_program, tmp_path,
                                                  port):
    (tmp_path / "app.js").write_text(APP)
    process = background(*own_network, node_program, "--inspect-port=%d" % free_port(),
                         str(tmp_path / "app.js"), str(port), stderr=subprocess.DEVNULL)
    wait_until(lambda: read(process.pid), "Node listens")
    assert not accepts(("127.0.0.1", port))
    reading = read(process.pid, inspector=True, timed_probe=False)
    assert reading["listens"] == [] and reading["addresses_inside"] == []
    (listen,) = reading["listens_inside"]
    assert listen.pop("backlog")["value"] == 511
    assert listen == {"address": "127.0.0.1", "port": port, "protocol": "http"}
    assert reading["settings"]["keep_alive_timeout"]["value"] == 9000
    assert reading["settings"]["headers_timeout"]["source"] == "inspector, pid %d" % process.pid
    header = read(process.pid)["settings"]["keep_alive_timeout"]
    assert header["value"] == 9000 and header["source"].startswith("Keep-Alive header of 127.0.0.1")
