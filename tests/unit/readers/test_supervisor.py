# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who starts a process again: told by its parents, its cgroup, and PM2's own list."""
from __future__ import annotations

import json
import os
import signal

import pytest

from ansible_collections.no502.node.plugins.module_utils.chain_reading import read_chain
from ansible_collections.no502.node.plugins.module_utils.host import supervisor
from ansible_collections.no502.node.plugins.module_utils.pm2 import reading as pm2_reading

from .conftest import free_port, wait_until
from .pm2_daemon import Pm2
from .test_pm2_reading import SECRET, SERVER


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine that is busy with other tests is no daemon that hangs."""
    monkeypatch.setattr(pm2_reading, "MAX_SECONDS", 20)


class Process:
    def __init__(self, parent, name="node", program=None):
        self.parent = parent
        self.name, self.program = name, program or name
        self.binary = "/usr/bin/" + self.program


def node(pid, unit=None, container=None, workers=()):
    return {"pid": pid, "unit": unit, "container": container, "workers": list(workers)}


def daemon(pid, *apps, answers=True):
    return dict(node(pid), answers=answers,
                apps=[{"name": name, "pid": each} for name, each in apps])


def told(reading, found, *daemons):
    found = {1: Process(0, "systemd"), **found}
    supervisor.attach_supervisors([reading], list(daemons), found)
    return reading["supervisor"]


@pytest.fixture
def booted(monkeypatch, tmp_path):
    """A host that systemd runs: `booted(unit)` gives every process that unit."""
    monkeypatch.setattr(supervisor, "BOOTED", str(tmp_path))

    def place(unit, owner=None):
        monkeypatch.setattr(supervisor, "unit_of", lambda pid: (unit, owner))

    return place


def test_pm2_in_fork_mode_also_above_a_shell():
    apps = [("shop", 20), ("api", 30)]
    found = {10: Process(1), 20: Process(10), 21: Process(20, "sh"), 22: Process(21)}
    for pid in (20, 22):
        assert told(node(pid), found, daemon(10, *apps)) \
            == {"kind": "pm2", "name": "shop", "reason": None, "daemon": 10, "pids": [20]}


def test_pm2_in_cluster_mode_holds_the_socket_itself():
    found = {10: Process(1), 20: Process(10), 21: Process(10), 30: Process(10)}
    apps = daemon(10, ("shop", 20), ("shop", 21), ("api", 30), ("off", None))
    assert told(node(10, workers=[20, 21]), found, apps) \
        == {"kind": "pm2", "name": "shop", "reason": None, "daemon": 10, "pids": [20, 21]}
    several = told(node(10, workers=[20, 30]), found, apps)
    assert several["name"] is None
    assert several["reason"] == "PM2 does not say which of them listens here: api, shop"


def test_pm2_that_does_not_answer_or_does_not_know_it():
    found = {10: Process(1), 20: Process(10)}
    assert told(node(20), found, daemon(10, answers=False)) == {
        "kind": "pm2", "name": None, "reason": "the daemon does not answer", "daemon": 10,
        "pids": []}
    assert told(node(20), found, daemon(10, ("shop", 7)))["reason"] \
        == "its application is not among those that PM2 lists"


def test_a_container_and_a_service_that_is_one(booted):
    booted("shop.service")
    found = {10: Process(1, "conmon"), 20: Process(10)}
    assert told(node(20, container="1c43"), found)["kind"] == "container"
    service = {"name": "shop.service", "main_pid": 10}
    assert told(node(20, service, "1c43"), found)["name"] == "shop.service"


@pytest.mark.parametrize("parent, kind, reason", [
    ("cron", "none", "started by cron (pid 10)"),
    ("sshd", "none", "started by sshd (pid 10)"),
    ("supervisord", "unknown", "under supervisord (pid 10), which is not read"),
])
def test_others_that_start_programs(booted, parent, kind, reason):
    booted(parent + ".service")
    found = {10: Process(1, parent), 20: Process(10, "sh"), 21: Process(20)}
    unit = {"name": parent + ".service", "main_pid": 10}
    assert told(node(21, unit), found) == {"kind": kind, "name": None, "reason": reason}


def test_another_programs_name_and_a_title_that_is_none(booted):
    booted("shop.service")
    unit = {"name": "shop.service", "main_pid": 10}

    def kind(above, application):
        return told(node(20, unit), {10: above, 20: application})["kind"]

    titled = Process(10, "cron", "node")
    assert kind(Process(1, "npm", "node"), titled) == "systemd"
    assert kind(Process(1, "cron", "node"), Process(10)) == "systemd"
    assert kind(Process(1, "supervisord", "python3.13"), Process(10)) == "unknown"
    assert kind(Process(1, "crond", "busybox"), Process(10)) == "none"


def test_a_service_of_systemd(booted):
    booted("shop.service")
    unit = {"name": "shop.service", "main_pid": 20}
    found = {20: Process(1, "npm"), 21: Process(20), 30: Process(1)}
    expected = {"kind": "systemd", "name": "shop.service", "reason": None}
    assert told(node(20, unit), found) == told(node(21, unit), found) == expected
    assert told(node(21, None), found) == expected
    # Left over of an earlier run, or started in the background by ExecStart.
    for left in (told(node(30, unit), found), told(node(30, dict(unit, main_pid=None)), found)):
        assert left["kind"] == "none"
        assert "neither as its main process nor below that" in left["reason"]


def test_a_service_of_a_users_own_systemd(booted):
    booted("shop.service", 1000)
    assert told(node(20), {20: Process(1)}) == {
        "kind": "systemd", "name": "shop.service",
        "reason": "a unit of user 1000's own systemd"}


@pytest.mark.parametrize("unit, reason", [
    ("session-3.scope", "started from a session or by hand: session-3.scope"),
    (None, "in no unit of systemd"),
])
def test_nobody(booted, unit, reason):
    booted(unit)
    assert told(node(20), {20: Process(1)}) == {"kind": "none", "name": None, "reason": reason}


def test_no_systemd(monkeypatch, tmp_path):
    monkeypatch.setattr(supervisor, "BOOTED", str(tmp_path / "absent"))
    assert told(node(20), {20: Process(1), 1: Process(0, "tini")}) == {
        "kind": "unknown", "name": None,
        "reason": "systemd does not run here; process 1 is tini"}
    assert told(node(1), {1: Process(0)})["kind"] == "container"
    assert told(node(None), {})["kind"] == "unknown"


def test_parents_in_a_circle():
    assert told(node(20), {20: Process(21), 21: Process(20)})["kind"] in ("unknown", "none")


@pytest.fixture(scope="module")
def pm2(tmp_path_factory):
    """A daemon with an application in each mode, and one that a shell runs."""
    directory = tmp_path_factory.mktemp("supervisor")
    script, shell = directory / "server.js", directory / "start.sh"
    script.write_text(SERVER)
    shell.write_text("node %s\nexit\n" % script)
    pm2 = Pm2(directory / "home", "7", "24")
    environment = {"TOKEN": SECRET}
    pm2.ports = {name: free_port() for name in ("forked", "clustered", "wrapped")}
    try:
        pm2.start(
            {"name": "forked", "script": str(script),
             "env": dict(environment, PORT=str(pm2.ports["forked"]))},
            {"name": "clustered", "script": str(script), "exec_mode": "cluster", "instances": 2,
             "env": dict(environment, PORT=str(pm2.ports["clustered"]))},
            {"name": "wrapped", "script": str(shell), "interpreter": "/bin/sh",
             "env": dict(environment, PORT=str(pm2.ports["wrapped"]))},
        )
        wait_until(lambda: len(by_port(pm2)) == 3, "all of them listen", 60)
        yield pm2
    finally:
        pm2.end()


def by_port(pm2, **how):
    names = {port: name for name, port in pm2.ports.items()}
    found = {}
    for each in read_chain(nginx=False, ask_header=False, **how)["node"]:
        for listen in each["listens"]:
            if listen.get("port") in names:
                found[names[listen["port"]]] = each
    return found


def test_real_applications_of_a_real_daemon(pm2):
    pids = {}
    for app in pm2.reading()["apps"]:
        pids.setdefault(app["name"], []).append(app["pid"])
    for name, reading in by_port(pm2).items():
        assert reading["supervisor"] == {
            "kind": "pm2", "name": name, "reason": None, "daemon": pm2.pid,
            "pids": sorted(pids[name])}
    assert by_port(pm2)["clustered"]["pid"] == pm2.pid
    assert len(by_port(pm2)["clustered"]["workers"]) == 2


def test_nothing_of_their_environment_leaves_the_host(pm2):
    assert SECRET in pm2("jlist")
    assert SECRET not in json.dumps(read_chain(nginx=False, ask_header=False))


def test_the_daemon_hangs(pm2, monkeypatch):
    monkeypatch.setattr(pm2_reading, "MAX_SECONDS", 0.5)
    os.kill(pm2.pid, signal.SIGSTOP)
    try:
        assert by_port(pm2)["forked"]["supervisor"]["reason"] == "the daemon does not answer"
    finally:
        os.kill(pm2.pid, signal.SIGCONT)
