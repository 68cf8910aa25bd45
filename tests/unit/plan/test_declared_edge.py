# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.plugin_utils.plan.declared_edge import declared_edge
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError

NAME = "no502_apps.shop.edge"


@pytest.mark.parametrize("value", [None, "none", {"kind": "none"}])
def test_no_edge(value):
    assert declared_edge(value, NAME) is None


def test_a_kind_alone_has_its_documented_values():
    assert declared_edge("aws_alb", NAME) == {
        "kind": "aws_alb", "idle_timeout": 60000, "response_limit": 60000, "layer": 7,
        "preconnects": True,
        "source": "aws_alb: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
                  "edit-load-balancer-attributes.html",
    }


def test_the_inventory_overrides_them():
    edge = declared_edge({"kind": "cloudfront", "idle_timeout": "1min", "response_limit": 60}, NAME)
    assert (edge["idle_timeout"], edge["response_limit"]) == (60000, 60000)
    assert edge["source"].startswith("inventory (idle_timeout, response_limit); cloudfront: ")


def test_one_time_out_for_both():
    edge = declared_edge({"kind": "aws_alb", "idle_timeout": "120s"}, NAME)
    assert edge["response_limit"] == 120000


def test_no_response_limit():
    for edge in ({"kind": "gcp_alb", "response_limit": "none"}, "traefik"):
        assert declared_edge(edge, NAME)["response_limit"] is None


@pytest.mark.parametrize("value, name, problem, accepted", [
    ("aws_elb", NAME, "unknown edge 'aws_elb': did you mean aws_nlb?",
     ", ".join(sorted(EDGES)) + ", none"),
    ({"kind": 5}, NAME + ".kind", "unknown edge 5", ", ".join(sorted(EDGES)) + ", none"),
    ({}, NAME, "unknown edge None", ", ".join(sorted(EDGES)) + ", none"),
    (["aws_alb"], NAME, "['aws_alb'] is not an edge",
     "a kind of edge, or a mapping with its kind, or none"),
    ({"kind": "aws_alb", "idle": 60}, NAME + ".idle", "no such key",
     "kind, idle_timeout, response_limit"),
    ({"kind": "aws_alb", "idle_timeoutt": 60}, NAME + ".idle_timeoutt",
     "no such key: did you mean idle_timeout?", "kind, idle_timeout, response_limit"),
    ("fastly", NAME + ".idle_timeout",
     "fastly has no documented idle time-out: it must be given",
     "the idle time-out towards nginx that is set there"),
    ({"kind": "aws_alb", "idle_timeout": "1.5m"}, NAME + ".idle_timeout",
     "'1.5m' has a fraction, which nginx cannot read",
     "seconds (90), or a time as nginx or systemd writes it (90s, 1m30s, 1min 30s, 500ms)"),
    ({"kind": "aws_alb", "idle_timeout": "4001s"}, NAME + ".idle_timeout",
     "'4001s' is not possible at aws_alb", "1 s to 4000 s (idle_timeout.timeout_seconds)"),
    ({"kind": "aws_alb", "response_limit": 60}, NAME + ".response_limit",
     "aws_alb has one time-out for both: its idle time-out", "idle_timeout only"),
])
def test_refused(value, name, problem, accepted):
    with pytest.raises(InputError) as refusal:
        declared_edge(value, NAME)
    assert (refusal.value.name, refusal.value.problem, refusal.value.accepted) == (
        name, problem, accepted)
    assert refusal.value.example.startswith("edge: {kind: ")


def test_every_value_has_a_source():
    for kind, edge in EDGES.items():
        for limit in (edge.idle, edge.response):
            assert limit is None or limit.source.startswith("https://") or kind == "other", kind
