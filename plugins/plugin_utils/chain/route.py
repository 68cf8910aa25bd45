# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of one nginx location and of the peers behind it."""
from __future__ import annotations

import collections

from ansible_collections.no502.node.plugins.module_utils.value import known
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    defaults as chain_defaults,
    node as chain_node,
    values as chain_values,
)

# What the role nginx_upstream maps $http_upgrade to: `upgrade`, or nothing.
OWN_VARIABLE = "$no502_connection"


class Nginx:
    """One nginx of a host: what is written in it, and its defaults where nothing is."""

    def __init__(self, host, reading):
        self.host = host
        self._reading = reading
        self._version = reading.get("version")
        self._complete = reading.get("complete", True)
        self._upstreams = {upstream["name"]: upstream for upstream in reading["upstreams"]}

    def routes(self):
        """Return the routes of the reading."""
        return self._reading["routes"]

    def document(self, route, app, fleet):
        """Return what is about this route, except what all documents begin with.

        app: the app of the plan that this route serves, or None. fleet: `chain_peers.Fleet`.
        """
        upstream = self._upstreams.get((route.get("pass") or {}).get("upstream"))
        return {
            "host": self.host,
            "route": route["id"],
            "app": app["name"] if app else route.get("managed"),
            "managed": bool(route.get("managed")),
            "where": route["where"],
            "declared": _declared(app),
            "edge": _edge(app),
            "nginx": {
                "version": self._version,
                **self._filled(chain_defaults.NGINX_MAIN, self._reading.get("main") or {}),
            },
            "settings": self._settings(route),
            "connection_header_values": _comes_to(route),
            "upgrades": bool(_header(route, "upgrade").get("value")),
            "upstream": self._upstream(upstream) if upstream else None,
            "peers": _told_apart(
                [
                    peer
                    for listed in _listed_peers(route, upstream)
                    for peer in self._peers(listed, fleet)
                ]
            ),
        }

    def _filled(self, rows, said):
        return chain_values.defaults(rows, said, "nginx", self._version, self._complete)

    def _default(self, row):
        return chain_values.default(row, "nginx", self._version, self._complete)

    def _settings(self, route):
        settings = self._filled(chain_defaults.NGINX_ROUTE, route.get("settings") or {})
        header = _header(route, "connection")
        settings["connection_header"] = (
            known(header["value"], None, header.get("origin", "config"), header["where"])
            if header
            else self._default(chain_defaults.NGINX_CONNECTION)
        )
        return settings

    def _upstream(self, upstream):
        return {
            "name": upstream["name"],
            "where": upstream["where"],
            **self._filled(chain_defaults.NGINX_UPSTREAM, upstream.get("settings") or {}),
            "pool_survives_balancer": self._survival(upstream),
        }

    def _survival(self, upstream):
        balancer = upstream.get("balancer")
        if not balancer or not balancer["after_keepalive"]:
            return known(True, None, "config", upstream["where"])
        survives = self._default(chain_defaults.NGINX_POOL_SURVIVES_BALANCER)
        return dict(survives, source=f"{balancer['where']}, {survives['source']}")

    def _peers(self, listed, fleet):
        """Return a part for each address of a peer, and for each Node process behind it."""
        said = self._filled(chain_defaults.NGINX_PEER, listed.get("settings") or {})
        for address, port in listed["addresses"] or [[None, None]]:
            head = {
                "address": _written(address, port),
                "where": listed["where"],
                "backup": bool(listed.get("backup")),
                **said,
            }
            yield from _found(listed, head, address, port, fleet, self.host)


def _found(listed, head, address, port, fleet, nginx_host):
    if listed.get("down"):
        yield dict(
            head, name=listed["name"], host=None, state="down", reason=None, node=None
        )
        return
    if address is None:
        reason = f"{listed['name']} has no address that can be read"
        yield dict(
            head, name=listed["name"], host=None, state="unread", reason=reason, node=None
        )
        return
    found = fleet.behind(nginx_host, address, port)
    name = f"{found.host}:{port}" if found.host and port else listed["name"]
    for node in found.nodes or [None]:
        yield dict(
            head,
            name=name if len(found.nodes) < 2 else f"{name} pid {node.get('pid')}",
            host=found.host,
            state=found.state,
            reason=found.reason,
            node=chain_node.document(node) if node else None,
        )


def _told_apart(peers):
    """Return the peers with names that differ: localhost, for one, is two addresses of a host."""
    names = collections.Counter(peer["name"] for peer in peers)
    return [
        dict(peer, name=f"{peer['name']} ({peer['address']})") if names[peer["name"]] > 1 else peer
        for peer in peers
    ]


def _written(address, port):
    if address is None or port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _listed_peers(route, upstream):
    """Return the peers of the upstream block, or what proxy_pass itself names."""
    if upstream:
        return upstream["peers"]
    target = route["pass"]
    return [
        {
            "name": target["target"],
            "addresses": [] if target.get("variable") else target.get("addresses") or [],
            "where": route["where"],
        }
    ]


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
        "idle_timeout": chain_values.declared(edge.get("idle_timeout"), "ms", source),
        "response_limit": chain_values.declared(edge.get("response_limit"), "ms", source),
    }
