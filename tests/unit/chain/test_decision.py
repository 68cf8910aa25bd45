# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision: what blocks, what an override and a waiver change, and the order of results."""
from __future__ import annotations

import copy
import datetime

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

from .conftest import built, host, live, node

GOOD = {
    "keep_alive_timeout": live(30_000), "headers_timeout": live(70_000),
    "request_timeout": live(300_000), "server_timeout": live(0),
}
SECOND = "server 10.0.0.7:3000 max_fails=3 fail_timeout=5s;"
HTTP = """
    upstream no502_shop {
        zone no502_shop 64k;
        server 10.0.0.6:3000 max_fails=3 fail_timeout=5s;
        server 10.0.0.7:3000 max_fails=3 fail_timeout=5s;
        keepalive_timeout 10s;
        keepalive 32;
    }
    server {
        server_name shop.example.com;
        location / {
            proxy_pass http://no502_shop;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 65s;
            proxy_connect_timeout 3s;
        }
    }
"""
DEAD = host("10.0.0.7")


def guarded(**settings):
    """A Node as this collection runs it."""
    guard = {"version": "1.0.0", "draining": False, "idle_grace": live(11_000), "max": live(60_000)}
    unit = {
        "name": "no502-shop-3000@a.service", "timeout_stop": live(75_000), "restart": "on-failure",
        "start_limit_interval": live(0), "n_restarts": 0, "need_daemon_reload": False,
        "limits_match": live(True, None), "oom_kills": live(0, "count"),
    }
    option = {"name": "--max-old-space-size", "value": "512", "source": "command line"}
    return node(
        settings={**GOOD, **settings}, guard=guard, unit=unit, options=[option], mode="single",
        listens=[{"address": "0.0.0.0", "port": 3000, "protocol": "http"}],
        memory_limit=live(2**30, "bytes"), open_files=live(65_536, "count"), binary_deleted=False,
        directory={"path": "/srv/shop", "deleted": False},
    )


@pytest.fixture(name="fleet")
def fixture_fleet(nginx):
    """A function: the documents of one nginx and two Node hosts."""

    def documents(http=HTTP, managed=True, app2=None, phase="steady", **settings):
        reading = nginx(http)
        for route in reading["routes"]:
            route["managed"] = "shop" if managed else None
        readings = {
            "lb1": host("10.0.0.5", nginx=[reading]),
            "app1": host("10.0.0.6", nodes=[guarded(**settings)]),
            "app2": host("10.0.0.7", nodes=[guarded(**settings)]) if app2 is None else app2,
        }
        return built({name: read for name, read in readings.items() if read != "unread"},
                     phase=phase)

    return documents


def blocking(made):
    """The rules that block."""
    return sorted({result["rule"] for result in made["results"] if result["blocking"]})


def test_a_healthy_chain_is_allowed(fleet, engine):
    made = decision.decide(fleet(), engine)
    assert (made["verdict"], made["problems"], made["counts"]["fail"]) == ("allow", [], 0)
    assert made["counts"]["pass"] > 10
    assert made["revision"] == engine.revision


def test_what_loses_requests_is_denied(fleet, engine):
    made = decision.decide(fleet(keep_alive_timeout=live(5_000)), engine)
    assert made["verdict"] == "deny"
    assert blocking(made) == ["timeouts.node_outlives_nginx"]


def test_a_peer_without_a_reading_is_unknown(fleet, engine):
    made = decision.decide(fleet(app2="unread"), engine)
    assert made["verdict"] == "unknown"
    assert "upstream.peer_listens" in blocking(made)


def test_an_old_fault_elsewhere_is_reported(fleet, engine):
    bad = fleet(managed=False, keep_alive_timeout=live(5_000))
    made = decision.decide(bad, engine, live_documents=copy.deepcopy(bad))
    assert (made["verdict"], made["counts"]["fail"] > 0) == ("allow", True)
    made = decision.decide(bad, engine, live_documents=copy.deepcopy(bad), scope="all")
    assert made["verdict"] == "deny"


def test_an_old_fault_on_our_own_route_blocks(fleet, engine):
    slow = HTTP.replace("proxy_connect_timeout 3s", "proxy_connect_timeout 30s")
    for bad in (fleet(keep_alive_timeout=live(5_000)), fleet(slow)):
        made = decision.decide(bad, engine, live_documents=copy.deepcopy(bad))
        assert made["verdict"] == "deny"
        assert not any(result["worse"] for result in made["results"])


@pytest.mark.parametrize("managed, had_guard, verdict", [
    (False, False, "allow"),
    (False, True, "deny"),
    (True, False, "deny"),
])
def test_a_drain_that_is_too_short_is_better_than_none(fleet, engine, managed, had_guard, verdict):
    def documents(drained):
        return fleet(managed=managed, app2=host("10.0.0.7", nodes=[drained]))

    short = guarded()
    short["guard"]["idle_grace"] = live(5_000)
    before = guarded() if had_guard else node(settings=GOOD)
    made = decision.decide(documents(short), engine, live_documents=documents(before))
    [found] = [
        result for result in made["results"]
        if result["rule"] == "timeouts.drain_idle_outlasts_pool" and result["status"] == "fail"
    ]
    assert (made["verdict"], found["blocking"]) == (verdict, verdict == "deny")


def test_a_drain_that_systemd_cuts_short_blocks_though_there_was_none(fleet, engine):
    unit = {"name": "shop.service", "timeout_stop": live(75_000)}
    cut = guarded()
    cut["unit"] = {**unit, "timeout_stop": live(5_000)}
    documents, before = (
        fleet(managed=False, app2=host("10.0.0.7", nodes=[each]))
        for each in (cut, node(settings=GOOD, unit=unit))
    )
    made = decision.decide(documents, engine, live_documents=before)
    assert blocking(made) == ["timeouts.stop_timeout_above_drain"]


def test_what_is_new_and_holds_is_not_worse(fleet, engine):
    made = decision.decide(fleet(), engine, live_documents=[])
    assert {result["worse"] for result in made["results"]} == {False}
    made = decision.decide(fleet(), engine)
    assert {result["worse"] for result in made["results"]} == {None}


def test_a_result_that_gets_worse_is_refused(fleet, engine):
    live_tree = fleet(managed=False)
    longer = fleet(HTTP.replace("keepalive_timeout 10s", "keepalive_timeout 40s"), managed=False)
    made = decision.decide(longer, engine, live_documents=live_tree)
    assert made["verdict"] == "deny"
    assert all(result["worse"] for result in made["results"] if result["blocking"])


def test_a_failure_that_grows_is_worse(fleet, engine):
    bad = fleet(HTTP.replace("keepalive_timeout 10s", "keepalive_timeout 40s"), managed=False)
    worse = fleet(HTTP.replace("keepalive_timeout 10s", "keepalive_timeout 50s"), managed=False)
    assert decision.decide(worse, engine, live_documents=bad)["verdict"] == "deny"
    assert decision.decide(bad, engine, live_documents=worse)["verdict"] == "allow"


def test_a_dead_peer_that_the_candidate_removes_is_allowed(fleet, engine):
    for taken_out in ("", "server 10.0.0.7:3000 down;"):
        candidate = fleet(HTTP.replace(SECOND, taken_out), app2=DEAD)
        made = decision.decide(candidate, engine, live_documents=fleet(app2=DEAD))
        assert made["verdict"] == "allow"


@pytest.mark.parametrize("app2", [DEAD, "unread"])
def test_a_dead_peer_that_it_keeps_is_reported(fleet, engine, app2):
    made = decision.decide(fleet(app2=app2), engine, live_documents=fleet(app2=app2))
    assert made["verdict"] == "allow"
    assert made["counts"]["fail"] + made["counts"]["unknown"] > 0


def test_a_dead_peer_that_it_adds_is_refused(fleet, engine):
    before = fleet(HTTP.replace(SECOND, ""), app2=DEAD)
    assert decision.decide(fleet(app2=DEAD), engine, live_documents=before)["verdict"] == "deny"


def test_a_change_to_what_nginx_does_with_an_unread_peer_is_refused(fleet, engine):
    other = HTTP.replace("keepalive_timeout 10s", "keepalive_timeout 9s")
    before = fleet(app2="unread")
    moved = fleet("\n\n" + HTTP, app2="unread")
    made = decision.decide(fleet(other, app2="unread"), engine, live_documents=before)
    assert made["verdict"] == "unknown"
    assert decision.decide(moved, engine, live_documents=before)["verdict"] == "allow"


def test_what_is_not_known_of_a_route_of_others_is_refused_if_that_changes(fleet, engine):
    silent = {"value": None, "unit": "ms", "origin": "unknown", "source": "no answer within 2 s"}
    before = fleet(managed=False, keep_alive_timeout=silent)
    other = HTTP.replace("keepalive_timeout 10s", "keepalive_timeout 9s")
    made = decision.decide(fleet(other, managed=False, keep_alive_timeout=silent), engine,
                           live_documents=before)
    assert made["verdict"] == "unknown"
    assert "timeouts.node_outlives_nginx" in blocking(made)
    moved = fleet("\n\n" + HTTP, managed=False, keep_alive_timeout=silent)
    assert decision.decide(moved, engine, live_documents=before)["verdict"] == "allow"


def test_a_contract_binds_at_the_end_of_a_rollout_only(fleet, engine):
    slow = HTTP.replace("proxy_connect_timeout 3s", "proxy_connect_timeout 30s")
    assert decision.decide(fleet(slow), engine)["verdict"] == "deny"
    assert decision.decide(fleet(slow, phase="transition"), engine)["verdict"] == "allow"
    assert decision.decide(fleet(slow, managed=False), engine)["verdict"] == "allow"


def test_an_override_lets_results_pass_and_is_told(fleet, engine):
    override = {"reason": "INC-123", "owner": "jane"}
    made = decision.decide(fleet(keep_alive_timeout=live(5_000)), engine, override=override)
    assert (made["verdict"], made["override"]) == ("allow", override)
    assert blocking(made) == ["timeouts.node_outlives_nginx"]


@pytest.mark.parametrize("override", [
    {"reason": "INC-123"}, {"owner": "jane"}, {"reason": " ", "owner": "jane"},
    {"reason": 5, "owner": "jane"},
])
def test_an_override_without_reason_or_owner_is_none(fleet, engine, override):
    made = decision.decide(fleet(), engine, override=override)
    assert made["verdict"] == "unknown"
    assert made["problems"][0]["subject"] == "no502_override"


def test_an_override_does_not_help_an_engine_that_fails(fleet):
    class Broken:
        """An engine that fails at the second question."""

        name, revision, asked = "broken", "r", 0

        def decide(self, _document):
            """Fail."""
            self.asked += 1
            raise EngineError("it is down")

    engine = Broken()
    made = decision.decide(fleet(), engine, override={"reason": "r", "owner": "o"})
    assert made["verdict"] == "unknown"
    assert made["problems"] == [{"subject": "policy engine", "reason": "it is down"}]
    assert engine.asked == 1


def waiver(**parts):
    """A waiver that holds, with changes; None takes a part out."""
    whole = {"rule": "timeouts.node_outlives_nginx", "app": "shop", "reason": "moving in May",
             "owner": "jane", "expires": "2026-12-31", **parts}
    return {name: value for name, value in whole.items() if value is not None}


@pytest.mark.parametrize("given", [
    waiver(),
    waiver(expires="2026-11-21"),
    waiver(expires=datetime.date(2026, 12, 31)),
    waiver(app=None, host="lb1"),
    waiver(app=None, route="shop.example.com:80/"),
])
def test_a_waiver_that_holds(fleet, engine, given):
    made = decision.decide(fleet(keep_alive_timeout=live(5_000)), engine, waivers=[given])
    assert (made["verdict"], made["counts"]["waived"]) == ("allow", 2)
    waived = [result for result in made["results"] if result["status"] == "waived"]
    assert all(result["waiver"]["owner"] == "jane" for result in waived)


def test_a_waiver_is_for_unknown_results_as_well(fleet, engine):
    rules = ("upstream.peer_listens", "timeouts.node_outlives_nginx",
             "timeouts.drain_idle_outlasts_pool", "timeouts.headers_timeout_above_read_timeout")
    waivers = [waiver(rule=rule) for rule in rules]
    made = decision.decide(fleet(app2="unread"), engine, waivers=waivers)
    assert (made["verdict"], made["counts"]["waived"]) == ("allow", 4)


@pytest.mark.parametrize("given, finding", [
    (waiver(expires="2026-11-20"), "waivers.not_expired"),
    (waiver(reason=None), "waivers.well_formed"),
    (waiver(owner=None), "waivers.well_formed"),
    (waiver(expires=None), "waivers.well_formed"),
    (waiver(expires="soon"), "waivers.well_formed"),
    (waiver(app=None), "waivers.well_formed"),
    (waiver(rule=None), "waivers.well_formed"),
    (waiver(owner=5), "waivers.well_formed"),
    (waiver(app="blog"), "waivers.matches_something"),
    (waiver(host="lb2"), "waivers.matches_something"),
    (waiver(rule="timeouts.read_timeout_floor"), "waivers.matches_something"),
    ("timeouts.node_outlives_nginx", "waivers.well_formed"),
])
def test_a_waiver_that_does_not_hold_is_a_finding(fleet, engine, given, finding):
    made = decision.decide(fleet(keep_alive_timeout=live(5_000)), engine, waivers=[given])
    assert (made["verdict"], made["counts"]["waived"]) == ("deny", 0)
    assert finding in {result["rule"] for result in made["results"] if result["status"] == "fail"}


def test_too_many_peers_are_not_evaluated(fleet, engine):
    documents = fleet()
    route = next(document for document in documents if document["kind"] == "route")
    route["peers"] = [copy.deepcopy(route["peers"][0]) for _number in range(513)]
    made = decision.decide(documents, engine)
    assert made["verdict"] == "unknown"
    assert "513 peers" in made["problems"][0]["reason"]
    route["peers"].pop()
    assert decision.decide(documents, engine)["problems"] == []


def test_nothing_to_judge_is_not_allowed(engine):
    assert decision.decide([], engine)["verdict"] == "unknown"


def test_the_worst_comes_first(fleet, engine):
    slow = HTTP.replace("proxy_connect_timeout 3s", "proxy_connect_timeout 30s")
    results = decision.decide(fleet(slow, keep_alive_timeout=live(5_000)), engine)["results"]
    assert [result["rule"] for result in results[:3]] == [
        "timeouts.node_outlives_nginx", "timeouts.node_outlives_nginx",
        "timeouts.connect_timeout_ceiling",
    ]
    assert results[-1]["status"] == "not_applicable"


def test_a_failure_says_what_where_and_how_to_mend_it(fleet, engine):
    made = decision.decide(fleet(keep_alive_timeout=live(5_000)), engine)
    first = made["results"][0]
    assert (first["has"], first["needs"], first["margin"], first["unit"]) == (
        6_000, 11_000, -5_000, "ms")
    assert first["subject"]["peer"] == "app1:3000"
    assert first["subject"]["route"] == "shop.example.com:80/"
    assert "pid 812" in first["where"]
    assert any(place.endswith("nginx.conf:8") for place in first["where"])
    assert "6 s" in first["message"] and "10 s" in first["message"]
    assert "keepalive_timeout 5s;" in first["fix"] and "11000" in first["fix"]
    assert "no502_apps.shop.overrides.nginx.pool_idle" in first["fix"]
    unmanaged = fleet(managed=False, keep_alive_timeout=live(5_000))
    assert "no502_apps" not in decision.decide(unmanaged, engine)["results"][0]["fix"]
