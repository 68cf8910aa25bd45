# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The peers of a route: what nginx lists, joined with what stands there."""
from __future__ import annotations

import collections

from ansible_collections.no502.node.plugins.plugin_utils.chain import node as chain_node
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import nginx as defaults


class Peers:
    """The peers as one nginx host sees them."""

    def __init__(self, host, software, fleet):
        """host: the nginx host. software: `values.Defaults` of its nginx. fleet: `peers.Fleet`."""
        self._host = host
        self._software = software
        self._fleet = fleet

    def of(self, route, upstream):
        """Return a part for each address of each peer, and for each Node process behind it."""
        parts = [
            part
            for listed in _listed(route, upstream)
            for part in self._parts(listed)
        ]
        return _told_apart(parts)

    def _parts(self, listed):
        said = self._software.fill(defaults.PEER, listed.get("settings") or {})
        for address, port in listed["addresses"] or [[None, None]]:
            head = {
                "listed": listed["name"],
                "address": _written(address, port),
                "where": listed["where"],
                "backup": bool(listed.get("backup")),
                "resolve": bool(listed.get("resolve")),
                **said,
            }
            yield from self._found(listed, head, address, port)

    def _found(self, listed, head, address, port):
        nothing = {"name": listed["name"], "host": None, "reason": None, "node": None}
        if listed.get("down"):
            yield {**head, **nothing, "state": "down"}
            return
        if address is None:
            reason = listed.get("unread") or f"{listed['name']} has no address that can be read"
            yield {**head, **nothing, "state": "unread", "reason": reason}
            return
        found = self._fleet.behind(self._host, address, port)
        name = f"{found.host}:{port}" if found.host and port else listed["name"]
        for node in found.nodes or [None]:
            yield {
                **head,
                "name": name if len(found.nodes) < 2 else f"{name} pid {node.get('pid')}",
                "host": found.host,
                "state": found.state,
                "reason": found.reason,
                "node": self._node(found.host, node) if node else None,
            }

    def _node(self, host, node):
        return chain_node.summary(node, self._fleet.pm2_apps(host))


def _listed(route, upstream):
    """Return the peers of the upstream block, or what proxy_pass itself names."""
    if upstream:
        return upstream["peers"]
    target, where = route["pass"], route["where"]
    whole = {
        "name": target["target"] or "proxy_pass",
        "addresses": target.get("addresses") or [],
        "where": where,
    }
    return (_of_variable(target, where) if target.get("variable") else []) or [whole]


def _of_variable(target, where):
    """Return what a variable in proxy_pass can come to besides upstreams, as peers."""
    written = [
        {"name": _written(*address), "addresses": [address], "where": where}
        for address in target.get("addresses") or []
    ]
    return written + [
        {"name": name, "addresses": [], "where": where,
         "unread": f"nginx looks {name} up at run time"}
        for name in target.get("names") or []
    ]


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
