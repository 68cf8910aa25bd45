# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an http.Server as Node names them, turned into values of a reading.

They come from the guard or over the inspector: from a process that may say
anything. What is no sensible number becomes `unknown`.
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

# Node's timers end at 2^31 - 1 ms; larger ones fire at once.
MAX_MS = 2**31 - 1
_MAX_TEXT = 200
_MAX_SHOWN = 24
_LIKE_A_NUMBER = re.compile(r"[0-9.eE+-]{1,24}\Z")

# Our name, Node's name, unit, largest sensible value.
SETTINGS = (
    ("keep_alive_timeout", "keepAliveTimeout", "ms", MAX_MS),
    ("keep_alive_timeout_buffer", "keepAliveTimeoutBuffer", "ms", MAX_MS),
    ("headers_timeout", "headersTimeout", "ms", MAX_MS),
    ("request_timeout", "requestTimeout", "ms", MAX_MS),
    ("server_timeout", "timeout", "ms", MAX_MS),
    ("connections_checking_interval", "connectionsCheckingInterval", "ms", MAX_MS),
    ("max_header_size", "maxHeaderSize", "bytes", 2**31 - 1),
    ("max_requests_per_socket", "maxRequestsPerSocket", "count", UNLIMITED),
)


def settings(holder, source):
    """Return {our name: value} of what `holder`, a dictionary by Node's names, has set."""
    if not isinstance(holder, dict):
        return {}
    return {ours: number(holder, theirs, unit, most, source)
            for ours, theirs, unit, most in SETTINGS if holder.get(theirs) is not None}


def number(holder, key, unit, most, source):
    """Return what `holder` has under `key` as a value; `unknown` unless 0 <= it <= `most`."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return unknown(unit, "%s: %s is no whole number%s" % (source, key, _shown(value)))
    if not 0 <= value <= most:
        said = shorten(str(value), _MAX_SHOWN)
        return unknown(unit, "%s: %s is absurd: %s" % (source, key, said))
    return known(value, unit, "live", source)


def _shown(value):
    """Return what may be told of a value that is none: any other text may be a secret."""
    if value is None:
        return ""
    if isinstance(value, (str, float)) and _LIKE_A_NUMBER.match(str(value)):
        return ": %r" % value
    return " but a %s" % type(value).__name__


def address(holder):
    """Return what `server.address()` gave as listeners have it, `{"address", "port"}` or
    `{"path"}`, else None."""
    if isinstance(holder, str):
        return {"path": holder}
    if not isinstance(holder, dict):
        return None
    host, port = holder.get("address"), holder.get("port")
    if not isinstance(host, str) or isinstance(port, bool) or not isinstance(port, int):
        return None
    return {"address": host, "port": port}


def shorten(text, most=_MAX_TEXT):
    """Return a text without control characters, cut after `most`."""
    text = "".join(each if each.isprintable() else "?" for each in text[:most + 1])
    return text if len(text) <= most else text[:most] + "..."
