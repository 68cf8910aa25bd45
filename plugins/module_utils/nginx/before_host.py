# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default server of an address decides before nginx knows which server is meant.

Measured on nginx 1.22.1, 1.26.3 and 1.30.6, which agree. A connection belongs
to the default server of its address until a `Host` header has been read: the
time for the header, the buffers for the request line and for what stands
before `Host`, and how these headers are counted and named are that server's.
TLS names a server earlier (SNI): only the time for the header of the first
request, which begins with the handshake, is still the default server's. On
HTTP/2 without TLS the idle time and the number of requests are those of the
default server for the whole connection. Of QUIC nothing is said.
"""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx.listens import address_of
from ansible_collections.no502.node.plugins.module_utils.value import unknown

_OF_TLS = ("client_header_timeout",)
_OF_TEXT = _OF_TLS + (
    "client_header_buffer_size", "ignore_invalid_headers", "large_client_header_buffers_count",
    "large_client_header_buffers_size", "max_headers", "underscores_in_headers",
)
_OF_HTTP2 = _OF_TEXT + ("keepalive_requests", "keepalive_time", "keepalive_timeout")


class BeforeHost:
    """Compares servers with the default servers of their addresses.

    `servers` are (reading, settings) of every server; the listeners of the
    readings have their default servers marked.
    """

    def __init__(self, servers):
        self._defaults = {
            address_of(listen): settings
            for reading, settings in servers for listen in reading["listens"]
            if listen["default_server"]
        }

    def of(self, server, settings):
        """Return {setting: value} of what is decided before, None where it is as in `settings`.

        What none of the default servers has written is absent. A setting in which
        the server's addresses differ is unknown.
        """
        found = {}
        for listen in server["listens"]:
            default = self._defaults[address_of(listen)]
            for name in _names(listen):
                found.setdefault(name, []).append(default.get(name))
        if all(value == settings.get(name) for name, values in found.items() for value in values):
            return None
        decided = {name: _common(values) for name, values in found.items()}
        return {name: value for name, value in decided.items() if value is not None}


def _names(listen):
    if "quic" in listen:
        return ()
    if listen["ssl"]:
        return _OF_TLS
    return _OF_HTTP2 if listen.get("http2") else _OF_TEXT


def _common(values):
    first = values[0]
    if all(_content(each) == _content(first) for each in values):
        return first
    written = [each["source"] for each in values if each is not None]
    return unknown(None, "the server's addresses have different default servers: %s"
                   % ", ".join(dict.fromkeys(written)))


def _content(value):
    return value and (value["value"], value["unit"])
