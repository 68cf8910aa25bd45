# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `upstream` blocks of http: pool, balancer, peers."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values
from ansible_collections.no502.node.plugins.module_utils.nginx.managed import managed_app

_BALANCERS = frozenset(
    ["fair", "hash", "ip_hash", "least_conn", "least_time", "random",
     "balancer_by_lua_block", "balancer_by_lua_file"]
)

# What an upstream with peers to `resolve` takes from http where it has none itself.
_FROM_HTTP = ("resolver", "resolver_timeout")


class Upstreams:
    """Reads upstreams; `questions` finds the addresses of their peers.

    `http` maps names to the directives that are in force in http.
    """

    def __init__(self, conf, settings, questions, http):
        self._conf = conf
        self._settings = settings
        self._http = {name: http[name] for name in _FROM_HTTP if name in http}
        self._questions = questions
        self._read = {}

    @property
    def readings(self):
        """Return what was read, in the order of the configuration."""
        return list(self._read.values())

    def name_of(self, authority):
        """Return the name of the upstream that an authority means (in any case), else None."""
        upstream = self._read.get(authority.lower())
        return upstream["name"] if upstream else None

    def read(self, upstream):
        """Add the reading of one `upstream` block."""
        if not upstream.args:
            return
        name = upstream.args[0]
        pool, balancer, settings, peers = None, None, {}, []
        for each in upstream.block:
            if each.name == "server" and each.args:
                peers.append(self._peer(each, name))
            elif each.name in nginx_values.UPSTREAM:
                settings[each.name] = each
                pool = each if each.name == "keepalive" else pool
            elif each.name in _BALANCERS:
                balancer = {"name": each.name, "where": each.where,
                            "after_keepalive": pool is not None}
        if any(peer["resolve"] for peer in peers):
            settings = dict(self._http, **settings)
        self._read[name.lower()] = {
            "name": name,
            "where": upstream.where,
            "managed": managed_app(upstream.file, self._conf),
            "settings": self._settings.of(settings.values(), nginx_values.UPSTREAM),
            "balancer": balancer,
            "peers": peers,
        }

    def _peer(self, server, upstream):
        words = server.args[1:]
        settings = {}
        for word in words:
            name, equals, text = word.partition("=")
            if equals and name in nginx_values.PEER:
                settings.update(
                    nginx_values.values_of(name, [text], nginx_values.PEER, server.where)
                )
        peer = {
            "name": server.args[0],
            "addresses": [],
            "where": server.where,
            "down": "down" in words,
            "backup": "backup" in words,
            "resolve": "resolve" in words,
            "settings": settings,
        }
        # nginx takes port 80 here whatever the scheme of proxy_pass is.
        self._questions.ask(peer["addresses"], server.args[0], 80,
                            "upstream %s (%s)" % (upstream, server.where))
        return peer
