# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The locations of servers: a route for each `proxy_pass`, with what is in force there.

`proxy_pass` does not go down to nested locations, and `if` and `limit_except`
within a location may have one of their own. `grpc_pass`, `fastcgi_pass` and
their like are no routes: what stands behind them is no HTTP server.
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values
from ansible_collections.no502.node.plugins.module_utils.nginx.levels import Level, blocks
from ansible_collections.no502.node.plugins.module_utils.nginx.managed import managed_app

MAX_LOCATIONS = 20000
MAX_ROUTES = 4000
MAX_NAMES = 32

# Blocks within a location that may hold a proxy_pass of their own.
_CONDITIONS = frozenset(["if", "limit_except"])
_MODIFIERS = ("=", "^~", "~*", "~")
_COMPARISONS = frozenset(["=", "!=", "~", "~*", "!~", "!~*"])
# Headers whose value says how connections are handled and holds no secret.
_SHOWN_HEADERS = frozenset(
    ["connection", "host", "keep-alive", "te", "upgrade", "x-forwarded-for",
     "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip"]
)
_VARIABLES = re.compile(r"(?:\$\{?\w+\}?[ ,:]*)*\Z")


class TooMany(Exception):
    """There are more locations or routes than are read."""


class Routes:
    """Reads the routes of one server after the other; `readings` has them all.

    `settings` is a `values.Settings`, `passes` a `passes.Passes`, `variables` a
    `variables.Variables`.
    """

    def __init__(self, conf, settings, passes, variables):
        self.readings = []
        self._conf = conf
        self._settings = settings
        self._passes = passes
        self._variables = variables
        self._ids = {}
        self._locations = 0

    def read(self, directives, level, server, before_host):
        """Add the routes of a server: its directives, their level, its reading.

        `before_host` is what `BeforeHost.of` says of it. Raises TooMany at the
        bound; what was read until then stays.
        """
        first = len(self.readings)
        try:
            self._read_locations(directives, level, server, directives)
        finally:
            if before_host is not None:
                for route in self.readings[first:]:
                    route["before_host"] = before_host

    def _read_locations(self, directives, outer, server, within):
        for location in blocks(directives, "location"):
            self._locations += 1
            if self._locations > MAX_LOCATIONS:
                raise TooMany("more than %d locations" % MAX_LOCATIONS)
            level = Level(location.block, outer)
            place = _location(location)
            self._read_pass(location.block, level, server, place, (within, location.block))
            for block in location.block:
                if block.name in _CONDITIONS and block.block is not None:
                    inner = dict(place, condition=_condition(block))
                    self._read_pass(block.block, Level(block.block, level), server, inner,
                                    (within, location.block))
            self._read_locations(location.block, level, server, within)

    def _read_pass(self, directives, level, server, place, scope):
        for each in directives:
            if each.name == "proxy_pass" and each.block is None and each.args:
                self._add(each, level, server, place, scope)

    def _add(self, directive, level, server, place, scope):
        if len(self.readings) >= MAX_ROUTES:
            raise TooMany("more than %d routes" % MAX_ROUTES)
        self.readings.append({
            "id": self._id(server, place),
            "where": directive.where,
            "managed": managed_app(directive.file, self._conf),
            "server": dict(server, names=server["names"][:MAX_NAMES]),
            "location": place,
            "pass": self._passes.read(directive, *scope),
            "settings": self._settings.of(level.settings.values(), nginx_values.ROUTE),
            "request_headers": [self._request_header(each, scope) for each in level.headers],
        })

    def _id(self, server, place):
        """Name a route by what a request has to match; equal ones are numbered in order."""
        name = next((name for name in server["names"] if name), "*")
        listen = server["listens"][0] if server["listens"] else {"address": "?", "port": None}
        port = listen["port"] if listen["port"] is not None else listen["address"]
        words = [word for word in (place["modifier"], place["pattern"]) if word]
        pattern = words[0] if len(words) == 1 else " " + " ".join(words)
        name = "%s:%s%s" % (name, port, pattern)
        if "condition" in place:
            name += " " + place["condition"]
        self._ids[name] = self._ids.get(name, 0) + 1
        return name if self._ids[name] == 1 else "%s #%d" % (name, self._ids[name])

    def _request_header(self, directive, scope):
        name, value = directive.args
        shown = name.lower() in _SHOWN_HEADERS or _VARIABLES.match(value)
        header = {"name": name, "value": value if shown else None, "where": directive.where}
        if name.lower() == "connection" and "$" in value:
            values = self._variables.values(value, *scope)
            if values is not None:
                header["values"] = values
        return header


def _condition(block):
    """Return the words of a block, without what is compared with: it may be a secret."""
    for at, word in enumerate(block.args):
        if word in _COMPARISONS:
            return " ".join([block.name] + block.args[:at + 1] + ["...)"])
    return " ".join([block.name] + block.args)


def _location(location):
    """Return the pattern and modifier of a location, which may be one word (`=/x`)."""
    words = location.args or [""]
    if len(words) > 1 and words[0] in _MODIFIERS:
        modifier, pattern = words[0], words[1]
    else:
        pattern = words[0]
        modifier = next((each for each in _MODIFIERS if pattern.startswith(each)), "")
        pattern = pattern[len(modifier):]
    return {"pattern": pattern, "modifier": modifier, "where": location.where}
