# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of one nginx location and of the peers behind it."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    nginx as chain_nginx,
    values as chain_values,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import nginx as defaults
from ansible_collections.no502.node.plugins.plugin_utils.chain.listed_peers import Peers

# What the role nginx_upstream maps $http_upgrade to: `upgrade`, or nothing.
OWN_VARIABLE = "$no502_connection"
_TWICE_THE_BUFFER = ("proxy_busy_buffers_size", "proxy_temp_file_write_size")


class Nginx:
    """One nginx of a host: what is written in it, and its defaults where nothing is."""

    def __init__(self, host, reading, fleet):
        """host: where it runs. reading: its own. fleet: `peers.Fleet`."""
        self.host = host
        self._reading = reading
        self._software = chain_nginx.software(reading)
        self._upstreams = {upstream["name"]: upstream for upstream in reading["upstreams"]}
        self._peers = Peers(host, self._software, fleet)

    def routes(self):
        """Return the routes of the reading."""
        return self._reading["routes"]

    def documents(self, route, app):
        """Yield what is about this route, except what all documents begin with.

        One for each upstream that a variable in proxy_pass can come to, and one for all that it
        can come to besides, where that is known; otherwise one. app: the app of the plan that this
        route serves, or None.
        """
        names = _upstreams(route.get("pass") or {})
        for name in names:
            to = f" to {name or 'other addresses'}" if len(names) > 1 else ""
            yield self._document(route, route["id"] + to, app, name)

    def _document(self, route, route_id, app, name):
        upstream = self._upstreams.get(name)
        settings = self._settings(route)
        return {
            "host": self.host,
            "route": route_id,
            "app": app["name"] if app else route.get("managed"),
            "managed": bool(route.get("managed")),
            "where": route["where"],
            "scheme": (route.get("pass") or {}).get("scheme"),
            "declared": _declared(app),
            "edge": _edge(app),
            "nginx": {
                "version": self._reading.get("version"),
                **self._software.fill(defaults.MAIN, self._reading.get("main") or {}),
            },
            "settings": settings,
            "before_host": self._before_host(route, settings),
            "connection_header_values": _comes_to(route),
            "upgrades": bool(_header(route, "upgrade").get("value")),
            "upstream": self._upstream(upstream) if upstream else None,
            "upstream_known": bool(upstream) or name is None and _is_told(route.get("pass") or {}),
            "peers": self._peers.of(route, upstream),
        }

    def _settings(self, route):
        # A large reading says once what its routes inherit.
        given = {**(self._reading.get("inherited") or {}), **(route.get("settings") or {})}
        settings = self._software.fill(defaults.ROUTE, given)
        settings.update(
            {name: _twice_the_buffer(settings) for name in _TWICE_THE_BUFFER if name not in given}
        )
        header = _header(route, "connection")
        settings["connection_header"] = (
            known(header["value"], None, header.get("origin", "config"), header["where"])
            if header
            else self._software.of(defaults.CONNECTION)
        )
        return settings

    def _before_host(self, route, settings):
        """Return what is in force before nginx knows the Host: its default server's settings."""
        decided, given = {}, route.get("before_host")
        if given is not None:
            tls = all(listen.get("ssl") for listen in route["server"]["listens"])
            names = defaults.BEFORE_HOST_OF_TLS if tls else defaults.BEFORE_HOST
            decided = self._software.fill({name: defaults.ROUTE[name] for name in names}, given)
        return {name: decided.get(name, settings[name]) for name in defaults.BEFORE_HOST}

    def _upstream(self, upstream):
        given = upstream.get("settings") or {}
        filled = self._software.fill(defaults.UPSTREAM, given)
        if "keepalive" in given and "keepalive_local" not in given:
            filled["keepalive_local"] = dict(filled["keepalive"], value=False, unit=None)
        return {
            "name": upstream["name"],
            "where": upstream["where"],
            **filled,
            "pool_survives_balancer": self._survival(upstream),
        }

    def _survival(self, upstream):
        balancer = upstream.get("balancer")
        if not balancer or not balancer["after_keepalive"]:
            return known(True, None, "config", upstream["where"])
        survives = self._software.of(defaults.POOL_SURVIVES_BALANCER)
        return dict(survives, source=f"{balancer['where']}, {survives['source']}")


def _upstreams(target):
    """Return the names of the upstreams that a target can be, with None for what is none."""
    candidates = target.get("candidates")
    if candidates is None:
        return [target.get("upstream")]
    besides = target.get("addresses") or target.get("names") or not candidates
    return [*candidates, None] if besides else candidates


def _is_told(target):
    """Tell whether the configuration says where proxy_pass leads; a captured variable does not."""
    if target.get("variable"):
        return target.get("candidates") is not None
    return target.get("target") is not None


def _twice_the_buffer(settings):
    """Return the default of what is twice the larger one of the buffers for an answer."""
    buffers = [settings["proxy_buffer_size"], settings["proxy_buffers_size"]]
    missing = [buffer for buffer in buffers if buffer["value"] is None]
    if missing:
        return unknown("bytes", missing[0]["source"])
    largest = max(buffers, key=lambda buffer: buffer["value"])
    return known(2 * largest["value"], "bytes", "default", f"twice that of {largest['source']}")


def _header(route, name):
    """Return the last header of that name in force, or an empty one; nginx sends each."""
    found = [
        header
        for header in route.get("request_headers") or []
        if header["name"].lower() == name
    ]
    return found[-1] if found else {}


def _comes_to(route):
    """Return what the variables in the Connection header can come to, where that is known."""
    header = _header(route, "connection")
    if route.get("managed") and header.get("value") == OWN_VARIABLE:
        return ["upgrade", ""]
    return header.get("values") or []


def _declared(app):
    longest = app.get("longest_request") if app else None
    return {
        "longest_request": chain_values.declared(longest, "ms", "longest_request of the inventory")
    }


def _edge(app):
    edge = app.get("edge") if app else None
    if not edge:
        return None
    source = edge.get("source") or f"edge {edge['kind']}"
    return {
        "kind": edge["kind"],
        "layer": edge.get("layer") or 7,
        "preconnects": bool(edge.get("preconnects")),
        "idle_timeout": chain_values.declared(edge.get("idle_timeout"), "ms", source),
        "response_limit": chain_values.declared(edge.get("response_limit"), "ms", source),
    }
