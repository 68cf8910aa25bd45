# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd prints (252, as captured) and what a cgroup says of a process."""
from __future__ import annotations

import json
import os
import subprocess
import time

import pytest

from ansible_collections.no502.node.plugins.module_utils.host import systemd
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

SHOP = """Restart=on-failure
TimeoutStopUSec=1d 2min 3.004005s
Result=success
NRestarts=3
MemoryMax=infinity
LimitNOFILESoft=4096
KillMode=control-group
Id=shop.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/shop.service
DropInPaths=/run/a.conf "/etc/systemd/system/shop.service.d/b c.conf"
NeedDaemonReload=yes
StartLimitIntervalUSec=0
StartLimitBurst=5
Type=simple
UnitFileState=enabled
OOMPolicy=continue
RestartUSec=1.500000s
WatchdogUSec=0
TasksMax=307
LimitNOFILE=524288
KillSignal=15
SuccessExitStatus=5 143 USR1
MainPID=812
ExecMainCode=0
ExecMainStatus=0
ExecMainExitTimestampMonotonic=0
"""
MISSING = "Id=nope.service\nLoadState=not-found\nActiveState=inactive\n"


def test_a_unit():
    units = systemd.parse_show(SHOP + "\n" + MISSING, ["shop.service", "nope.service"])
    assert list(units) == ["shop.service"]
    unit = units["shop.service"]
    assert unit.pop("exit") == {"code": None, "status": None, "at": None}
    values = {name: value["value"] for name, value in unit.items() if isinstance(value, dict)}
    assert values == {
        "timeout_stop": 86523005, "start_limit_interval": 0, "start_limit_burst": 5,
        "memory_max": UNLIMITED, "limit_nofile": 4096, "limit_nofile_hard": 524288,
        "restart_sec": 1500, "watchdog": 0, "tasks_max": 307,
    }
    assert {name: value for name, value in unit.items() if not isinstance(value, dict)} == {
        "name": "shop.service", "active_state": "active", "sub_state": "running",
        "restart": "on-failure", "kill_mode": "control-group", "result": "success",
        "fragment": "/etc/systemd/system/shop.service", "n_restarts": 3,
        "need_daemon_reload": True, "type": "simple", "enabled": "enabled",
        "oom_policy": "continue", "kill_signal": "SIGTERM", "main_pid": 812,
        "success_exit_status": ["5", "143", "USR1"],
        "drop_ins": ["/run/a.conf", "/etc/systemd/system/shop.service.d/b c.conf"],
    }
    assert unit["start_limit_interval"] == {
        "value": 0, "unit": "ms", "origin": "live",
        "source": "systemctl show shop.service: StartLimitIntervalUSec=0",
    }


def test_no_limit_is_above_any_and_survives_json():
    assert json.loads(json.dumps(float(UNLIMITED))) == UNLIMITED > 2 ** 52


@pytest.mark.parametrize("code, status, result", [
    ("1", "7", ("exited", 7)), ("2", "9", ("killed", 9)), ("3", "6", ("dumped", 6)),
])
def test_how_a_unit_ended(code, status, result):
    ended = time.clock_gettime(time.CLOCK_MONOTONIC) - 60
    text = SHOP.replace("ExecMainCode=0", "ExecMainCode=" + code).replace(
        "ExecMainStatus=0", "ExecMainStatus=" + status).replace(
        "Monotonic=0", "Monotonic=%d" % (ended * 1e6))
    found = systemd.parse_show(text, ["shop.service"])["shop.service"]["exit"]
    assert (found["code"], found["status"]) == result
    assert abs(time.time() - 60 - found["at"]) < 5


def test_properties_that_an_older_systemd_does_not_have():
    text = "\n".join(line for line in SHOP.splitlines()
                     if not line.startswith(("OOMPolicy", "ExecMain", "MainPID", "KillSignal",
                                             "NRestarts", "NeedDaemonReload", "DropInPaths")))
    unit = systemd.parse_show(text, ["shop.service"])["shop.service"]
    assert (unit["oom_policy"], unit["kill_signal"], unit["main_pid"]) == (None, None, None)
    assert (unit["n_restarts"], unit["need_daemon_reload"], unit["drop_ins"]) == (None, None, None)
    assert unit["exit"] == {"code": None, "status": None, "at": None}


def test_no_restart_no_reload_and_no_drop_in():
    text = "Id=a.service\nLoadState=loaded\nNRestarts=0\nNeedDaemonReload=no\nDropInPaths=\n"
    unit = systemd.parse_show(text, ["a.service"])["a.service"]
    assert (unit["n_restarts"], unit["need_daemon_reload"], unit["drop_ins"]) == (0, False, [])


def test_an_answer_that_is_none():
    assert systemd.parse_show("", ["a.service"]) is None
    assert systemd.parse_show(SHOP, ["a.service", "b.service"]) is None
    assert systemd.parse_show("Failed to connect to bus: No medium found", ["a.service"]) is None


def test_a_span_that_is_none():
    text = SHOP.replace("TimeoutStopUSec=1d 2min 3.004005s", "TimeoutStopUSec=soon")
    unit = systemd.parse_show(text, ["shop.service"])["shop.service"]
    assert unit["timeout_stop"]["origin"] == "unknown"


@pytest.mark.parametrize("cgroup, expected", [
    ("0::/system.slice/nginx.service\n", ("nginx.service", None)),
    ("12:memory:/other\n1:name=systemd:/system.slice/a.service\n0::/x.service\n",
     ("a.service", None)),
    ("0::/system.slice/system-no502\\x2dshop.slice/no502-shop-3000@a.service\n",
     ("no502-shop-3000@a.service", None)),
    ("0::/libpod_parent/libpod-1c43/system.slice/shop.service\n", ("shop.service", None)),
    ("0::/system.slice/shop.service/workers\n", ("shop.service", None)),
    ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/my.service\n",
     ("my.service", 1000)),
    ("0::/user.slice/user-0.slice/session-3.scope\n", ("session-3.scope", None)),
    ("0::/\n", (None, None)),
    ("", (None, None)),
])
def test_the_unit_of_a_process(cgroup, expected):
    assert systemd.parse_cgroup(cgroup) == expected


CONTAINER = "1c43d25b5cda0657ec05541a7cd386fdb343689568e1355d119f2c7c16d51222"


@pytest.mark.parametrize("cgroup, unit", [
    ("0::/system.slice/docker-%s.scope\n", None),
    ("0::/machine.slice/libpod-%s.scope/system.slice/nginx.service\n", None),
    ("0::/system.slice/shop.service/libpod-payload-%s/system.slice/nginx.service\n",
     "shop.service"),
    ("0::/system.slice/shop.service/%s\n", "shop.service"),
])
def test_a_unit_within_a_container_is_not_this_hosts(cgroup, unit):
    assert systemd.parse_cgroup(cgroup % CONTAINER, CONTAINER) == (unit, None)


def test_no_name_that_is_an_option_or_a_command_line():
    assert systemd.show_all(["--version", "a b.service", "$(x).service"]) == ({}, None)


@pytest.mark.parametrize("names, owner, answers", [
    (["a.service"], systemd.SYSTEM, True), ([], systemd.SYSTEM, True),
    (["a.service", "c.service"], systemd.SYSTEM, False), (["a.service"], 1000, False),
])
def test_what_was_begun_answers_only_for_the_units_that_it_has(names, owner, answers):
    begun = systemd.Show(["b.service", "a.service"])
    assert systemd._answers(begun, names, owner) is answers
    begun.drop()
    assert not systemd._answers(None, names, owner)


@pytest.mark.skipif(os.path.isdir("/run/systemd/system"), reason="systemd runs here")
def test_a_host_without_systemd():
    reading = {"problems": []}
    systemd.attach_units([(os.getpid(), reading)])
    assert reading["unit"] is None
    assert systemd.show_all(["a.service"]) == ({}, "systemd does not run here")


def limit(value):
    return known(value, "count", "live", "systemctl show a.service: LimitNOFILE=%d" % value)


@pytest.fixture
def limited():
    """A process with a soft limit of 64 open files below a hard one of 128."""
    script = "ulimit -Sn 64; ulimit -Hn 128; echo ready; read line"
    with subprocess.Popen(["sh", "-c", script], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


def test_the_limit_of_a_unit_against_the_limit_of_its_process(limited):
    assert systemd.limits_match(limit(128), limited) == known(
        True, None, "live",
        "systemctl show a.service: LimitNOFILE=128; /proc/%d/limits: 128" % limited)
    assert systemd.limits_match(limit(64), limited)["value"] is False
    assert systemd.limits_match(limit(4096), limited)["value"] is False
    assert systemd.limits_match(limit(UNLIMITED), limited)["value"] is False


def test_no_limit_is_as_many_as_the_kernel_gives_to_anybody(monkeypatch, limited):
    monkeypatch.setattr(systemd, "read_text", lambda pid, name: "128\n")
    assert systemd.limits_match(limit(UNLIMITED), limited)["value"] is True


def test_limits_that_cannot_be_compared():
    for wanted, pid in ((None, os.getpid()), (unknown("count", "x"), os.getpid()),
                        (limit(1), 2 ** 22 + 1)):
        assert systemd.limits_match(wanted, pid)["origin"] == "unknown"
