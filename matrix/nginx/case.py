# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case of the matrix is made of: a directive, ways to write it, and a probe.

A case is one directive written in one way, in a server and an upstream of its own:

  explicit     where it counts: in the location (or the server, or the upstream)
  server       in the server, inherited by the location
  http         in http, inherited by the server and the location
  default      nowhere

The first three of a directive share one nginx, with a value of their own each, so that the nearest
level has to win; `default` is in an nginx in which nothing is written but what probes need.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

FIRST_PORT = 20000
FIRST_PEER = 25000
PEERS_A_CASE = 8


def same(value: Any) -> Any:
    """What is measured is the value itself."""
    return value


def or_none(value: Any) -> Any:
    """0 is no limit."""
    return value or None


def equal(expected: Any, measured: Any) -> bool:
    """The two are one."""
    return expected == measured


def soon_after(expected: float | None, measured: float | None) -> bool:
    """A time-out in milliseconds: nginx is not early, and no later than a busy machine makes it."""
    if expected is None or measured is None:
        return expected is measured
    return expected - 50 <= measured <= expected + 1900


def to_the_second(expected: float | None, measured: float | None) -> bool:
    """A time-out that nginx counts in whole seconds, and of which the first has begun before."""
    if expected is None or measured is None:
        return expected is measured
    return expected - 1000 <= measured <= expected + 1900


def within(bytes_or_lines: int) -> Callable[[Any, Any], bool]:
    """At most so far apart."""
    def agrees(expected: Any, measured: Any) -> bool:
        if expected is None or measured is None:
            return expected is measured
        return abs(expected - measured) <= bytes_or_lines
    return agrees


@dataclass(frozen=True)
class Probe:
    """A way to find out what nginx does.

    measure: runs on the host, is given a `Bench`, knows nothing of what is written.
    expect: what a value of the reading makes one expect to measure.
    agrees: whether expected and measured are the same.
    scenery: what the probe needs in the configuration, by level (http, upstream, server, location,
      `pass`: another target of proxy_pass, `before`: a server before this one).
    peers: the parameters of each `server` of the upstream.
    """

    measure: Callable[[Any], Any]
    expect: Callable[[Any], Any] = same
    agrees: Callable[[Any, Any], bool] = equal
    scenery: dict[str, str] = field(default_factory=dict)
    peers: tuple[str, ...] = ("",)


class Documented(NamedTuple):
    """Instead of a probe, where waiting for it takes too long: what nginx's documentation says."""

    value: Any
    page: str


@dataclass(frozen=True)
class Directive:
    """One setting of the reading, and the ways in which its directive is written.

    explicit, server, http: the whole directive; None where that level does not take it.
    default: False where there is no such case. level: where `explicit` stands.
    place and setting: where a document for the policies has the value, or what to make of it.
    documented: what stands in for the probe of the default.
    since: the first version that takes it, without backports. options: the same, as nginx's -g.
    alone: whether each way needs an nginx of its own.
    """

    name: str
    probe: Probe
    explicit: str | None = None
    server: str | None = None
    http: str | None = None
    default: bool = True
    level: str = "location"
    place: str = "settings"
    setting: str | Callable[[dict], Any] | None = None
    documented: Documented | None = None
    since: tuple[int, ...] = ()
    options: str | None = None
    alone: bool = False


class Case(NamedTuple):
    """One directive, written in one way."""

    number: int
    directive: Directive
    how: str
    text: dict[str, str]
    instance: str
    options: str

    @property
    def name(self) -> str:
        """What it is called, on the command line too."""
        return f"{self.directive.name}/{self.how}"

    @property
    def port(self) -> int:
        """Where nginx listens for it."""
        return FIRST_PORT + self.number

    @property
    def peers(self) -> list[int]:
        """The ports of its upstream's servers."""
        first = FIRST_PEER + self.number * PEERS_A_CASE
        return list(range(first, first + len(self.directive.probe.peers)))

    @property
    def waits(self) -> bool:
        """Whether its probe mostly waits."""
        return self.directive.probe.agrees in (soon_after, to_the_second)

    @property
    def takes_a_minute(self) -> bool:
        """Whether it waits for a default of nginx: http says nothing to an upstream."""
        return self.waits and (self.how == "default" or
                               self.how == "http" and self.directive.place == "upstream")

    @property
    def documented(self) -> Documented | None:
        """What stands in for the probe, if it is not measured."""
        return self.directive.documented if self.how == "default" else None


def cases_of(directives: list[Directive]) -> list[Case]:
    """Every directive in every way, numbered."""
    cases: list[Case] = []
    for directive in directives:
        for how, level, text in _ways(directive):
            if directive.alone:
                instance = f"{directive.name}-{how}"
            else:
                instance = "default" if how == "default" else directive.name
            options = directive.options or "" if how == "-g" else ""
            cases.append(Case(len(cases), directive, how, {level: text},
                              "".join(c if c.isalnum() else "-" for c in instance), options))
    return cases


def _ways(directive: Directive):
    if directive.explicit is not None:
        yield "explicit", directive.level, directive.explicit
    if directive.server is not None:
        yield "server", "server", directive.server
    if directive.http is not None:
        yield "http", "http", directive.http
    if directive.options is not None:
        yield "-g", "main", ""
    if directive.default:
        yield "default", "main", ""
