# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx and Node do where nothing is written: their defaults, by version.

Data only. A row is `(since, value)`; the last row whose version is not above the software's own
applies. Sources: the nginx changelog and documentation of each directive; Node's documentation of
http.Server; the versions in which Node's buffer appeared were measured on 18.20, 20.18 and later.
"""
from __future__ import annotations

from typing import NamedTuple


class Default(NamedTuple):
    """The unit of a setting, and its value since each version."""

    unit: str | None
    since: tuple


def _always(value, unit):
    return Default(unit, (((), value),))


# nginx 1.29.7 began to pool connections to every named upstream, unasked: 32 a worker and
# location, HTTP/1.1, and no Connection header. A peer that proxy_pass itself names is never pooled.
POOLS_BY_DEFAULT = (1, 29, 7)

NGINX_ROUTE = {
    "keepalive_timeout": _always(75_000, "ms"),
    "client_header_timeout": _always(60_000, "ms"),
    "client_body_timeout": _always(60_000, "ms"),
    "proxy_connect_timeout": _always(60_000, "ms"),
    "proxy_send_timeout": _always(60_000, "ms"),
    "proxy_read_timeout": _always(60_000, "ms"),
    "proxy_http_version": Default(None, (((), "1.0"), (POOLS_BY_DEFAULT, "1.1"))),
    "proxy_next_upstream_tries": _always(0, "count"),
    "proxy_next_upstream_timeout": _always(0, "ms"),
}

# The Connection header that nginx sends to a peer, unless proxy_set_header says otherwise.
NGINX_CONNECTION = Default(None, (((), "close"), (POOLS_BY_DEFAULT, "")))

NGINX_UPSTREAM = {
    "keepalive": Default("count", (((), 0), (POOLS_BY_DEFAULT, 32))),
    "keepalive_timeout": _always(60_000, "ms"),
    "keepalive_requests": Default("count", (((), 100), ((1, 19, 10), 1000))),
    "keepalive_time": _always(3_600_000, "ms"),
}

NGINX_PEER = {
    "max_fails": _always(1, "count"),
    "fail_timeout": _always(10_000, "ms"),
}

NGINX_MAIN = {
    "worker_shutdown_timeout": _always(0, "ms"),
}

# A balancing method that stood below `keepalive` switched pooling off, silently, until 1.29.7.
NGINX_POOL_SURVIVES_BALANCER = Default(None, (((), False), (POOLS_BY_DEFAULT, True)))

NODE = {
    "keep_alive_timeout": _always(5_000, "ms"),
    "headers_timeout": _always(60_000, "ms"),
    "request_timeout": _always(300_000, "ms"),
    "server_timeout": _always(0, "ms"),
    "max_header_size": _always(16_384, "bytes"),
}

# What Node adds to keepAliveTimeout before it closes. Two release lines got it: 20.18 has it, 21
# and 22.0 to 22.8 have not. From 22.19 and 24.6 on the code may set another
# (http.Server.keepAliveTimeoutBuffer); nearly none does, and the guard reads it.
NODE_KEEP_ALIVE_BUFFER = Default(
    "ms",
    (((), 0), ((20, 18, 0), 1_000), ((21,), 0), ((22, 9, 0), 1_000)),
)


def at(default, version):
    """Return the value of `default` for a version; None where they differ and it is not known."""
    if not version:
        values = {value for _since, value in default.since}
        return values.pop() if len(values) == 1 else None
    return [value for since, value in default.since if since <= tuple(version)][-1]
