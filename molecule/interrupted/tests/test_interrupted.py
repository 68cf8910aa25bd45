# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A killed rollout leaves hosts that serve, and the next one does what is left to do.

One story: each test goes on from where the one before it was killed.
"""
from __future__ import annotations

import json

import pytest
from interruption import kill_at_change, kill_at_task

ROLLOUT = "no502.node.rollout"
SITE = "shop.example.com"
PROOF = "/.well-known/no502/generation"
ADOPTED = "/etc/nginx/conf.d/.shop.conf.no502-disabled"


@pytest.fixture(name="lb1")
def the_nginx_host(hosts):
    """The host of nginx."""
    return hosts["lb1"]


@pytest.fixture(name="changed_shop", scope="module")
def a_changed_shop(apps):
    """The scenario's app with one more variable in its environment: another release of it."""
    return {"shop": {**apps["shop"], "environment": {"GREETING": "good evening"}}}


def test_killed_after_staging(lb1, state):
    before = state()
    kill_at_task("Decide", ROLLOUT)
    assert staged(lb1), "the candidate was not staged yet"
    assert state() == before
    assert_serves(lb1)


@pytest.mark.parametrize("step", [
    "/etc/nginx/no502",
    # The last one: the hand-written file, whose server name is taken over, is put aside.
    ADOPTED,
])
def test_killed_between_swap_and_reload(lb1, state, step):
    # The kill before may have come after this step: then it is to be done once more.
    lb1.run(f"mv {ADOPTED} /etc/nginx/conf.d/shop.conf")
    workers = state()["lb1"]["nginx"]
    kill_at_change(lb1, step, ROLLOUT)
    assert state()["lb1"]["nginx"] == workers, "nginx was reloaded before the kill"
    assert generation_of_files(lb1) in staged(lb1)
    assert_serves(lb1)
    assert answer(lb1, PROOF) != generation_of_files(lb1)


def test_killed_while_a_unit_is_replaced(hosts, lb1):
    """The worst instant on a Node host: the old unit is gone, the new process does not serve yet."""
    kill_at_change(hosts["app1"], "/etc/systemd/system/multi-user.target.wants/shop.service",
                   ROLLOUT)
    assert answer(lb1, PROOF) == generation_of_files(lb1), "the first pass was not made up for"
    assert not hosts["app1"].service("shop").is_running
    assert hosts["app2"].service("shop").is_running
    assert_serves(lb1)


def test_the_next_run_finishes(hosts, lb1, play):
    run = play(ROLLOUT)
    assert run.code == 0, run.output
    assert answer(lb1, PROOF) == generation_of_files(lb1)
    for name in ("app1", "app2"):
        assert not hosts[name].service("shop").is_running
        assert running_slots(hosts[name]) == ["a"]
    assert_serves(lb1)


def test_killed_while_both_processes_run(hosts, lb1, changed_shop):
    """The socket is being given to the new process, which is proven; the old one runs still."""
    kill_at_change(hosts["app1"], "/etc/systemd/system/no502-shop-3000.socket", ROLLOUT,
                   apps=changed_shop)
    assert running_slots(hosts["app1"]) == ["a", "b"]
    assert running_slots(hosts["app2"]) == ["a"]
    assert_serves(lb1)


def test_the_next_run_finishes_that_too(hosts, lb1, play, changed_shop):
    run = play(ROLLOUT, apps=changed_shop)
    assert run.code == 0, run.output
    for name in ("app1", "app2"):
        (slot,) = running_slots(hosts[name])
        assert "GREETING=good evening" in environment_of(hosts[name], main_pid(hosts[name], slot))
    assert_serves(lb1)


def test_the_run_after_changes_nothing(play, state, changed_shop):
    before = state()
    run = play(ROLLOUT, apps=changed_shop)
    assert run.code == 0, run.output
    assert run.changed() == {"lb1": 0, "app1": 0, "app2": 0}
    assert state() == before


def assert_serves(lb1) -> None:
    """nginx accepts the live tree as it lies there, and requests are answered, by every worker."""
    lb1.check_output("nginx -t")
    answers = [json.loads(answer(lb1, "/", "order")) for _number in range(20)]
    assert answers == [{"method": "POST", "received": 5}] * 20


def answer(lb1, path: str, body: str = "") -> str:
    """What the shop answers to a POST on a connection of its own."""
    return lb1.check_output("curl -sS --data %s -H %s %s", body, f"Host: {SITE}",
                            f"http://127.0.0.1{path}")


def staged(lb1) -> list[str]:
    """The generations that are there."""
    return lb1.check_output("cd /etc/nginx/no502.d && find . -maxdepth 1 -type d -name '????*'"
                            " -printf '%f\n'").split()


def generation_of_files(lb1) -> str:
    """The generation that nginx would load."""
    return lb1.check_output("basename $(readlink /etc/nginx/no502)")


def running_slots(host) -> list[str]:
    """Which of an instance's two services run and are not on their way out."""
    return [slot for slot in "ab" if host.run(
        f"systemctl is-active --quiet no502-shop-3000@{slot}.service").succeeded]


def main_pid(host, slot: str) -> str:
    """The process of a slot."""
    return host.check_output(f"systemctl show -P MainPID no502-shop-3000@{slot}.service")


def environment_of(host, pid: str) -> list[str]:
    """The environment of a process."""
    return host.check_output(f"tr '\\0' '\\n' </proc/{pid}/environ").splitlines()
