# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening addresses, `{"address", "port"}` or `{"path"}`: read from text, and compared."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address

_WILDCARDS = frozenset(["0.0.0.0", "::"])


def listening_address(text):
    """Return `3000`, `10.0.0.2:3000` or `unix:/path` as a listening address.

    Raises ValueError for anything else.
    """
    address = nginx_address.parse_listen(str(text))
    if address.path is not None:
        return {"path": address.path}
    host = "127.0.0.1" if address.host == "*" else nginx_address.ip_literal(address.host)
    if host is None or address.ports is None:
        raise ValueError("%r is no port, no address with a port and no unix:/path" % (text,))
    return {"address": host, "port": address.ports[0]}


def same(one, other):
    """Tell whether two listening addresses may be the same socket."""
    if not one or not other:
        return False
    if "path" in one or "path" in other:
        return one.get("path") == other.get("path")
    if one["port"] != other["port"]:
        return False
    hosts = {one["address"], other["address"]}
    return len(hosts) == 1 or bool(hosts & _WILDCARDS)
