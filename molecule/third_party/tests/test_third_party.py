# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gate in front of a reload that is somebody else's.

Node closes idle connections after 5 s: an upstream that keeps them for less is good.
"""
from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
RULE = "timeouts.node_outlives_nginx"


def test_a_good_change_is_reloaded_by_their_handler(play, state):
    before = workers(state)
    run = play(HERE / "converge.yml", website_pool_idle="2s")
    assert run.code == 0, run.output
    assert workers(state).isdisjoint(before)


def test_a_bad_change_is_refused_before_their_handler(play, state, visitor):
    before = workers(state)
    with visitor("lb1", "shop.example.com") as client:
        run = play(HERE / "converge.yml", website_pool_idle="60s")
    assert run.code != 0
    assert workers(state) == before
    assert client.failures() == []
    refusal = run.refusal()
    assert RULE in refusal
    assert "/etc/nginx/conf.d/shop.conf:" in refusal
    assert "60 s" in refusal


def test_a_change_is_refused_while_node_does_not_say_its_time_out(hosts, play, state):
    """It was not known before either: that makes it no old fault, since this peer's pool changes."""
    converged = play(HERE / "converge.yml", website_pool_idle="3s")
    assert converged.code == 0, converged.output
    before = workers(state)
    hosts["app1"].check_output("systemctl kill --signal=STOP shop.service")
    try:
        run = play(HERE / "converge.yml", website_pool_idle="60s")
    finally:
        hosts["app1"].check_output("systemctl kill --signal=CONT shop.service")
    assert run.code != 0
    assert workers(state) == before
    assert RULE in run.refusal()
    assert "no answer within 2 s" in run.refusal()


def test_the_same_on_a_topic_of_their_own(play, state):
    """The bad file lies there still: it is written anew, with another value that is as bad."""
    before = workers(state)
    run = play(HERE / "own_topic.yml", website_pool_idle="61s")
    assert run.code != 0
    assert RULE in run.refusal()
    assert workers(state) == before

    run = play(HERE / "own_topic.yml", website_pool_idle="3s")
    assert run.code == 0, run.output
    assert workers(state).isdisjoint(before)


def test_a_topic_that_nothing_hears_is_told_of_at_once(play, state):
    before = state()
    run = play(HERE / "converge.yml", timeout_gate_topics=["apply the website"],
               website_pool_idle="4s")
    assert run.code != 0
    assert "apply the website cannot be heard" in " ".join(run.output.split())
    assert state() == before


def test_the_wrong_order_is_told(play, state):
    """Their handler has reloaded already when the gate is heard: what is refused is live."""
    before = workers(state)
    run = play(HERE / "gate_last.yml", website_pool_idle="60s")
    assert run.code != 0
    assert workers(state).isdisjoint(before)
    assert "TOO LATE" in run.refusal()
    assert "list no502.node.timeout_gate before the role that reloads" in " ".join(run.refusal().split())


def workers(state) -> set[int]:
    """The workers of nginx that are not on their way out."""
    return {pid for pid, _started, line in state()["lb1"]["nginx"] if line == "nginx: worker process"}
