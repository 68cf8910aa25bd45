# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx does where nothing is written, by version. Data only.

Sources: nginx's changelog and the documentation of each directive, and where these are silent its
source. The names are those of the readings (plugins/module_utils/nginx/values.py): a directive
that says two things has two.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults.row import (
    always,
    changed,
    nowhere,
)

# Others that call themselves nginx count their versions differently, so that these rows do not
# speak of them. OpenResty has nginx's number and one of its own behind it.
PRODUCTS = ("nginx", "openresty")

# nginx 1.29.7 began to pool connections to every named upstream, unasked: 32 a worker and
# location, HTTP/1.1, and no Connection header. A peer that proxy_pass itself names is never pooled.
POOLS_BY_DEFAULT = (1, 29, 7)
# The changelog of 1.19.10: requests of a connection are 1000, and an hour is its longest life.
LONG_CONNECTIONS = (1, 19, 10)
# Two memory pages for a body and one for an answer's headers. A page has 4 KiB on x86-64, and on
# arm64 as distributions build their kernels.
_PAGE = 4096

_COMPILED_IN = "the default is compiled in"

MAIN = {
    "accept_mutex": changed(None, "on", ((1, 11, 3), "off")),
    "user": nowhere(None, _COMPILED_IN),
    "worker_processes": always(1, "count"),
    "worker_connections": always(512, "count"),
    "worker_rlimit_nofile": nowhere("count", "the limit is the one that nginx was started with"),
    "worker_shutdown_timeout": always(0, "ms"),
    "daemon": always("on"),
    "master_process": always("on"),
    "multi_accept": always("off"),
}

ROUTE = {
    "client_body_buffer_size": always(2 * _PAGE, "bytes"),
    "client_body_temp_path": nowhere(None, _COMPILED_IN),
    "client_body_timeout": always(60_000, "ms"),
    "client_header_buffer_size": always(1024, "bytes"),
    "client_header_timeout": always(60_000, "ms"),
    "client_max_body_size": always(1024**2, "bytes"),
    "early_hints": always([]),
    "http2": always("off"),
    "ignore_invalid_headers": always("on"),
    "keepalive_min_timeout": always(0, "ms"),
    "keepalive_requests": changed("count", 100, (LONG_CONNECTIONS, 1000)),
    "keepalive_time": changed("ms", UNLIMITED, (LONG_CONNECTIONS, 3_600_000)),
    "keepalive_timeout": always(75_000, "ms"),
    "keepalive_timeout_header": always(0, "ms"),
    "large_client_header_buffers_count": always(4, "count"),
    "large_client_header_buffers_size": always(8192, "bytes"),
    "lingering_close": always("on"),
    "lingering_time": always(30_000, "ms"),
    "lingering_timeout": always(5_000, "ms"),
    "max_headers": changed("count", UNLIMITED, ((1, 29, 8), 1000), known_by="max_headers"),
    "proxy_bind": always([]),
    "proxy_buffer_size": always(_PAGE, "bytes"),
    "proxy_buffering": always("on"),
    "proxy_buffers_count": always(8, "count"),
    "proxy_buffers_size": always(_PAGE, "bytes"),
    # Twice the larger one of these two, as is proxy_temp_file_write_size: see `route.py`.
    "proxy_busy_buffers_size": always(2 * _PAGE, "bytes"),
    "proxy_cache": always("off"),
    "proxy_connect_timeout": always(60_000, "ms"),
    "proxy_http_version": changed(None, "1.0", (POOLS_BY_DEFAULT, "1.1")),
    "proxy_ignore_client_abort": always("off"),
    "proxy_ignore_headers": always([]),
    "proxy_intercept_errors": always("off"),
    "proxy_max_temp_file_size": always(1024**3, "bytes"),
    "proxy_method": always(""),
    "proxy_next_upstream": always(["error", "timeout"]),
    "proxy_next_upstream_timeout": always(0, "ms"),
    "proxy_next_upstream_tries": always(0, "count"),
    "proxy_pass_request_body": always("on"),
    "proxy_pass_request_headers": always("on"),
    "proxy_read_timeout": always(60_000, "ms"),
    "proxy_request_buffering": always("on"),
    "proxy_send_timeout": always(60_000, "ms"),
    "proxy_socket_keepalive": always("off"),
    "proxy_ssl_name": always("$proxy_host"),
    "proxy_ssl_protocols": changed(
        None,
        ["TLSv1", "TLSv1.1", "TLSv1.2"],
        ((1, 23, 4), ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        ((1, 27, 3), ["TLSv1.2", "TLSv1.3"]),
    ),
    "proxy_ssl_server_name": always("off"),
    "proxy_ssl_session_reuse": always("on"),
    "proxy_ssl_trusted_certificate": always(""),
    "proxy_ssl_verify": always("off"),
    "proxy_ssl_verify_depth": always(1, "count"),
    "proxy_temp_file_write_size": always(2 * _PAGE, "bytes"),
    "proxy_temp_path": nowhere(None, _COMPILED_IN),
    "reset_timedout_connection": always("off"),
    "resolver": always([]),
    "resolver_timeout": always(30_000, "ms"),
    "send_timeout": always(60_000, "ms"),
    "underscores_in_headers": always("off"),
}

# The Connection header that nginx sends to a peer, unless proxy_set_header says otherwise.
CONNECTION = changed(None, "close", (POOLS_BY_DEFAULT, ""))

# What is decided before nginx knows the Host: the address's default server says it. TLS names the
# server earlier, so that there it is only the time for the handshake and the first header.
BEFORE_HOST_OF_TLS = ("client_header_timeout",)
BEFORE_HOST = BEFORE_HOST_OF_TLS + (
    "client_header_buffer_size",
    "ignore_invalid_headers",
    "large_client_header_buffers_count",
    "large_client_header_buffers_size",
    "max_headers",
    "underscores_in_headers",
)

UPSTREAM = {
    "keepalive": changed("count", 0, (POOLS_BY_DEFAULT, 32)),
    # The pool that nobody asked for is one for each location; a written one is shared.
    "keepalive_local": changed(None, False, (POOLS_BY_DEFAULT, True)),
    "keepalive_requests": changed("count", 100, (LONG_CONNECTIONS, 1000)),
    "keepalive_time": changed("ms", UNLIMITED, (LONG_CONNECTIONS, 3_600_000)),
    "keepalive_timeout": always(60_000, "ms"),
    "resolver": always([]),
    "resolver_timeout": always(30_000, "ms"),
    "sticky": always([]),
    "zone": always(""),
    "zone_size": always(0, "bytes"),
}

PEER = {
    "fail_timeout": always(10_000, "ms"),
    "max_conns": always(0, "count"),
    "max_fails": always(1, "count"),
    "service": always(""),
    "slow_start": always(0, "ms"),
    "weight": always(1, "count"),
}

# A balancing method that stood below `keepalive` switched pooling off, silently, until 1.29.7.
POOL_SURVIVES_BALANCER = changed(None, False, (POOLS_BY_DEFAULT, True))
