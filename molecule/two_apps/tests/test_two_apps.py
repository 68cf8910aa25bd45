# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done for one app costs the other none of its requests, and in the end nothing is left.

One story: each test goes on from the one before it.
"""
from __future__ import annotations

import json
import shlex
from contextlib import contextmanager

import pytest
from load import Load
from snapshot import snapshot

ROLLOUT = "no502.node.rollout"
PROXIES = ("lb1", "lb2")
PROOF = "/.well-known/no502/generation"
SHOP, BLOG = "https://shop.example.com", "http://blog.example.com"


@pytest.fixture(name="untouched", scope="module", autouse=True)
def hosts_before_the_first_rollout(hosts):
    """What lay on each host then."""
    return {name: snapshot(host) for name, host in hosts.items()}


@pytest.fixture(name="blog_under_load")
def load_on_the_blog(hosts):
    """A block in which both nginx hosts get requests for the blog, none of which may be lost."""
    @contextmanager
    def under_load():
        loads = [Load(hosts[name].check_output("hostname -I").split()[0], "blog.example.com")
                 for name in PROXIES]
        with loads[0], loads[1]:
            yield
        for load in loads:
            assert load.tally["2xx"] > 0
            assert load.tally["failed"] == 0, load.tally
            assert load.tally["2xx"] + load.tally["reused_closed"] == load.tally["sent"]
    return under_load


@pytest.fixture(name="without_shop", scope="module")
def the_shop_absent_and_the_blog_changed(apps):
    """no502_apps in which the shop goes, and nginx has something to change for the blog too."""
    return {"shop": {**apps["shop"], "state": "absent"}, "blog": {**apps["blog"], "max_body": "2M"}}


def test_each_app_answers_on_both_nginx_hosts(hosts, play):
    run = play(ROLLOUT)
    assert run.code == 0, run.output
    for name in PROXIES:
        assert ask(hosts[name], SHOP) == "shop"
        assert ask(hosts[name], BLOG) == "blog"
        assert ask(hosts[name], SHOP + PROOF) == ask(hosts[name], BLOG + PROOF)
        assert ask(hosts[name], "http://shop.example.com", "--location") == "shop"


def test_the_shop_goes_while_the_blog_serves(hosts, play, untouched, without_shop, blog_under_load):
    before = generations(hosts)
    with blog_under_load():
        run = play(ROLLOUT, apps=without_shop)
    assert run.code == 0, run.output
    assert generations(hosts).keys() & before.keys() == set()
    for name in PROXIES:
        assert "shop" not in hosts[name].check_output("cat /etc/nginx/no502/*/*.conf")
        assert hosts[name].run("curl -s localhost:443").failed, "nginx listens there still"
    assert snapshot(hosts["app1"]) == untouched["app1"]


def test_rollback_while_the_blog_serves(hosts, play, blog_under_load):
    now = generations(hosts)
    with blog_under_load():
        run = play("no502.node.rollback")
    assert run.code == 0, run.output
    assert generations(hosts).keys() & now.keys() == set()
    for name in PROXIES:
        assert "shop" in hosts[name].check_output("cat /etc/nginx/no502/*/*.conf")
        # What the first rollout ended with, not what the second one began with.
        history = json.loads(hosts[name].check_output("cat /etc/nginx/no502.d/history.json"))
        back = hosts[name].check_output("basename $(readlink /etc/nginx/no502)")
        assert "steady" in [each.get("phase") for each in history if each["generation"] == back]


def test_nothing_is_left_of_both(hosts, play, apps, untouched):
    run = play(ROLLOUT, apps={name: {**app, "state": "absent"} for name, app in apps.items()})
    assert run.code == 0, run.output
    for name, host in hosts.items():
        assert snapshot(host) == untouched[name], f"of {name}"
        assert host.check_output("systemctl is-system-running") == "running"


def ask(host, url: str, *options: str) -> str:
    """What nginx on this host answers, by its own certificate where the URL has TLS."""
    resolve = [word for port in (80, 443) for word in ("--resolve", f"*:{port}:127.0.0.1")]
    return host.check_output(shlex.join(
        ["curl", "-sS", "--cacert", "/etc/ssl/shop.pem", *resolve, *options, url]))


def generations(hosts) -> dict[str, list[str]]:
    """The generation that answers for the blog -> the nginx hosts that say so."""
    found: dict[str, list[str]] = {}
    for name in PROXIES:
        found.setdefault(ask(hosts[name], BLOG + PROOF), []).append(name)
    return found
