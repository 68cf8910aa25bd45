# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left out of a reading that is too large."""
from __future__ import annotations

import json

from ansible_collections.no502.node.plugins.module_utils.reading_size import fit


def nginx(routes, conf="/a.conf", more=""):
    return {"conf": conf, "routes": [{"id": "x" * 3000}] * routes, "upstreams": [more],
            "servers": [], "stream": {"servers": []}, "complete": True, "problems": []}


def node(pid, length=2000):
    return {"pid": pid, "problems": [], "binary": "x" * length}


def pm2(apps, length=1000, home="/"):
    return {"home": home, "apps": [{"name": "x" * length}] * apps, "problems": []}


def reading(listeners=0, **parts):
    listener = {"address": "0.0.0.0", "port": 1, "pid": 1, "process": "other" + "x" * 100}
    listed = [listener] * listeners + [dict(listener, process="nginx")]
    return dict({"nginx": [], "node": [], "pm2": [], "problems": [], "listeners": listed}, **parts)


def size(value):
    return len(json.dumps(value))


def test_a_usual_reading_is_left_alone():
    value = reading(100, nginx=[nginx(20)], node=[node(n) for n in range(20)],
                    pm2=[pm2(100)])
    assert fit(json.loads(json.dumps(value))) == value


def test_many_listeners():
    value = fit(reading(5000))
    assert [each["process"] for each in value["listeners"]] == ["nginx"]
    assert value["problems"][0]["reason"] == "5000 of other programs are left out"


def test_an_nginx_that_is_too_large_is_not_cut_in_the_middle():
    small, large = nginx(3), nginx(5, "/b.conf", "x" * 10 ** 6)
    value = fit(reading(nginx=[small, large], node=[node(1)]))
    assert size(value) <= 64 * 1024 + 3 * 4096
    assert (len(small["routes"]), small["complete"]) == (3, True)
    assert (large["routes"], large["upstreams"], large["complete"]) == ([], [], False)
    assert "left out: it would make the reading too large" in large["problems"][-1]["reason"]
    assert len(value["node"]) == 1


def test_processes_that_are_too_large():
    nodes = [node(n) for n in range(50)] + [node(n, 10000) for n in range(50)]
    value = fit(reading(nginx=[nginx(3)], node=nodes))
    assert size(value) <= 64 * 1024 + 3 * 4096 + len(value["node"]) * 3 * 1024
    assert len(value["nginx"][0]["routes"]) == 3
    assert 50 < len(value["node"]) < 100
    assert "of 100 processes are left out" in value["problems"][-1]["reason"]


def test_problems_that_are_too_many():
    problems = [{"subject": str(n), "reason": "x"} for n in range(1000)]
    value = fit(reading(nginx=[dict(nginx(1), problems=problems)]))
    assert value["nginx"][0]["problems"][-1]["reason"] == "960 more of them"


def test_a_pm2_daemon_that_is_too_large_takes_nobody_with_it():
    small, large = pm2(40), pm2(3, 100000, "/large")
    value = fit(reading(node=[node(n) for n in range(20)], pm2=[small, large]))
    assert value["pm2"] == [small]
    assert len(value["node"]) == 20
    assert value["problems"][-1] == {
        "subject": "pm2",
        "reason": "1 of 2 daemons are left out: it would make the reading too large",
    }
