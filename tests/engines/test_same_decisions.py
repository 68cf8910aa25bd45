# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both engines give the same whole decision."""
from __future__ import annotations

import random

from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision

from .conftest import cases, documents

NUMBERS = (0, 1, 999, 1_000, 5_000, 10_000, 59_999, 60_000, 61_000, 120_000, 2**53 - 1)
ORIGINS = ("config", "default", "live", "declared", "planned", "assumed", "unknown")


def decided(found, engine, **options):
    """The decision, without the time and the engine's name."""
    made = decision.decide(found, engine, **options)
    return {name: value for name, value in made.items() if name not in ("at", "engine")}


def generated(count):
    """Chains with values, states and profiles drawn at random; the same ones every time."""
    draw = random.Random(502)
    healthy = [document for document in documents() if document["kind"] != "fleet"]
    for _number in range(count):
        yield mutated(draw.choice(healthy), draw)


def mutated(part, draw):
    """A copy of a part of a document with some of its values replaced."""
    if isinstance(part, list):
        return [mutated(item, draw) for item in part for _copy in range(draw.choice((1, 1, 1, 2)))]
    if not isinstance(part, dict):
        return part
    copy = {name: mutated(value, draw) for name, value in part.items()}
    if set(copy) == {"value", "unit", "origin", "source"} and draw.random() < 0.3:
        copy["origin"] = draw.choice(ORIGINS)
        copy["source"] = f"line {draw.randrange(1000)}"
        if copy["origin"] == "unknown":
            copy["value"] = None
        elif isinstance(copy["value"], int) and not isinstance(copy["value"], bool):
            copy["value"] = draw.choice(NUMBERS)
    for name, choices in (
        ("state", ("node", "other", "silent", "unread", "down")),
        ("profile", ("default", "strict")),
        ("phase", ("steady", "transition")),
        ("managed", (True, False)),
    ):
        if name in copy and draw.random() < 0.3:
            copy[name] = draw.choice(choices)
    return copy


def test_on_every_document_of_the_rules(embedded, server):
    for slug, kind, name, document in cases():
        assert decided([document], embedded) == decided([document], server), (slug, kind, name)


def test_on_generated_chains(embedded, server):
    found = list(generated(300))
    assert decided(found, embedded) == decided(found, server)


def test_with_a_live_tree_waivers_and_all_the_rest(embedded, server):
    before, after = list(generated(40)), list(generated(80))[40:]
    waivers = [
        {"rule": "timeouts.node_outlives_nginx", "app": "shop", "reason": "r", "owner": "o",
         "expires": "2099-01-01"},
        {"rule": "timeouts.read_timeout_floor", "app": "shop", "reason": "r", "owner": "o",
         "expires": "2020-01-01"},
        {"rule": 5},
    ]
    options = {"live_documents": before, "waivers": waivers}
    assert decided(after, embedded, **options) == decided(after, server, **options)
