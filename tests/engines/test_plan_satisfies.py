# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan sets, the policies allow: for every edge and longest request, or it refuses."""
from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.plugin_utils.chain import build as chain
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision
from ansible_collections.no502.node.plugins.plugin_utils.engine import choice as engines
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run
from ansible_collections.no502.node.plugins.plugin_utils.plan.planned import with_planned
from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import steps

GROUPS = {"nginx": ["lb1"], "node": ["app1", "app2"]}
ADDRESSES = {"lb1": "10.0.0.5", "app1": "10.0.0.6", "app2": "10.0.0.7"}
ENGINE = engines.engine()


def reading(host):
    """The reading of a host that has nothing yet but the packages to be installed."""
    return {
        "schema": 1,
        "host": {"hostname": host, "addresses": [ADDRESSES[host]],
                 "default_ipv4": ADDRESSES[host], "memory_total": 16 * 1024**3,
                 "package_candidates": {"nginx": [1, 30, 6], "nodejs": [24, 21, 0]}},
        "nginx": [], "node": [], "listeners": [], "problems": [],
    }


def edge(kind, idle):
    """What the inventory says of an edge; the documented values where there are any."""
    needs_idle = kind in EDGES and EDGES[kind].idle.default is None
    return {"kind": kind, "idle_timeout": f"{idle}s"} if needs_idle or idle % 2 else kind


@settings(max_examples=150, deadline=None)
@given(
    longest=st.integers(1, 3600),
    kind=st.sampled_from(["none", *sorted(EDGES)]),
    idle=st.integers(60, 4000),
    instances=st.integers(1, 8),
    websocket=st.booleans(),
    profile=st.sampled_from(["default", "strict"]),
)
def test_the_plan_satisfies_the_policies(longest, kind, idle, instances, websocket, profile):
    app = {
        "longest_request": f"{longest}s", "edge": "none" if kind == "none" else edge(kind, idle),
        "server_names": ["shop.example.com"], "port": 3000, "directory": "/srv/shop",
        "entry": "server.js", "instances": instances, "memory_max": "1G", "websocket": websocket,
    }
    variables = {"no502_apps": {"shop": app}, "no502_profile": profile}
    plan, errors = plan_run(variables, GROUPS, lambda host, name: None)
    if errors:
        assert all(".edge" in error.name for error in errors)
        return
    readings = {host: reading(host) for host in ADDRESSES}
    planned = with_planned(readings, plan["apps"], steps(plan, readings), {"lb1": "final"},
                           ["app1", "app2"])
    documents = chain.build(planned, plan["apps"], {"profile": profile})
    made = decision.decide(documents, ENGINE)
    assert made["problems"] == []
    assert [(result["rule"], result["status"], result["message"]) for result in made["results"]
            if result["status"] in ("fail", "unknown")] == []
    assert made["verdict"] == "allow"
    assert made["counts"]["pass"] >= 10 * instances
