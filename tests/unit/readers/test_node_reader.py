# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value for a cluster: only where all of its workers have told theirs."""
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import reader
from ansible_collections.no502.node.plugins.module_utils.node.discovery import Application
from ansible_collections.no502.node.plugins.module_utils.value import known

LISTEN = {"address": "127.0.0.1", "port": 3000}
PRIMARY, ONE, OTHER = 4242421, 4242422, 4242423


def live(value, unit="ms", source="x"):
    return known(value, unit, "live", source)


def server(milliseconds):
    return {"address": LISTEN, "protocol": "http", "requested": {},
            "settings": {"keep_alive_timeout": live(milliseconds)}}


def status(milliseconds, idle_grace=11000):
    guard = {"version": "1", "release": "a", "draining": False, "idle_grace": live(idle_grace),
             "max": live(60000), "stream_grace": live(10000)}
    servers = [] if milliseconds is None else [server(milliseconds)]
    return {"guard": guard, "servers": servers, "thread": 0, "problems": [], "node": "v24.0.0",
            "heap_limit": live(2 ** 31, "bytes"), "heap_used": live(2 ** 20, "bytes")}


def process(pid):
    return SimpleNamespace(pid=pid)


@pytest.fixture
def cluster(monkeypatch):
    """A cluster of two workers: `cluster({pid: status})` has those guards."""
    def start(statuses):
        monkeypatch.setattr(reader, "read_status", lambda each: (
            [statuses[each.pid]] if each.pid in statuses else [], []))
        return reader.Reader(Application(
            process(PRIMARY), [process(ONE), process(OTHER)], [LISTEN]))
    return start


def inspected(app, pid, milliseconds):
    app._options[pid] = [], None
    app.add_live(process(pid), {"servers": [server(milliseconds)], "options": [], "node": "v24",
                                "heap_limit": live(2 ** 31, "bytes")}, [])


def test_all_workers_have_a_guard(cluster):
    app = cluster({PRIMARY: status(None), ONE: status(30000), OTHER: status(30000)})
    assert app._settings(0)["keep_alive_timeout"]["value"] == 30000
    assert app.unguarded() == []
    assert app._guard()["idle_grace"]["value"] == 11000
    assert app._heap_limit()["value"] == 2 ** 31


@pytest.mark.parametrize("other", [{}, {OTHER: status(None)}])
def test_a_worker_whose_guard_says_nothing_of_the_address(cluster, other):
    app = cluster({ONE: status(30000), **other})
    value = app._settings(0)["keep_alive_timeout"]
    assert (value["value"], value["source"]) == (None, "x: not told by pid %d" % OTHER)
    assert app.unguarded() == [0]


def test_a_worker_without_a_guard(cluster):
    app = cluster({ONE: status(30000)})
    assert app._guard()["idle_grace"]["source"] == "x: not told by pid %d" % OTHER
    limit = app._heap_limit()
    assert (limit["value"], limit["source"]) == (
        None, "pid %d: told neither by a guard nor by its inspector" % OTHER)


def test_what_a_primary_serves_itself(cluster):
    app = cluster({PRIMARY: status(30000)})
    assert app._settings(0)["keep_alive_timeout"]["value"] == 30000


def test_guards_that_do_not_wait_alike(cluster):
    app = cluster({ONE: status(30000, 11000), OTHER: status(30000, 12000)})
    assert app._guard()["idle_grace"]["source"] == "x: differs between its workers"


def test_only_one_worker_was_inspected(cluster):
    app = cluster({})
    inspected(app, ONE, 30000)
    assert "not told by pid" in app._settings(0)["keep_alive_timeout"]["source"]
    inspected(app, OTHER, 30000)
    assert app._settings(0)["keep_alive_timeout"]["value"] == 30000


def test_a_header_tells_what_not_all_guards_have(cluster):
    app = cluster({ONE: status(30000)})
    app.add_header(0, [live(30000)], ["http"], [OTHER, ONE])
    assert app._settings(0)["keep_alive_timeout"]["value"] == 30000


def test_a_header_of_some_workers_only(cluster):
    app = cluster({})
    app.add_header(0, [live(30000)] * 2, ["http"] * 2, [ONE, ONE])
    app.add_idle_limit(0, live(31000), [ONE, None])
    for value in app._settings(0).values():
        assert (value["value"], value["source"]) == (None, "x: only 1 of 2 workers asked")


def test_a_header_hides_no_difference(cluster):
    app = cluster({ONE: status(30000), OTHER: status(40000)})
    app.add_header(0, [live(30000)], ["http"], [ONE, OTHER])
    assert app._settings(0)["keep_alive_timeout"]["value"] is None


@pytest.mark.parametrize("shares, name", [(True, "root"), (False, "0"), (None, "0")])
def test_a_user_has_a_name_where_the_files_are_ours(monkeypatch, shares, name):
    monkeypatch.setattr(reader.processes, "shares_root", lambda pid: shares)
    assert reader._user(SimpleNamespace(pid=1, uid=0)) == name
