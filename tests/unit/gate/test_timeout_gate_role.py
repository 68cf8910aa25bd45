# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's lists that have to say the same in two places."""
from __future__ import annotations

import pathlib

import pytest
import yaml

ROLE = pathlib.Path(__file__).parents[3] / "roles" / "timeout_gate"
COMPUTED = {"timeout_gate_peers"}


def load(path):
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def test_the_topics_that_are_checked_are_the_ones_that_are_heard():
    (handler,) = load("handlers/main.yml")
    assert handler["listen"] == load("vars/main.yml")["timeout_gate_heard"]


@pytest.mark.parametrize("entry", ["main", "decide"])
def test_documented_defaults_are_the_defaults(entry):
    options = load("meta/argument_specs.yml")["argument_specs"][entry]["options"]
    defaults = load("defaults/main.yml")
    assert set(options) == set(defaults)
    assert {name: option.get("default") for name, option in options.items()} == {
        name: None if name in COMPUTED else value for name, value in defaults.items()
    }
