# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every change that must be refused, on hosts that run, under requests: nothing is touched."""
from __future__ import annotations

import pytest

ROLLOUT = "no502.node.rollout"
REFUSED = 2

# Judged from the plan, before any host is changed: what the override is, and what is said of it.
POLICY = {
    "Node's keep-alive below nginx's pool": (
        {"node": {"keep_alive_timeout": "5s"}},
        "timeouts.node_outlives_nginx", "6 s", "11 s", "keepAliveTimeout"),
    "a connect time-out above the ceiling": (
        {"nginx": {"connect_timeout": "20s"}},
        "timeouts.connect_timeout_ceiling", "20 s", "10 s", "proxy_connect_timeout"),
    "a read time-out that cuts the longest request": (
        {"nginx": {"read_timeout": "30s"}},
        "timeouts.read_timeout_covers_longest_request", "30 s", "31 s", "proxy_read_timeout"),
}

# Refused when the candidate is staged: what differs in the app, and what is said.
STAGED = {
    "a port that another process has": (
        {"listen": {"http": 8081}}, "python3 (pid ", "holds *:8081", "Use another port"),
    "a port that nginx itself has at one address": (
        {"listen": {"http": 8082}}, "nginx cannot bind", "it holds 127.0.0.1:8082 itself",
        "restart nginx with both changed"),
    "a name that another site has": (
        {"server_names": ["shop.example.com", "taken.example.com"]},
        "taken.example.com is served already, by /etc/nginx/conf.d/others.conf:1", "adopt: true"),
    "broken only through the absolute symlink in sites-enabled": (
        {"path": "/linked"}, 'duplicate location "/linked"',
        "/etc/nginx/sites-enabled/linked.conf:6"),
    "broken only through a file outside of nginx's directory": (
        {"path": "/outside"}, 'duplicate location "/outside"', "/srv/outside/outside.conf:6"),
}


def says(done, *texts):
    """That the run was refused, and says each of the texts, wherever its lines break."""
    assert done.code == REFUSED, done.output
    words = " ".join(done.output.split())
    for text in texts:
        assert text in words, f"{text!r} is not in:\n{done.output}"


def refuses(done, *texts):
    """That the refusal, which fits a terminal, says each of the texts."""
    assert done.code == REFUSED, done.output
    fits(done.refusal())
    words = " ".join(done.refusal().split())
    for text in texts:
        assert text in words, f"{text!r} is not in:\n{done.refusal()}"


def fits(text):
    """That a text fits a terminal of 80 columns."""
    assert max(map(len, text.splitlines())) <= 80, text


@pytest.mark.parametrize("case", POLICY)
def test_the_policies_refuse(play, untouched, shop, case):
    overrides, rule, has, needs, fix = POLICY[case]
    with untouched():
        done = play(ROLLOUT, apps=shop(overrides=overrides))
    says(done, rule)
    text = done.refusal()
    fits(text)
    assert rule in text
    assert f"    has    {has}" in text
    assert f"    needs  {needs}" in text
    assert "    where  " in text
    assert fix in text.partition("    fix    ")[2]
    assert "nothing was changed on any host" in " ".join(text.split())


@pytest.mark.parametrize("case", STAGED)
def test_what_nginx_could_not_run_is_refused(play, untouched, shop, case):
    change, *texts = STAGED[case]
    with untouched():
        done = play(ROLLOUT, apps=shop(**change))
    refuses(done, *texts, "Not touched: nginx runs on")


@pytest.fixture
def broken(hosts):
    """A file of somebody else's that nginx would refuse, as long as the test runs."""
    path = "/etc/nginx/conf.d/broken.conf"
    hosts["lb1"].check_output("printf 'server {\\n    nonsense;\\n}\\n' > %s", path)
    yield path
    hosts["lb1"].check_output("rm %s", path)


def test_a_syntax_error_elsewhere_is_refused(play, untouched, shop, broken):
    with untouched():
        done = play(ROLLOUT, apps=shop(longest_request="90s"))
    refuses(done, 'unknown directive "nonsense"', f"{broken}:2")


def test_an_override_lets_pass_what_the_policies_refuse_but_not_what_nginx_does(
        play, untouched, shop, broken):
    with untouched():
        done = play(ROLLOUT, apps=shop(overrides={"nginx": {"connect_timeout": "20s"}}),
                    no502_override={"reason": "a test", "owner": "ops"})
    says(done, "Override by ops (a test)", "timeouts.connect_timeout_ceiling")
    refuses(done, f"{broken}:2")


def test_a_peer_that_cannot_be_read_stops_the_rollout(play, untouched, shop, dead):
    with untouched():
        done = play(ROLLOUT, *dead, apps=shop(longest_request="90s"))
    says(done, "Could not be read: app2", "Nothing was changed", "--limit")


def test_a_change_that_touches_a_peer_without_reading_is_refused(play, untouched, shop, dead):
    """nginx alone is to change; what runs behind it is not known."""
    with untouched():
        done = play(ROLLOUT, *dead, "--limit", "lb1", apps=shop(longest_request="90s"))
    says(done, "app2")
    text = done.refusal()
    fits(text)
    assert "app2" in text and ":3000" in text
