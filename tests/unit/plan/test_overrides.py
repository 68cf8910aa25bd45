# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.plugin_utils.plan.overrides import (
    names, parse_overrides, with_overrides,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.timeout_plan import timeout_plan

NAME = "no502_apps.shop.overrides"
PLAN = timeout_plan(60000, {
    "kind": "aws_alb", "idle_timeout": 120000, "response_limit": 120000, "layer": 7,
    "preconnects": True}, 2, 1024 ** 3)


def test_every_planned_value_can_be_overridden_but_the_memory_limit():
    planned = {f"{hop}.{name}" for hop, values in PLAN.items() if hop != "reasons"
               for name in values}
    assert set(names()) == planned - {"memory.limit"}


def test_values_in_every_accepted_form():
    parsed, errors = parse_overrides({
        "nginx": {"read_timeout": "70s", "max_fails": "2", "pool_size": 64,
                  "next_upstream_timeout": 0},
        "drain": {"max": "1min 30s"}, "memory": {"old_space_mib": 512}}, NAME)
    assert errors == []
    assert parsed == {
        "nginx.read_timeout": 70000, "nginx.max_fails": 2, "nginx.pool_size": 64,
        "nginx.next_upstream_timeout": 0, "drain.max": 90000, "memory.old_space_mib": 512}


@pytest.mark.parametrize("value, name, problem", [
    ({"nginx": {"read_timeoutt": 1}}, ".nginx.read_timeoutt",
     "there is no 'nginx.read_timeoutt' to override: did you mean nginx.read_timeout?"),
    ({"pm2": {}}, ".pm2", "there is no 'pm2' to override"),
    ({"memory": {"limit": "1G"}}, ".memory.limit", "there is no 'memory.limit' to override"),
    ({"nginx": "70s"}, ".nginx", "'70s' is not a mapping"),
    (["nginx"], "", "['nginx'] is not a mapping"),
    ({"nginx": {"read_timeout": 0}}, ".nginx.read_timeout", "0 means nothing here"),
    ({"nginx": {"fail_timeout": "500ms"}}, ".nginx.fail_timeout",
     "'500ms' has a fraction of a second"),
    ({"nginx": {"max_fails": "many"}}, ".nginx.max_fails", "'many' is not a count"),
    ({"nginx": {"max_fails": True}}, ".nginx.max_fails", "True is not a count"),
    ({"nginx": {"pool_size": 0}}, ".nginx.pool_size", "0 is out of bounds"),
    ({"nginx": {"pool_size": 10 ** 9}}, ".nginx.pool_size", "1000000000 is out of bounds"),
])
def test_refused(value, name, problem):
    parsed, errors = parse_overrides(value, NAME)
    assert parsed == {}
    assert [(error.name, error.problem) for error in errors] == [(NAME + name, problem)]


def test_unknown_names_are_answered_with_those_that_exist():
    _parsed, errors = parse_overrides({"node": {"timeout": 1}}, NAME)
    assert errors[0].accepted == ", ".join(names())


def test_every_error_is_kept():
    _parsed, errors = parse_overrides(
        {"nginx": {"read_timeout": "x", "send_timeout": "y"}, "x": 1}, NAME)
    assert len(errors) == 3


def test_only_the_overridden_value_changes_and_says_so():
    changed = with_overrides(PLAN, {"nginx.read_timeout": 70000, "nginx.pool_size": 8})
    assert changed["nginx"] == {**PLAN["nginx"], "read_timeout": 70000, "pool_size": 8}
    assert changed["node"] == PLAN["node"]
    assert changed["reasons"]["nginx.read_timeout"] == \
        "overridden in the inventory; planned was 65 s"
    assert changed["reasons"]["nginx.pool_size"] == "overridden in the inventory; planned was 32"
    assert PLAN["nginx"]["read_timeout"] == 65000


def test_a_value_that_the_plan_leaves_out_can_be_added():
    plan = timeout_plan(60000, None, 1, 1024 ** 3)
    changed = with_overrides(plan, {"nginx.client_header_timeout": 90000})
    assert changed["nginx"]["client_header_timeout"] == 90000
    assert changed["reasons"]["nginx.client_header_timeout"] == \
        "overridden in the inventory; planned was nothing"
