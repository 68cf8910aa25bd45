# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""--limit, --tags, --start-at-task, the module alone: never a reload without a decision."""
from __future__ import annotations

import re
from pathlib import Path

import pytest

BY_HAND = Path(__file__).resolve().parents[1] / "loaded_by_hand.yml"
ROLLOUT = "no502.node.rollout"


@pytest.mark.parametrize("tag", ("always", "untagged", "nginx"))
def test_parts_by_tags_are_not_done(play, untouched, shop, tag):
    with untouched():
        done = play(ROLLOUT, "--tags", tag, apps=shop(longest_request="90s"))
    assert done.code == 2, done.output
    assert "a rollout has no parts" in " ".join(done.output.split())


def test_a_run_that_leaves_out_all_checks_changes_nothing(play, untouched, shop):
    with untouched():
        play(ROLLOUT, "--skip-tags", "always", apps=shop(longest_request="90s"))


@pytest.mark.parametrize("task", (
    "Work out the steps",
    "Bring nginx to the safe values",
    "Bring Node to its new values",
    "Bring nginx to the final values",
    "Take away old instances and apps",
))
def test_a_run_that_begins_in_the_middle_changes_nothing(play, untouched, shop, task):
    with untouched():
        play(ROLLOUT, "--start-at-task", task, apps=shop(longest_request="90s"))


def test_nothing_is_loaded_without_a_decision_for_it(play, untouched):
    with untouched():
        done = play(BY_HAND)
    assert done.code == 0, done.output


@pytest.mark.parametrize("limit", ("lb1", "app1"))
def test_a_part_of_the_hosts_is_judged_with_the_others(play, untouched, shop, limit):
    """nginx's pool alone, Node's keep-alive alone: each refused by the other's reading."""
    with untouched():
        done = play(ROLLOUT, "--limit", limit, apps=shop(overrides={
            "lb1": {"nginx": {"pool_idle": "40s"}},
            "app1": {"node": {"keep_alive_timeout": "5s"}}}[limit]))
    assert done.code == 2, done.output
    assert "timeouts.node_outlives_nginx" in done.refusal()


def test_a_dead_host_does_not_block_the_change_that_takes_it_out(play, untouched, shop, dead):
    with untouched():
        done = play(ROLLOUT, *dead, "--check", "--diff", apps=shop(hosts="living"))
    assert done.code == 0, done.output
    assert len(re.findall(r"^-    server \S+:3000 ", done.output, re.M)) >= 1, done.output
    assert "Decision: allow" in done.output
