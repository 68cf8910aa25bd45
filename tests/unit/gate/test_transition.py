# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a rollout: safe for the old Node and for the new one, and no step too many."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import TransitionError, steps

BOTH = [("10.0.0.1", 3000), ("10.0.0.2", 3000)]


def app_of(found, step):
    (app,) = found["nginx"]["lb1"][step]["apps"]
    return app


def places(app):
    return [(peer["address"], peer["port"]) for peer in app["peers"]]


def test_final_step_is_the_plan(hosts, plan):
    planned = plan(shop={})
    app = app_of(steps(planned, hosts.readings), "final")
    assert places(app) == BOTH
    assert app["timeouts"]["pool_idle"] == planned["apps"]["shop"]["timeouts"]["nginx"]["pool_idle"]


def test_pool_is_let_go_of_before_the_old_node_closes(hosts, plan):
    hosts.node("app1", 3000, keep_alive=5000)
    hosts.node("app2", 3000, keep_alive=8000)
    assert app_of(steps(plan(shop={}), hosts.readings), "safe")["timeouts"]["pool_idle"] == 4000


def test_no_pool_in_front_of_a_node_that_could_not_be_read(hosts, plan):
    hosts.node("app1", 3000)
    silent = {"keep_alive_timeout": unknown("ms", "no answer")}
    hosts.node("app2", 3000, settings=silent)
    assert app_of(steps(plan(shop={}), hosts.readings), "safe")["timeouts"]["pool_size"] == 0


@pytest.mark.parametrize("keep_alive", [0, 500, 1999])
def test_no_pool_in_front_of_a_node_that_hardly_keeps_connections(hosts, plan, keep_alive):
    hosts.node("app1", 3000, keep_alive=keep_alive)
    assert app_of(steps(plan(shop={}), hosts.readings), "safe")["timeouts"]["pool_size"] == 0


def test_pool_is_let_go_of_within_the_old_drain(hosts, plan):
    guard = {"idle_grace": known(6000, "ms", "live", "guard")}
    hosts.node("app1", 3000, keep_alive=60000, guard=guard)
    assert app_of(steps(plan(shop={}), hosts.readings), "safe")["timeouts"]["pool_idle"] == 5000


def test_a_request_may_take_as_long_as_the_old_route_allowed(hosts, plan):
    hosts.node("app1", 3000)
    hosts.route("shop", BOTH, proxy_read_timeout=100_000)
    assert app_of(steps(plan(shop={}), hosts.readings), "safe")["timeouts"]["read_timeout"] == 100_000


def test_but_not_longer_than_the_edge_waits(hosts, plan):
    hosts.node("app1", 3000)
    hosts.route("shop", BOTH, proxy_read_timeout=120_000)
    planned = plan(shop={})
    safe = app_of(steps(planned, hosts.readings), "safe")["timeouts"]["read_timeout"]
    assert safe == planned["apps"]["shop"]["timeouts"]["nginx"]["read_timeout"]


def test_an_app_that_does_not_run_yet_has_no_route_in_the_safe_step(hosts, plan):
    found = steps(plan(shop={}), hosts.readings)
    assert found["nginx"]["lb1"]["safe"]["apps"] == []
    assert found["nginx"]["lb1"]["safe"]["state"] == "present"


def test_while_a_port_changes_both_are_served(hosts, plan):
    hosts.node("app1", 3000)
    hosts.node("app2", 3100)
    hosts.route("shop", BOTH)
    found = steps(plan(shop={"port": 3100}), hosts.readings)
    assert places(app_of(found, "safe")) == [("10.0.0.2", 3100), ("10.0.0.1", 3000)]
    assert places(app_of(found, "final")) == [("10.0.0.1", 3100), ("10.0.0.2", 3100)]


def test_a_live_peer_on_a_host_that_was_not_read_stays(hosts, plan):
    hosts.node("app1", 3000)
    hosts.route("shop", BOTH)
    planned = plan(shop={})
    planned["addresses"] = {"app2": "10.0.0.2"}
    del hosts.readings["app2"]
    assert places(app_of(steps(planned, hosts.readings), "safe")) == BOTH


def test_a_peer_that_the_plan_drops_goes_at_once_if_its_host_is_dead(hosts, plan):
    hosts.node("app1", 3000)
    hosts.route("shop", [*BOTH, ("10.0.0.3", 3000)])
    hosts.node("app2", 3000)
    assert places(app_of(steps(plan(shop={}), hosts.readings), "safe")) == BOTH


def test_loopback_is_the_nginx_hosts_own(hosts, plan):
    planned = plan(shop={})
    planned["addresses"] = {"app1": "127.0.0.1"}
    hosts.node("app2", 3000)
    assert ("127.0.0.1", 3000) not in places(app_of(steps(planned, hosts.readings), "safe"))
    hosts.node("lb1", 3000)
    assert ("127.0.0.1", 3000) in places(app_of(steps(planned, hosts.readings), "safe"))


def test_where_nothing_changes_the_safe_step_is_the_final_one(hosts, plan):
    planned = plan(shop={})
    timeouts = planned["apps"]["shop"]["timeouts"]
    guard = {"idle_grace": known(timeouts["drain"]["idle_grace"], "ms", "live", "guard")}
    for host in ("app1", "app2"):
        hosts.node(host, 3000, keep_alive=timeouts["node"]["keep_alive_timeout"], guard=guard)
    hosts.route("shop", BOTH, proxy_read_timeout=timeouts["nginx"]["read_timeout"])
    shutdown = timeouts["nginx"]["worker_shutdown_timeout"]
    hosts.readings["lb1"]["nginx"][0]["main"] = {
        "worker_shutdown_timeout": known(shutdown, "ms", "config", "main.conf:1")
    }
    lb1 = steps(planned, hosts.readings)["nginx"]["lb1"]
    assert lb1["safe"] == lb1["final"]


def test_old_workers_may_go_on_as_long_as_before(hosts, plan):
    hosts.readings["lb1"]["nginx"][0]["main"] = {
        "worker_shutdown_timeout": known(900_000, "ms", "config", "nginx.conf:4")
    }
    lb1 = steps(plan(shop={}), hosts.readings)["nginx"]["lb1"]
    assert lb1["safe"]["worker_shutdown_timeout"] == 900_000
    assert lb1["final"]["worker_shutdown_timeout"] < 900_000


def test_an_absent_app_has_no_route_in_any_step_and_goes_from_node(hosts, plan):
    hosts.node("app1", 3000)
    hosts.route("shop", BOTH)
    found = steps(plan(shop={"state": "absent"}), hosts.readings)
    assert found["nginx"]["lb1"]["safe"] == {
        "state": "absent", "apps": [], "worker_shutdown_timeout": 0
    }
    assert found["node"]["app1"]["apps"] == []


def test_only_an_instance_of_ours_that_runs_and_is_not_planned_is_to_go(hosts, plan):
    hosts.node("app1", 3000, unit={"name": "no502-shop-3000@b.service"})
    hosts.node("app2", 3000)
    found = steps(plan(shop={}), hosts.readings)["node"]
    assert not found["app1"]["retires"] and not found["app2"]["retires"]
    found = steps(plan(shop={"port": 3100}), hosts.readings)["node"]
    assert found["app1"]["retires"] and not found["app2"]["retires"]
    found = steps(plan(shop={"state": "absent"}), hosts.readings)["node"]
    assert found["app1"]["retires"]


def test_a_host_without_an_address_is_named(hosts, plan):
    hosts.readings["app2"]["host"]["default_ipv4"] = None
    with pytest.raises(TransitionError, match="app2: .*Set no502_address"):
        steps(plan(shop={}), hosts.readings)


def test_an_app_that_is_served_but_not_mentioned_is_not_taken_away(hosts, plan):
    hosts.route("blog", [("10.0.0.1", 4000)])
    with pytest.raises(TransitionError, match="lb1 runs the app blog, .* state: absent"):
        steps(plan(shop={}), hosts.readings)


def test_nor_is_one_that_only_runs(hosts, plan):
    hosts.node("app2", 4000, unit={"name": "no502-my-blog-4000@a.service"})
    with pytest.raises(TransitionError, match="app2 runs the app my-blog"):
        steps(plan(shop={}), hosts.readings)
