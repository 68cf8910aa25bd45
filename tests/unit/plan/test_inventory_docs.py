# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/inventory.md says what the code does."""
from __future__ import annotations

import re
from pathlib import Path

import yaml

from ansible_collections.no502.node.plugins.module_utils.durations import written
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs_app import KEYS
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs_run import NAMES
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run
from ansible_collections.no502.node.plugins.plugin_utils.plan.overrides import names

TEXT = (Path(__file__).resolve().parents[3] / "docs/inventory.md").read_text(encoding="utf-8")


def section(title):
    """The text below a heading, up to the next."""
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ")[0]


def rows(title):
    """The cells of a section's table, by the name in the first."""
    found = [[cell.strip() for cell in line.strip("|").split("|")]
             for line in section(title).splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[1:] for row in found}


def test_every_key_of_an_app():
    assert set(rows("An app")) == set(KEYS)


def test_every_variable():
    assert set(rows("The playbooks' inputs")) | {"no502_apps", "no502_address"} == set(NAMES)


def test_every_override():
    written_down = {f"{hop}.{name}" for hop, cells in rows("Overrides").items()
                    for name in re.findall(r"`([a-z_]+)`", cells[0])}
    assert written_down == set(names())


def test_every_edge_with_its_values():
    assert rows("The edge") == {
        kind: [_shown(edge.idle), "the same" if edge.response is None else _shown(edge.response)]
        for kind, edge in EDGES.items()}


def _shown(limit):
    if limit.default is None:
        return "must be given"
    text = written(limit.default) if limit.default else "no limit"
    return f"[{text}]({limit.source})" if limit.source.startswith("https://") else text


def test_the_example_is_a_good_inventory():
    example = yaml.safe_load(TEXT.split("```yaml\n", 1)[1].split("```")[0])["all"]
    groups = {name: list(group["hosts"]) for name, group in example["children"].items()}
    _plan, errors = plan_run(example["vars"], groups, lambda host, name: None)
    assert errors == []
