# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real PM2 daemons on real Nodes, and what is read of them over their own socket."""
from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from types import SimpleNamespace

import pytest

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.pm2 import apps as pm2_apps, reading as pm2_reading, saved
from ansible_collections.no502.node.plugins.module_utils.pm2.daemons import find_daemons

from .conftest import accepts, free_port, wait_until
from .pm2_daemon import Impostor, Pm2, nodes, read

SERVER = "require('http').createServer((q, s) => s.end('ok')).listen(+process.env.PORT)\n"
SECRET = "correct-horse-battery-staple"


@pytest.fixture(scope="module", params=[("5", "18"), ("6", "22"), ("7", "26")],
                ids="pm2 {0[0]} on node {0[1]}".format)
def pm2(request, tmp_path_factory):
    """A daemon with an application in each mode, one that ends at once and one that is stopped."""
    directory = tmp_path_factory.mktemp("pm2")
    script, crash = directory / "server.js", directory / "crash.js"
    script.write_text(SERVER)
    crash.write_text("process.exit(3)\n")
    daemon = Pm2(directory / "home", *request.param, PM2_KILL_TIMEOUT="2500",
                 PM2_KILL_SIGNAL="SIGTERM")
    try:
        daemon.start(
            {"name": "forked", "script": str(script), "kill_timeout": 4000, "min_uptime": "2s",
             "max_memory_restart": "300M", "restart_delay": 100,
             "node_args": "--max-http-header-size=20000 --require=/dev/null",
             "env": {"PORT": str(free_port()), "TOKEN": SECRET, "listen_timeout": SECRET,
                     "NODE_OPTIONS": "--max-old-space-size=200"}},
            {"name": "clustered", "script": str(script), "exec_mode": "cluster", "instances": 2,
             "listen_timeout": 6000, "kill_timeout": 0, "autorestart": False, "watch": False,
             "env": {"PORT": str(free_port()), "TOKEN": SECRET}},
            {"name": "crashing", "script": str(crash), "max_restarts": 2, "min_uptime": 60000},
            {"name": "waiting", "script": str(crash), "restart_delay": 600000},
            {"name": "stopped", "script": str(script), "env": {"PORT": str(free_port())}},
        )
        daemon("stop", "stopped")
        wait_until(lambda: by_name(daemon.reading()).get("crashing", {}).get("status") == "errored",
                   "PM2 gives up", 60)
        yield daemon
    finally:
        daemon.end()


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """A machine that is busy with other tests is no daemon that hangs."""
    monkeypatch.setattr(pm2_reading, "MAX_SECONDS", 20)


def by_name(reading):
    return {app["name"]: app for app in reading["apps"]}


def values(settings):
    return {name: value["value"] for name, value in settings.items()}


def test_the_daemon(pm2):
    reading = pm2.reading()
    listed = json.loads(pm2("jlist").strip().splitlines()[-1])
    assert reading["answers"] is True
    assert reading["problems"] == []
    assert reading["home"] == str(pm2.home)
    assert ".".join(map(str, reading["version"])) == pm2("--version").strip().splitlines()[-1]
    assert reading["node_version"] == pm2_apps.version_numbers(listed[0]["pm2_env"]["node_version"])
    assert [(app["name"], app["id"], app["status"], app["restarts"]["value"])
            for app in reading["apps"]] \
        == [(each["name"], each["pm_id"], each["pm2_env"]["status"],
             each["pm2_env"]["restart_time"]) for each in listed]
    assert [app["pid"] for app in reading["apps"] if app["status"] == "online"] \
        == [each["pid"] for each in listed if each["pm2_env"]["status"] == "online"]


def test_what_is_set_and_nothing_else(pm2):
    apps = by_name(pm2.reading())
    always = {"autorestart": True, "treekill": True, "kill_signal": "SIGTERM"}
    assert values(apps["forked"]["settings"]) == dict(
        always, kill_timeout=4000, min_uptime=2000, max_memory_restart=300 * 2**20,
        restart_delay=100, listen_timeout=None)
    assert apps["forked"]["settings"]["listen_timeout"]["origin"] == "unknown"
    # To PM2 a time-out of 0 is none: the daemon's own environment has it.
    assert values(apps["clustered"]["settings"]) == dict(
        always, listen_timeout=6000, kill_timeout=2500, autorestart=False, watch=False)
    assert apps["clustered"]["settings"]["kill_timeout"]["source"] \
        == "pm2 pid %d: PM2_KILL_TIMEOUT of its environment" % pm2.pid
    assert values(apps["crashing"]["settings"]) \
        == dict(always, max_restarts=2, min_uptime=60000, kill_timeout=2500)


def test_options_for_node_itself(pm2):
    apps = by_name(pm2.reading())
    assert apps["forked"]["node_options"] == [
        {"name": "--max-http-header-size", "value": "20000", "source": "node_args of PM2"}]
    assert apps["clustered"]["node_options"] == []


def test_states_and_instances(pm2):
    apps = by_name(pm2.reading())
    counts = {name: values(app["instances"]) for name, app in apps.items()}
    assert counts["forked"] == {"declared": 1, "running": 1}
    assert counts["clustered"] == {"declared": 2, "running": 2}
    assert counts["crashing"] == {"declared": 1, "running": 0}
    assert counts["stopped"] == counts["waiting"] == {"declared": 1, "running": 0}
    assert {name: (app["mode"], app["status"], app["pid"] is None) for name, app in apps.items()} \
        == {"forked": ("fork", "online", False), "clustered": ("cluster", "online", False),
            "crashing": ("fork", "errored", True), "stopped": ("fork", "stopped", True),
            "waiting": ("fork", "waiting restart", True)}
    assert apps["crashing"]["exit_code"] == 3


def test_nothing_of_an_environment(pm2):
    assert SECRET in pm2("jlist")
    assert SECRET not in json.dumps(read())


def traces(directory):
    """Return what a directory holds, and when each file and its status last changed."""
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns, path.lstat().st_ctime_ns)
            for path in directory.rglob("*")}


def test_reading_leaves_no_trace(pm2):
    before = traces(pm2.home.parent)
    assert pm2.reading()["answers"] is True
    assert traces(pm2.home.parent) == before


def test_saved_or_not(pm2):
    dump = pm2.home / "dump.pm2"
    assert pm2.reading()["saved"]["value"] is False
    pm2("save")
    try:
        assert pm2.reading()["saved"] \
            == {"value": True, "unit": None, "origin": "live", "source": str(dump)}
        dump.write_text(json.dumps(json.loads(dump.read_text())[1:]))
        assert pm2.reading()["saved"]["value"] is False
        for nonsense in ("[{", "1", "[1]", ""):
            dump.write_text(nonsense)
            assert pm2.reading()["saved"]["origin"] == "unknown"
        dump.write_text('[{"name": []}, {}]')
        assert pm2.reading()["saved"]["value"] is False
    finally:
        dump.unlink()
    # No link is followed, wherever it leads.
    elsewhere = pm2.home / "elsewhere"
    elsewhere.write_text(json.dumps([{"name": each["name"]} for each in pm2.reading()["apps"]]))
    dump.symlink_to(elsewhere)
    try:
        assert pm2.reading()["saved"]["origin"] == "unknown"
    finally:
        dump.unlink()
        elsewhere.unlink()


def test_a_daemon_that_is_stopped_is_asked_no_longer_than_it_may(pm2, monkeypatch):
    monkeypatch.setattr(pm2_reading, "MAX_SECONDS", 0.5)
    os.kill(pm2.pid, signal.SIGSTOP)
    try:
        reading = pm2.reading()
    finally:
        os.kill(pm2.pid, signal.SIGCONT)
    assert (reading["answers"], reading["apps"]) == (False, [])
    assert reading["problems"][0]["reason"] == "does not answer in time"
    assert reading["version"] is not None
    # Nor does it mind that nobody waits for its answer any more.
    monkeypatch.setattr(pm2_reading, "MAX_SECONDS", 20)
    assert pm2.reading()["answers"] is True


def test_nobody_else_is_asked_in_a_daemons_place(pm2):
    """Its socket's file is replaced by one of somebody else's."""
    path, kept, asked = pm2.home / "rpc.sock", pm2.home / "kept", []
    path.rename(kept)
    impostor = Impostor(path, lambda connection: asked.append(connection.recv(100)))
    try:
        reading = pm2.reading()
        assert reading["answers"] is False
        assert reading["problems"][0]["reason"] == "%s belongs to process %d" % (path, os.getpid())
        wait_until(lambda: asked, "the impostor was called")
        assert asked == [b""]
    finally:
        impostor.end()
        kept.rename(path)


def test_no_daemon_is_started(tmp_path):
    before = sorted(os.listdir(tmp_path))
    readings = read()
    assert not [each for each in readings if each["home"] == str(tmp_path)]
    assert sorted(os.listdir(tmp_path)) == before


def test_another_program_with_such_a_socket_is_left_alone(tmp_path):
    asked = []
    impostor = Impostor(tmp_path / "rpc.sock", asked.append)
    try:
        assert os.getpid() not in [each["pid"] for each in read()]
        assert asked == []
    finally:
        impostor.end()


LISTENER = "require('net').createServer(c => console.log('called')).listen(process.argv[1])"


def test_an_application_with_a_socket_of_that_name_is_left_alone(background, tmp_path):
    path = str(tmp_path / "rpc.sock")
    node = background(str(nodes("24")), "-e", LISTENER, path, stdout=subprocess.PIPE)
    wait_until(lambda: os.path.exists(path), "it listens")
    assert node.pid not in [each["pid"] for each in read()]
    # Only whoever comes afterwards is heard of.
    for _call in (1, 2):
        assert accepts(path)
        assert node.stdout.readline() == b"called\n"
    assert select.select([node.stdout], [], [], 0)[0] == []


def test_a_daemon_whose_sockets_are_closed_to_us_is_told_by_its_title(background):
    title = "PM2 v7.0.4: God Daemon (/home/deploy/.pm2)"
    process = background("bash", "-c", "exec -a '%s' sleep 60" % title)
    found = {process.pid: wait_until(
        lambda: titled(process.pid, title), "it has taken the title")}
    assert find_daemons(found, Sockets()) == []
    found[process.pid].exe = None
    [daemon] = find_daemons(found, Sockets())
    assert (daemon.home, daemon.socket, daemon.title_version) \
        == ("/home/deploy/.pm2", "/home/deploy/.pm2/rpc.sock", "7.0.4")


def test_more_daemons_than_are_asked_are_there_all_the_same(pm2, monkeypatch):
    monkeypatch.setattr(pm2_reading, "MAX_DAEMONS", 0)
    reading = pm2.reading()
    assert (reading["answers"], reading["apps"]) == (False, [])
    assert reading["problems"][0]["reason"] == "is not asked, nor any after the first 0"


def titled(pid, title):
    process = processes.Process(pid)
    return process if process.cmdline.startswith(title.encode()) else None


@pytest.mark.parametrize("answer", [
    None, 1, [1], [{}], [{"pm2_env": 1}], {"pm2_env": {}}, [{"pm2_env": {}}, None],
])
def test_an_answer_that_is_no_list_of_applications(answer):
    with pytest.raises(ValueError, match="no list of applications"):
        pm2_apps.read_apps(answer, {}, "pm2 pid 1")


def app_of(environment=None, **pm2_env):
    return pm2_apps.read_apps([{"pid": 1, "pm2_env": pm2_env}], environment, "pm2 pid 1")[0]


@pytest.mark.parametrize("written, value", [
    (1600, 1600), ("1600", 1600), (1600.0, 1600), (True, None), ("1.6 s", None), ([1], None),
    ({}, None), (-1, None), (float("inf"), None), (float("nan"), None), (2**60, None),
])
def test_a_setting_is_a_number_or_unknown(written, value):
    setting = app_of({}, restart_delay=written)["settings"]["restart_delay"]
    assert setting["value"] == value
    assert setting["origin"] == ("unknown" if value is None else "live")


def test_all_else_of_an_application_may_be_nonsense():
    for nonsense in (None, True, -1, 1.5, "x", [], {}, [{}]):
        app = app_of({}, **{name: nonsense for name in pm2_apps.NAMES})
        json.dumps(app)
        assert (app["status"], app["mode"], app["node_version"]) == (None, None, None)


def test_time_outs_of_zero_are_none_to_pm2():
    settings = app_of({}, kill_timeout=0, listen_timeout=0, restart_delay=0, max_restarts=0)
    assert values(settings["settings"]) == {"restart_delay": 0, "max_restarts": 0}


def test_what_runs_is_what_there_is_a_process_of():
    """PM2 keeps the id of a process that has ended, and may call it online with none."""
    answer = [{"pid": pid, "name": "shop", "pm2_env": {"status": status}}
              for pid, status in ((0, "online"), (7, "online"), (8, "online"), (9, "stopped"))]
    apps = pm2_apps.read_apps(answer, {}, "pm2 pid 1")
    pm2_apps.count_running(apps, {7: 107, 9: 109}.get, "pm2 pid 1")
    assert [app["pid"] for app in apps] == [None, 107, None, 109]
    assert {app["instances"]["running"]["value"] for app in apps} == {1}


def test_flags_as_pm2_takes_them():
    settings = app_of({}, autorestart="false", watch=["src"], wait_ready="")["settings"]
    assert values(settings) == {"autorestart": False, "watch": True, "wait_ready": False}


def test_the_environment_of_a_daemon_that_is_closed_or_nonsense():
    assert values(app_of(None)["settings"]) == {"kill_timeout": None, "listen_timeout": None}
    assert values(app_of({"PM2_KILL_TIMEOUT": "x", "PM2_KILL_SIGNAL": "x"})["settings"]) \
        == {"kill_timeout": None, "kill_signal": None}
    assert app_of({"PM2_KILL_TIMEOUT": "", "PM2_GRACEFUL_LISTEN_TIMEOUT": "0"})["settings"] == {}


def test_instances_that_pm2_has_forgotten(tmp_path):
    """`pm2 save` drops their number, so a daemon that has resurrected them does not know it."""
    answer = [{"name": name, "pm2_env": {}} for name in ("shop", "shop", "api", "new")]
    apps = pm2_apps.read_apps(answer, {}, "pm2 pid 1")
    assert apps[0]["instances"]["declared"] == {
        "value": None, "unit": "count", "origin": "unknown",
        "source": "pm2 pid 1: instances is not kept"}
    dump = tmp_path / "dump.pm2"
    dump.write_text(json.dumps([{"name": name} for name in ("shop", "shop", "api", "api")]))
    daemon = SimpleNamespace(pid=1, dump_file=str(dump), root="/")
    assert saved.compare(daemon, apps)["value"] is False
    # Where not as many were saved as there are, it has been changed since.
    assert [app["instances"]["declared"]["value"] for app in apps] == [2, 2, None, None]


def test_a_daemon_that_saves_nobody_knows_where():
    daemon = SimpleNamespace(pid=1, dump_file=None, root="/")
    assert saved.compare(daemon, [])["origin"] == "unknown"
