# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.plugin_utils.plan.declared_edge import declared_edge
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError
from ansible_collections.no502.node.plugins.plugin_utils.plan.timeout_plan import timeout_plan

S = 1000
MIB = 1024 * 1024

# What must hold of every plan, written down without the plan's own arithmetic: name -> predicate
# of (t: the plan, a: what was asked).
INVARIANTS = {
    "the edge is the first to close an idle connection to nginx": lambda t, a:
        a["edge"] is None or a["edge"]["layer"] == 4
        or t["nginx"]["client_keepalive_timeout"] >= a["edge"]["idle_timeout"] + 15 * S,
    "nginx closes what a forwarding edge would forget": lambda t, a:
        a["edge"] is None or a["edge"]["layer"] == 7
        or 0 < t["nginx"]["client_keepalive_timeout"] < a["edge"]["idle_timeout"],
    "a connection opened in advance outlives the edge's idle time-out": lambda t, a:
        a["edge"] is None or not a["edge"]["preconnects"]
        or t["nginx"].get("client_header_timeout", 60 * S) > a["edge"]["idle_timeout"],
    "no long client_header_timeout without need": lambda t, a:
        "client_header_timeout" not in t["nginx"] or a["edge"]["preconnects"],
    "the longest request is waited for": lambda t, a:
        t["nginx"]["read_timeout"] >= a["longest_request"] + 5 * S,
    "nginx gives up before the edge": lambda t, a:
        not _limit(a) or t["nginx"]["read_timeout"] < _limit(a),
    "the floor of 61 s yields only to the edge": lambda t, a:
        t["nginx"]["read_timeout"] >= 61 * S
        or (_limit(a) and _limit(a) <= 61 * S
            and t["nginx"]["read_timeout"] >= _limit(a) - 5 * S),
    "a dead peer is given up in 1 to 3 s": lambda t, a:
        1 * S <= t["nginx"]["connect_timeout"] <= 3 * S,
    "nginx stops sending no later than it stops reading": lambda t, a:
        t["nginx"]["send_timeout"] <= t["nginx"]["read_timeout"],
    "every allowed try can begin when the ones before met dead peers": lambda t, a:
        t["nginx"]["next_upstream_timeout"]
        > (t["nginx"]["next_upstream_tries"] - 1) * t["nginx"]["connect_timeout"],
    "a hung peer is not tried twice": lambda t, a:
        t["nginx"]["next_upstream_timeout"] < t["nginx"]["read_timeout"],
    "no more tries than peers": lambda t, a:
        1 <= t["nginx"]["next_upstream_tries"] <= min(a["peers"], 3),
    "one failure takes no peer out, and none for long": lambda t, a:
        t["nginx"]["max_fails"] >= 2 and t["nginx"]["fail_timeout"] <= 5 * S
        and t["nginx"]["fail_timeout"] % S == 0,
    "the pool is short": lambda t, a: 5 * S <= t["nginx"]["pool_idle"] <= 15 * S,
    "every peer finds room in the pool": lambda t, a:
        min(a["peers"], 256) <= t["nginx"]["pool_size"] <= 256,
    "Node outlives nginx's pool by far more than a second": lambda t, a:
        t["node"]["keep_alive_timeout"] >= t["nginx"]["pool_idle"] + 5 * S,
    "headers_timeout is above keep-alive": lambda t, a:
        t["node"]["headers_timeout"] > t["node"]["keep_alive_timeout"],
    "headers_timeout is above the read time-out": lambda t, a:
        t["node"]["headers_timeout"] > t["nginx"]["read_timeout"]
        or (a["profile"] == "default" and t["node"]["headers_timeout"] == 120 * S),
    "headers_timeout is bounded by default": lambda t, a:
        a["profile"] == "strict" or t["node"]["headers_timeout"] <= 120 * S,
    "Node does not swap request and headers time-out": lambda t, a:
        t["node"]["request_timeout"] > t["node"]["headers_timeout"],
    "the longest upload is waited for": lambda t, a:
        t["node"]["request_timeout"] > a["upload_time"],
    "idle sockets outlast nginx's pool in a drain": lambda t, a:
        t["drain"]["idle_grace"] >= t["nginx"]["pool_idle"] + 1 * S,
    "a request that comes last on a pooled connection is finished": lambda t, a:
        t["drain"]["max"]
        >= t["nginx"]["pool_idle"] + min(a["longest_request"], 120 * S),
    "a drain has an end": lambda t, a: t["drain"]["max"] <= 135 * S,
    "systemd waits for the drain": lambda t, a:
        t["systemd"]["timeout_stop"] >= max(t["drain"].values()) + 5 * S,
    "old workers wait for the drain and for their requests": lambda t, a:
        t["nginx"]["worker_shutdown_timeout"]
        > max(t["drain"]["max"], t["nginx"]["read_timeout"]),
    "the heap fits": lambda t, a:
        128 <= t["memory"]["old_space_mib"]
        and t["memory"]["old_space_mib"] * MIB <= a["memory_max"] * 0.75
        and t["memory"]["old_space_mib"] * MIB <= a["memory_max"] - 256 * MIB
        and t["memory"]["limit"] == a["memory_max"],
}


def _limit(asked):
    return asked["edge"]["response_limit"] if asked["edge"] else None


def _leaves(timeouts):
    return {f"{hop}.{name}": value for hop, values in timeouts.items() if hop != "reasons"
            for name, value in values.items()}


def _broken(timeouts, asked):
    return [name for name, holds in INVARIANTS.items() if not holds(timeouts, asked)]


@st.composite
def edges(draw):
    """Every kind of edge, with its defaults and with limits of its own."""
    kind = draw(st.sampled_from(["none", *sorted(EDGES)]))
    if kind == "none":
        return None
    declared = {"kind": kind}
    known = EDGES[kind]
    if known.idle.default is None or draw(st.booleans()):
        declared["idle_timeout"] = draw(_within(known.idle))
    if known.response is not None and draw(st.booleans()):
        declared["response_limit"] = draw(st.one_of(st.just("none"), _within(known.response)))
    return declared_edge(declared, "edge")


def _within(limit):
    lowest = max((limit.lowest or S) // S, 1)
    highest = min((limit.highest or 7200 * S) // S, 7200)
    return st.integers(lowest, highest)


asked_for = st.fixed_dictionaries({
    "longest_request": st.integers(1 * S, 3600 * S),
    "edge": edges(),
    "peers": st.integers(1, 64),
    "memory_max": st.integers(384 * MIB, 16384 * MIB),
    "upload_time": st.integers(1 * S, 7200 * S),
    "profile": st.sampled_from(["default", "strict"]),
})


@settings(max_examples=1500, deadline=None)
@given(asked_for)
def test_every_plan_holds_or_is_rightly_refused(asked):
    longest = -(-asked["longest_request"] // S) * S
    limit = _limit(asked)
    servable = limit is None or longest + 5 * S < limit
    try:
        timeouts = timeout_plan(**asked, name="no502_apps.shop.edge")
    except InputError as refusal:
        assert not servable, "refused, though the pair can be served"
        assert refusal.name.startswith("no502_apps.shop.edge.")
        assert asked["edge"]["kind"] in refusal.problem
        advised = _as_advised(asked, refusal.example)
        assert _broken(timeout_plan(**advised), advised) == []
        return
    assert servable, "planned, though no read time-out lies between request and edge"
    assert _broken(timeouts, asked) == []
    leaves = _leaves(timeouts)
    assert all(isinstance(value, int) and value > 0 for value in leaves.values())
    assert set(timeouts["reasons"]) == set(leaves)
    assert all(timeouts["reasons"].values())


def _as_advised(asked, example):
    """What is asked for after the user has followed the example of a refusal."""
    name, _space, value = example.partition(": ")
    if name == "longest_request":
        return {**asked, "longest_request": int(value.rstrip("s")) * S}
    if value == "none":
        return {**asked, "edge": None}
    declared = dict(pair.split(": ") for pair in value.strip("{}").split(", "))
    declared.setdefault("idle_timeout", asked["edge"]["idle_timeout"] // S)
    return {**asked, "edge": declared_edge(declared, "edge")}


def plan(longest=60 * S, edge=None, peers=2, memory_max=1024 * MIB, **more):
    return timeout_plan(longest, declared_edge(edge, "edge"), peers, memory_max, **more)


def test_the_plan_of_the_readme():
    timeouts = plan(edge={"kind": "aws_alb", "idle_timeout": "120s"})
    assert {key: value for key, value in timeouts.items() if key != "reasons"} == {
        "nginx": {
            "client_keepalive_timeout": 135 * S, "client_header_timeout": 135 * S,
            "read_timeout": 65 * S, "send_timeout": 60 * S, "connect_timeout": 2 * S,
            "next_upstream_tries": 2, "next_upstream_timeout": 48 * S, "max_fails": 3,
            "fail_timeout": 5 * S, "pool_size": 32, "pool_idle": 10 * S,
            "worker_shutdown_timeout": 81 * S,
        },
        "node": {"keep_alive_timeout": 30 * S, "headers_timeout": 95 * S,
                 "request_timeout": 300 * S},
        "drain": {"idle_grace": 11 * S, "max": 71 * S, "stream_grace": 10 * S},
        "systemd": {"timeout_stop": 81 * S, "timeout_start": 90 * S},
        "memory": {"limit": 1024 * MIB, "old_space_mib": 768},
    }
    json.dumps(timeouts)


@pytest.mark.parametrize("kind, keepalive", [
    ("aws_alb", 75), ("cloudfront", 20), ("gcp_alb", 620), ("cloudflare", 915),
    ("azure_front_door", 105), ("heroku", 105), ("oci", 315), ("traefik", 105), ("none", 75),
])
def test_client_keepalive_of_each_edge(kind, keepalive):
    assert plan(S, kind)["nginx"]["client_keepalive_timeout"] == keepalive * S


@pytest.mark.parametrize("edge, setting, needed, shorter", [
    ("aws_alb", "idle_timeout", "70s", "54s"),
    ("aws_clb", "idle_timeout", "70s", "54s"),
    ("cloudfront", "response_limit", "70s", "24s"),
    ("gcp_alb", "response_limit", "70s", "24s"),
    ("heroku", "response_limit", None, "24s"),
    ({"kind": "azure_app_gw", "idle_timeout": 60}, "response_limit", "70s", "14s"),
    ("envoy", "response_limit", "70s", "9s"),
    ({"kind": "fastly", "idle_timeout": 60}, "response_limit", "70s", "9s"),
    ("oci", "response_limit", "70s", "54s"),
])
def test_a_minute_behind_an_edge_that_waits_less(edge, setting, needed, shorter):
    with pytest.raises(InputError) as refusal:
        plan(60 * S, edge)
    kind = edge if isinstance(edge, str) else edge["kind"]
    assert refusal.value.name == f"edge.{setting}"
    if needed:
        assert f"edge.{setting} of {kind} >= {needed}" in refusal.value.accepted
        assert refusal.value.example == f"edge: {{kind: {kind}, {setting}: {needed}}}"
    else:
        assert "edge." not in refusal.value.accepted
        assert refusal.value.example == "longest_request: 24s"
    assert f"a longest_request of at most {shorter}" in refusal.value.accepted


def test_a_refusal_in_full():
    with pytest.raises(InputError) as refusal:
        plan(60 * S, "aws_alb")
    assert str(refusal.value) == (
        "edge.idle_timeout: aws_alb gives up after 60 s; a longest request of 60 s needs 70 s "
        "there, as nginx must wait 65 s for Node and answer before the edge gives up. Accepted: "
        "edge.idle_timeout of aws_alb >= 70s, set at the edge (idle_timeout.timeout_seconds) and "
        "declared here; or a longest_request of at most 54s. "
        "Example: edge: {kind: aws_alb, idle_timeout: 70s}")


def test_an_hour_behind_cloudfront_cannot_be_had():
    with pytest.raises(InputError) as refusal:
        plan(3600 * S, "cloudfront")
    assert refusal.value.accepted == "a longest_request of at most 24s"


def test_an_edge_too_short_for_anything():
    with pytest.raises(InputError) as refusal:
        plan(S, {"kind": "heroku", "response_limit": 5})
    assert refusal.value.accepted == "another edge: no request can be served behind heroku"


def test_strict_lifts_the_bound_of_headers_timeout():
    assert plan(3600 * S)["node"]["headers_timeout"] == 120 * S
    assert plan(3600 * S, profile="strict")["node"]["headers_timeout"] == 3635 * S
