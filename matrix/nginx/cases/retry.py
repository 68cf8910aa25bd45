# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When nginx asks another server, and when it leaves one alone."""
from __future__ import annotations

from ..case import Directive, Probe, or_none, to_the_second
from ..probes import upstreams

# A server that fails beside one that does not.
_PAIR = ("{parameter}", "")
# The same server twice.
_TWICE = ("max_fails=0", "max_fails=0 {same}")
_FIVE = ("max_fails=0",) * 5
_SECOND_EACH = {"location": "proxy_read_timeout 1s;"}


def words(listed):
    """The kinds that the list means, in the order of the alphabet; `off` means none."""
    return sorted(set(listed) - {"off"})


def tries(limit):
    """Of five servers; 0 is no limit."""
    return min(limit or 5, 5)


def tries_in_time(limit):
    """Of five servers that take a second each; 0 is no limit."""
    return min(limit // 1000 + 1, 5) if limit else 5


def _retry(name, written):
    return Directive(f"proxy_next_upstream {name}",
                     Probe(upstreams.tried_again, words, scenery=_SECOND_EACH, peers=_TWICE),
                     f"proxy_next_upstream {written};", default=False,
                     setting="proxy_next_upstream")


def _parameter(name, probe, written, **more):
    return Directive(name, probe, written, level="peer", place="peer", **more)


def _peers(number, what):
    def read(document):
        return what(document["peers"][:number])
    return read


def expected_shares(peers):
    """Of 12 requests, one after the other, how many each server gets."""
    usable = [peer["state"] != "down" and not peer["backup"] for peer in peers]
    weights = [_value(peer, "weight") if ok else 0 for peer, ok in zip(peers, usable)]
    return [12 * weight // sum(weights) for weight in weights]


def _value(peer, name):
    return peer[name]["value"]


DIRECTIVES = [
    Directive("proxy_next_upstream",
              Probe(upstreams.tried_again, words, scenery=_SECOND_EACH, peers=_TWICE),
              "proxy_next_upstream error http_503;", "proxy_next_upstream timeout http_404;",
              "proxy_next_upstream invalid_header http_500 non_idempotent;"),
    _retry("off", "off"),
    _retry("everything", "error timeout invalid_header http_500 http_502 http_503 http_504 "
           "http_403 http_404 http_429 non_idempotent"),
    Directive("proxy_next_upstream_tries",
              Probe(upstreams.attempts, tries, scenery=_SECOND_EACH, peers=_FIVE),
              "proxy_next_upstream_tries 2;", "proxy_next_upstream_tries 3;",
              "proxy_next_upstream_tries 4;"),
    Directive("proxy_next_upstream_timeout",
              Probe(upstreams.attempts, tries_in_time, scenery=_SECOND_EACH, peers=_FIVE),
              "proxy_next_upstream_timeout 1500ms;", "proxy_next_upstream_timeout 2500ms;",
              "proxy_next_upstream_timeout 3500ms;"),
    _parameter("max_fails", Probe(upstreams.failures_until_disabled, or_none,
                                  peers=_PAIR), "max_fails=3"),
    _parameter("max_fails=0", Probe(upstreams.failures_until_disabled, or_none,
                                    peers=_PAIR), "max_fails=0", setting="max_fails",
               default=False),
    _parameter("fail_timeout", Probe(upstreams.disabled_for, agrees=to_the_second, peers=_PAIR),
               "fail_timeout=3s"),
    _parameter("max_conns", Probe(upstreams.at_most, or_none,
                                  peers=("{parameter}",)), "max_conns=3"),
    _parameter("weight", Probe(upstreams.shares, peers=("{parameter}", "", "")), "weight=2",
               setting=_peers(3, expected_shares)),
    _parameter("backup", Probe(upstreams.shares, peers=("{parameter}", "", "")), "backup",
               setting=_peers(3, expected_shares), default=False),
    _parameter("down", Probe(upstreams.shares, peers=("{parameter}", "", "")), "down",
               setting=_peers(3, expected_shares), default=False),
]
