# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directive of nginx says, as values: times, sizes, counts, flags, words.

Only directives that matter to the chain are known here. A value stays what
nginx's documentation calls it: `0` is not translated where it means "off".
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.durations import nginx_time_ms
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

_SIZE = re.compile(r"([0-9]+)([kKmMgG]?)\Z")
_SCALE = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_ACCEPTED_COUNT = re.compile(r"[0-9]+\Z")


def size_bytes(text):
    """Return the bytes of a size (`ngx_parse_offset`: k, m, g); raises ValueError."""
    match = _SIZE.match(text)
    if match is None:
        raise ValueError("%r is no size to nginx" % text)
    return int(match.group(1)) * _SCALE[match.group(2).lower()]


def count(text):
    """Return a whole number; raises ValueError."""
    if _ACCEPTED_COUNT.match(text) is None:
        raise ValueError("%r is no number to nginx" % text)
    return int(text)


def seconds_ms(text):
    """Return the milliseconds of a time that nginx keeps in seconds; raises ValueError."""
    return nginx_time_ms(text, seconds_slot=True)


def _one(unit, convert):
    def values(name, args):
        return {name: (unit, convert, args[0])}
    return values


def _words(name, args):
    return {name: (None, lambda words: words, list(args))}


def _keywords(*spellings):
    """Give words as nginx's documentation has them, in lower case unless it is said here.

    nginx takes them in any case.
    """
    known_as = {spelling.lower(): spelling for spelling in spellings}

    def spelled(words):
        return [known_as.get(word.lower(), word.lower()) for word in words]

    def values(name, args):
        return {name: (None, spelled, list(args))}
    return values


def _method(name, args):
    """Keep the first name only: a parameter further on may be a secret (`hmac_key=`)."""
    return {name: (None, lambda word: [word.partition("=")[0]], args[0])}


def _text(text):
    return text


def _buffers(name, args):
    return {
        name + "_count": ("count", count, args[0]),
        name + "_size": ("bytes", size_bytes, args[1]),
    }


def _keepalive_timeout(name, args):
    values = {name: ("ms", nginx_time_ms, args[0])}
    if len(args) > 1:
        values[name + "_header"] = ("ms", seconds_ms, args[1])
    return values


def _pool(name, args):
    values = {name: ("count", count, args[0])}
    if len(args) > 1:
        values[name + "_local"] = (None, lambda word: word == "local", args[1])
    return values


def _zone(name, args):
    values = {name: (None, _text, args[0])}
    if len(args) > 1:
        values[name + "_size"] = ("bytes", size_bytes, args[1])
    return values


def _processes(name, args):
    if args[0] == "auto":
        return {name: ("count", _text, "auto")}
    return {name: ("count", count, args[0])}


_TIME = _one("ms", nginx_time_ms)
_BYTES = _one("bytes", size_bytes)
_COUNT = _one("count", count)
_WORD = _one(None, _text)
# nginx takes these in any case (`ngx_strcasecmp`).
_FLAG = _one(None, str.lower)
_PROTOCOLS = _keywords("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_IGNORED = _keywords(
    "X-Accel-Redirect", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Buffering",
    "X-Accel-Charset", "Expires", "Cache-Control", "Set-Cookie", "Vary",
)

MAIN = {
    "accept_mutex": _FLAG,
    "multi_accept": _FLAG,
    "user": _words,
    "worker_processes": _processes,
    "worker_connections": _COUNT,
    "worker_rlimit_nofile": _COUNT,
    "worker_shutdown_timeout": _TIME,
    "daemon": _FLAG,
    "master_process": _FLAG,
}

UPSTREAM = {
    "keepalive": _pool,
    "keepalive_timeout": _TIME,
    "keepalive_requests": _COUNT,
    "keepalive_time": _TIME,
    "zone": _zone,
    "resolver": _words,
    "resolver_timeout": _TIME,
    "sticky": _method,
}

# Parameters of `server` within an upstream: `max_fails=3`.
PEER = {
    "weight": _COUNT,
    "max_conns": _COUNT,
    "max_fails": _COUNT,
    "fail_timeout": _one("ms", seconds_ms),
    "slow_start": _one("ms", seconds_ms),
    "service": _WORD,
}

# What a location inherits from its server, and that from http.
ROUTE = {
    "client_body_buffer_size": _BYTES,
    "client_body_temp_path": _words,
    "client_body_timeout": _TIME,
    "client_header_buffer_size": _BYTES,
    "client_header_timeout": _TIME,
    "client_max_body_size": _BYTES,
    "early_hints": _words,
    "http2": _FLAG,
    "ignore_invalid_headers": _FLAG,
    "keepalive_min_timeout": _TIME,
    "keepalive_requests": _COUNT,
    "keepalive_time": _TIME,
    "keepalive_timeout": _keepalive_timeout,
    "large_client_header_buffers": _buffers,
    "lingering_close": _FLAG,
    "lingering_time": _TIME,
    "lingering_timeout": _TIME,
    "max_headers": _COUNT,
    "proxy_bind": _words,
    "proxy_buffer_size": _BYTES,
    "proxy_buffering": _FLAG,
    "proxy_buffers": _buffers,
    "proxy_busy_buffers_size": _BYTES,
    "proxy_cache": _WORD,
    "proxy_connect_timeout": _TIME,
    "proxy_http_version": _WORD,
    "proxy_ignore_client_abort": _FLAG,
    "proxy_ignore_headers": _IGNORED,
    "proxy_intercept_errors": _FLAG,
    "proxy_max_temp_file_size": _BYTES,
    "proxy_method": _WORD,
    "proxy_next_upstream": _keywords(),
    "proxy_next_upstream_timeout": _TIME,
    "proxy_next_upstream_tries": _COUNT,
    "proxy_pass_request_body": _FLAG,
    "proxy_pass_request_headers": _FLAG,
    "proxy_read_timeout": _TIME,
    "proxy_request_buffering": _FLAG,
    "proxy_send_timeout": _TIME,
    "proxy_socket_keepalive": _FLAG,
    "proxy_ssl_name": _WORD,
    "proxy_ssl_protocols": _PROTOCOLS,
    "proxy_ssl_server_name": _FLAG,
    "proxy_ssl_session_reuse": _FLAG,
    "proxy_ssl_trusted_certificate": _WORD,
    "proxy_ssl_verify": _FLAG,
    "proxy_ssl_verify_depth": _COUNT,
    "proxy_temp_file_write_size": _BYTES,
    "proxy_temp_path": _words,
    "reset_timedout_connection": _FLAG,
    "resolver": _words,
    "resolver_timeout": _TIME,
    "send_timeout": _TIME,
    "underscores_in_headers": _FLAG,
}


def values_of(name, args, table, source):
    """Return {setting: value} of one directive or parameter known to `table`.

    What nginx would refuse, or what is known only at run time (a variable), is
    `unknown` with the reason behind `source` (file:line). A directive that
    says more than one thing gives several settings (`proxy_buffers_count`,
    `proxy_buffers_size`).
    """
    try:
        parts = table[name](name, args)
    except IndexError:
        return {name: unknown(None, "%s: %s lacks an argument" % (source, name))}
    values = {}
    for setting, (unit, convert, text) in parts.items():
        try:
            values[setting] = known(convert(text), unit, "config", source)
        except ValueError as error:
            reason = getattr(error, "problem", str(error))
            values[setting] = unknown(unit, "%s: %s: %s" % (source, name, reason))
    return values


class Settings:
    """Turns directives into values, each once however many places it is in force at."""

    def __init__(self):
        self._values = {}

    def of(self, directives, table):
        """Return {setting: value} of these directives, all known to `table`."""
        settings = {}
        for each in directives:
            key = (id(table), id(each))
            if key not in self._values:
                self._values[key] = values_of(each.name, each.args, table, each.where)
            settings.update(self._values[key])
        return settings
