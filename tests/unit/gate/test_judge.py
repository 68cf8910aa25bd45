# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From readings to a verdict with the real policies; whatever goes wrong is `unknown`."""
from __future__ import annotations

import copy

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.engine import choice as engines
from ansible_collections.no502.node.plugins.plugin_utils.decision.judge import allows, blocking, judge
from ansible_collections.no502.node.plugins.plugin_utils.plan.planned import with_planned
from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import steps

OUTLIVES = "timeouts.node_outlives_nginx"
LISTENS = "upstream.peer_listens"
BOTH = [("10.0.0.1", 3000), ("10.0.0.2", 3000)]


def judged(plan, readings, nginx=None, node=(), retired=False, **more):
    planned = {
        "steps": steps(plan, readings), "nginx": nginx or {}, "node": node, "retired": retired
    }
    return judge(readings, apps=plan["apps"], planned=planned, **more)


@pytest.fixture(name="stock")
def _stock(hosts):
    hosts.node("app1", 3000)
    hosts.node("app2", 3000)
    return hosts


def test_a_plan_is_allowed_on_bare_hosts(hosts, plan):
    hosts.readings["lb1"]["nginx"] = []
    hosts.readings["lb1"]["host"]["package_candidates"] = {"nginx": [1, 22, 1]}
    decision = judged(plan(shop={}), hosts.readings, {"lb1": "final"}, ["app1", "app2"])
    assert decision["verdict"] == "allow" and allows(decision), decision["problems"]
    assert decision["counts"]["pass"] > 0


def test_every_step_of_a_legitimate_rollout_is_allowed(stock, plan):
    planned = plan(shop={})
    both = ["app1", "app2"]
    for nginx, node, phase in (
        ("safe", [], "transition"),
        ("safe", both[:1], "transition"),
        ("safe", both, "transition"),
        ("final", both, "steady"),
    ):
        decision = judged(planned, stock.readings, {"lb1": nginx}, node, phase=phase)
        assert allows(decision), (nginx, node, blocking(decision), decision["problems"])


def test_nginx_at_its_final_values_before_node_is_refused(stock, plan):
    decision = judged(plan(shop={}), stock.readings, {"lb1": "final"})
    assert decision["verdict"] == "deny"
    assert OUTLIVES in blocking(decision)


def test_an_override_of_node_below_nginx_is_refused_and_named(stock, plan):
    planned = plan(shop={"overrides": {"node": {"keep_alive_timeout": "5s"}}})
    decision = judged(planned, stock.readings, {"lb1": "final"}, ["app1", "app2"])
    assert blocking(decision) == [OUTLIVES]
    (first, *_rest) = [each for each in decision["results"] if each["blocking"]]
    assert "no502_apps.shop.overrides.node.keep_alive_timeout" in first["where"]


def test_break_glass_lets_it_pass_and_leaves_it_in_the_decision(stock, plan):
    planned = plan(shop={"overrides": {"node": {"keep_alive_timeout": "5s"}}})
    override = {"reason": "outage 4711", "owner": "kim"}
    decision = judged(
        planned, stock.readings, {"lb1": "final"}, ["app1", "app2"], override=override
    )
    assert allows(decision)
    assert blocking(decision) == [OUTLIVES]
    assert decision["override"] == override


def test_a_peer_whose_host_was_not_read_blocks(stock, plan):
    planned = plan(shop={})
    planned["addresses"] = {"app2": "10.0.0.2"}
    del stock.readings["app2"]
    decision = judged(
        planned, stock.readings, {"lb1": "final"}, ["app1"], unread={"app2": "No route to host"}
    )
    assert not allows(decision)
    assert {"subject": "app2", "reason": "not read: No route to host"} in decision["problems"]


def test_an_instance_that_another_nginx_still_uses_may_not_go(hosts, plan):
    for host in ("app1", "app2"):
        hosts.node(host, 3000, keep_alive=65000, unit={"name": "no502-shop-3000@a.service"})
    hosts.route("shop", BOTH, proxy_read_timeout=65000, keepalive_timeout=135000)
    planned = plan(shop={"state": "absent"})
    # --limit app1,app2: lb1 goes on as it is.
    node = ["app1", "app2"]
    decision = judged(planned, hosts.readings, node=node, retired=True)
    assert LISTENS in blocking(decision)
    decision = judged(planned, hosts.readings, {"lb1": "final"}, node, retired=True)
    assert allows(decision), blocking(decision)


def test_an_old_fault_elsewhere_does_not_block(stock, plan):
    stock.route("legacy", [("10.0.0.9", 9000)])
    for route in stock.readings["lb1"]["nginx"][0]["routes"]:
        route["managed"] = None
    for upstream in stock.readings["lb1"]["nginx"][0]["upstreams"]:
        upstream["managed"] = None
    arguments = ({"lb1": "final"}, ["app1", "app2"])
    assert allows(judged(plan(shop={}), stock.readings, *arguments))
    assert not allows(judged(plan(shop={}), stock.readings, *arguments, scope="all"))


def test_a_fault_on_disk_that_does_not_run_yet_is_no_old_fault(stock, plan):
    stock.route("legacy", [("10.0.0.9", 9000)])
    nginx = stock.readings["lb1"]["nginx"][0]
    for part in (*nginx["routes"], *nginx["upstreams"]):
        part["managed"] = None
    nginx["tree"]["newest"] = {"path": "/etc/nginx/conf.d/legacy.conf", "mtime": 200.0}
    decision = judged(plan(shop={}), stock.readings, {"lb1": "final"}, ["app1", "app2"])
    assert not allows(decision)
    assert "legacy.conf changed after nginx had started" in decision["problems"][-1]["reason"]


def test_the_candidate_is_what_is_judged(stock, plan):
    planned = plan(shop={})
    found = steps(planned, stock.readings)
    final = with_planned(stock.readings, planned["apps"], found, {"lb1": "final"}, [])
    decision = judge(
        stock.readings,
        host="lb1",
        candidate=final["lb1"]["nginx"][0],
        apps=planned["apps"],
        generation="0123456789abcdef",
    )
    assert OUTLIVES in blocking(decision)
    assert decision["generation"] == "0123456789abcdef"


def test_readings_are_left_as_they_were(stock, plan):
    before = copy.deepcopy(stock.readings)
    judged(plan(shop={}), stock.readings, {"lb1": "final"}, ["app1", "app2"])
    assert stock.readings == before


@pytest.mark.parametrize(
    "readings, told",
    [
        ({}, "no host could be read"),
        ({"lb1": None}, "no host could be read"),
        ({"lb1": {"nginx": "?"}}, ""),
    ],
)
def test_what_cannot_be_judged_is_unknown(readings, told):
    decision = judge(readings)
    assert decision["verdict"] == "unknown" and not allows(decision)
    assert told in decision["problems"][0]


def test_a_candidate_for_a_host_that_was_not_read_is_unknown(stock):
    del stock.readings["lb1"]
    decision = judge(stock.readings, host="lb1", candidate={"conf": "/etc/nginx/nginx.conf"})
    assert not allows(decision)
    assert "lb1 could not be read" in decision["problems"][0]


def test_an_engine_that_is_not_there_is_unknown(stock):
    config = {"kind": "opa", "url": "http://127.0.0.1:9", "timeout": 500}
    decision = judge(stock.readings, engine=config)
    assert decision["verdict"] == "unknown" and not allows(decision)
    assert decision["problems"]


def test_an_unknown_engine_is_unknown(stock):
    assert not allows(judge(stock.readings, engine={"kind": "coin"}))


class Silent:
    """An engine that has nothing to say about anything."""

    name, revision = "silent", "0"

    def decide(self, document):
        return []


def test_an_engine_that_says_nothing_does_not_allow(stock, plan, monkeypatch):
    monkeypatch.setattr(engines, "engine", lambda _config: Silent())
    decision = judged(plan(shop={}), stock.readings, {"lb1": "final"}, ["app1", "app2"])
    assert not allows(decision)


@pytest.mark.parametrize(
    "decision",
    [
        {"verdict": "deny", "results": []},
        {"verdict": "unknown", "results": []},
        {"verdict": None, "results": []},
        {"results": []},
        {"verdict": "allow", "results": [{"rule": "a.b", "blocking": True}]},
    ],
)
def test_only_allow_allows(decision):
    assert not allows(decision)
