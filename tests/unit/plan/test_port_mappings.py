# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host variable no502_port_mappings: what it may say, and what is said of what it may not."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run
from ansible_collections.no502.node.plugins.plugin_utils.plan.port_mappings import port_mappings

NAME = "no502_port_mappings of app1"


def test_a_mapping_in_full():
    given = [{"address": "203.0.113.7", "port": "8080", "to": 3000, "container": "4f2d9c8a1b7e"}]
    assert port_mappings(given, NAME) == [
        {"address": "203.0.113.7", "port": 8080, "to": 3000, "container": "4f2d9c8a1b7e"}]


def test_what_may_be_left_out():
    assert port_mappings([{"port": 80, "to": 3000}], NAME) == [
        {"address": None, "port": 80, "to": 3000, "container": None}]
    assert port_mappings([], NAME) == []


@pytest.mark.parametrize("value, name, words", [
    ({"port": 80}, NAME, "is not a list"),
    (["80:3000"], f"{NAME}[0]", "is not a mapping"),
    ([{"port": 80}], f"{NAME}[0].to", "is missing"),
    ([{"to": 80}], f"{NAME}[0].port", "is missing"),
    ([{"port": 80, "to": 70000}], f"{NAME}[0].to", "out of bounds"),
    ([{"port": 80, "to": 3000, "host": "x"}], f"{NAME}[0].host", "no such key"),
    ([{"port": 80, "to": 3000, "address": "shop"}], f"{NAME}[0].address", "not an IP address"),
    ([{"port": 80, "to": 3000, "container": "web"}], f"{NAME}[0].container", "container's id"),
    ([{"port": 80, "to": 1}, {"port": 80, "to": 2}], f"{NAME}[1].port", "mapped already"),
])
def test_what_is_wrong_is_named(value, name, words):
    with pytest.raises(InputError, match=words) as caught:
        port_mappings(value, NAME)
    assert caught.value.name == name


def test_the_plan_complains_of_it_whatever_group_the_host_is_in():
    variables = {("app9", "no502_port_mappings"): [{"port": 80}]}
    _plan, errors = plan_run({}, {"all": ["app9"]}, lambda *asked: variables.get(asked))
    assert "no502_port_mappings of app9[0].to" in [error.name for error in errors]
