# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd prints (252, as captured) and what a cgroup says of a process."""
from __future__ import annotations

import json
import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.host import systemd
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

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
"""
MISSING = "Id=nope.service\nLoadState=not-found\nActiveState=inactive\n"


def test_a_unit():
    units = systemd.parse_show(SHOP + "\n" + MISSING, ["shop.service", "nope.service"])
    assert list(units) == ["shop.service"]
    unit = units["shop.service"]
    values = {name: value["value"] for name, value in unit.items() if isinstance(value, dict)}
    assert values == {
        "timeout_stop": 86523005, "start_limit_interval": 0, "start_limit_burst": 5,
        "memory_max": UNLIMITED, "limit_nofile": 4096,
    }
    assert {name: value for name, value in unit.items() if not isinstance(value, dict)} == {
        "name": "shop.service", "active_state": "active", "sub_state": "running",
        "restart": "on-failure", "kill_mode": "control-group", "result": "success",
        "fragment": "/etc/systemd/system/shop.service", "n_restarts": 3,
        "need_daemon_reload": True,
        "drop_ins": ["/run/a.conf", "/etc/systemd/system/shop.service.d/b c.conf"],
    }
    assert unit["start_limit_interval"] == {
        "value": 0, "unit": "ms", "origin": "live",
        "source": "systemctl show shop.service: StartLimitIntervalUSec=0",
    }


def test_no_limit_is_above_any_and_survives_json():
    assert json.loads(json.dumps(float(UNLIMITED))) == UNLIMITED > 2 ** 52


def test_an_answer_that_is_short():
    assert systemd.parse_show("", ["a.service"]) == {}
    assert systemd.parse_show(SHOP, ["a.service", "b.service"]) == {}


def test_a_span_that_is_none():
    text = SHOP.replace("TimeoutStopUSec=1d 2min 3.004005s", "TimeoutStopUSec=soon")
    unit = systemd.parse_show(text, ["shop.service"])["shop.service"]
    assert unit["timeout_stop"]["origin"] == "unknown"


@pytest.mark.parametrize("cgroup, expected", [
    ("0::/system.slice/nginx.service\n", ("nginx.service", "system")),
    ("12:memory:/other\n1:name=systemd:/system.slice/a.service\n0::/x.service\n",
     ("a.service", "system")),
    ("0::/system.slice/system-no502\\x2dshop.slice/no502-shop-3000@a.service\n",
     ("no502-shop-3000@a.service", "system")),
    ("0::/libpod_parent/libpod-1c43/system.slice/shop.service\n", ("shop.service", "system")),
    ("0::/system.slice/shop.service/workers\n", ("shop.service", "system")),
    ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/my.service\n",
     ("my.service", "user")),
    ("0::/user.slice/user-0.slice/session-3.scope\n", ("session-3.scope", "system")),
    ("0::/\n", (None, "system")),
    ("", (None, "system")),
])
def test_the_unit_of_a_process(cgroup, expected):
    assert systemd.parse_cgroup(cgroup) == expected


def test_no_name_that_is_an_option_or_a_command_line():
    assert systemd.show_all(["--version", "a b.service", "$(x).service"]) == {}


@pytest.mark.skipif(os.path.isdir("/run/systemd/system"), reason="systemd runs here")
def test_a_host_without_systemd():
    reading = {"problems": []}
    systemd.attach_units([(os.getpid(), reading)])
    assert reading["unit"] is None
