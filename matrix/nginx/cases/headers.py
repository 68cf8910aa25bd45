# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request as a backend gets it: its version, its Connection header, WebSockets."""
from __future__ import annotations

from ..case import Directive, Probe
from ..probes import upstreams

_CLEAR = 'proxy_set_header Connection "";'
_WEBSOCKET = ("proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
              "proxy_set_header Connection ")


def both_ways(document):
    """The Connection header with and without a client's Upgrade, from a document."""
    header = document["settings"]["connection_header"]["value"]
    if not header.startswith("$"):
        return [header, header]
    if header == "$http_connection":
        return ["upgrade", ""]
    return list(document["connection_header_values"])


def _websocket(name, header, http=""):
    return Directive(f"WebSocket: {name}", Probe(upstreams.upgrade, scenery={"http": http}),
                     f"{_WEBSOCKET}{header};", setting=both_ways, default=False)


DIRECTIVES = [
    Directive("proxy_http_version", Probe(upstreams.http_version), "proxy_http_version 1.1;",
              "proxy_http_version 1.1;", "proxy_http_version 1.1;"),
    Directive("proxy_http_version 1.0", Probe(upstreams.http_version), "proxy_http_version 1.0;",
              default=False, setting="proxy_http_version"),
    Directive("Connection header", Probe(upstreams.connection_header), _CLEAR, _CLEAR, _CLEAR,
              setting="connection_header"),
    Directive("Connection header, written twice", Probe(upstreams.connection_header),
              'proxy_set_header Connection "close"; proxy_set_header Connection "x";',
              default=False, setting="connection_header"),
    Directive("Connection header, list replaced below",
              Probe(upstreams.connection_header, scenery={"server": _CLEAR}),
              "proxy_set_header X-A b;", default=False, setting="connection_header"),
    Directive("Connection header, list inherited",
              Probe(upstreams.connection_header, scenery={"http": "proxy_set_header X-A b;"}),
              None, f"proxy_set_header X-C d; {_CLEAR}", default=False,
              setting="connection_header"),
    _websocket("map to nothing", "$ws_a",
               "map $http_upgrade $ws_a { default upgrade; '' ''; }"),
    _websocket("map to close", "$ws_b",
               "map $http_upgrade $ws_b { default upgrade; '' close; }"),
    _websocket("hard-coded", '"upgrade"'),
    Directive("WebSocket: no headers", Probe(upstreams.upgrade), "proxy_http_version 1.1;",
              setting=both_ways, default=False),
]
