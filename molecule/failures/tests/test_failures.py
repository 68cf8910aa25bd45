# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What fails on one host stops the rollout: nothing after it is changed, and all goes on serving."""
from __future__ import annotations

import re

import pytest

ROLLOUT = "no502.node.rollout"
SITE = "shop.example.com"


@pytest.mark.parametrize(("entry", "reason", "journal"), [
    ("crashes.js", "it ended 3 times", "Error: no database at db.example.com"),
    ("waits.js", "it did not listen on port 3000 within 5 s", "waiting for a lock"),
])
def test_a_new_process_that_never_listens(play, state, visitor, apps, entry, reason, journal):
    """On the first of three hosts, two of which are changed at a time."""
    before = state()
    with visitor("lb1", SITE) as first, visitor("lb2", SITE) as second:
        run = play(ROLLOUT, apps=with_change(apps, entry=entry,
                                             overrides={"systemd": {"timeout_start": "5s"}}),
                   no502_serial=2)
    assert run.code != 0
    assert (first.failures(), second.failures()) == ([], [])
    assert reason in run.output
    assert journal in run.output
    assert "The previous process goes on" in run.output
    assert failed(run) == ["app1"]
    after = state()
    assert after["app1"]["node"] == before["app1"]["node"], "the old process did not go on"
    assert units(after["app1"]) == units(before["app1"]), "its units are not what they were"
    for host in ("lb1", "lb2", "app2", "app3"):
        assert after[host] == before[host], f"{host} was changed"


def test_the_second_of_two_nginx_hosts_is_refused(hosts, play, state, visitor, apps):
    """Another process has the port there: on the first host it is free, and stays free."""
    hosts["lb2"].check_output("systemd-run --quiet --unit=other python3 -m http.server 8080")
    hosts["lb2"].check_output("curl -sS --retry 20 --retry-connrefused -o /dev/null localhost:8080")
    before = state()
    with visitor("lb1", SITE) as first, visitor("lb2", SITE) as second:
        run = play(ROLLOUT, apps=with_change(apps, listen={"http": 8080}))
    assert run.code != 0
    assert (first.failures(), second.failures()) == ([], [])
    assert state() == before
    assert failed(run) == ["lb2"]
    assert re.search(r"8080.*python3", re.sub(r"\s+", " ", run.output))


def with_change(apps: dict, **change) -> dict:
    """The scenario's apps, the shop with other values."""
    return {"shop": {**apps["shop"], **change}}


def failed(run) -> list[str]:
    """The hosts on which a task failed."""
    return [host for host, counts in run.counts().items() if counts["failed"]]


def units(state_of_host: dict) -> dict:
    """What systemd starts, now and at boot, and with which environment."""
    return {path: content for path, content in state_of_host["files"].items()
            if not path.startswith("/usr/local/lib/no502/") and not path.endswith("/wanted.env")}
