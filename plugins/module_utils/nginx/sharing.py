# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the reading of a large configuration small.

A hundred routes that inherit twenty settings from http say them two thousand
times. What every route has is said once, in `inherited`, with the value that
most have; a route keeps what it has otherwise.
"""

from __future__ import annotations

import collections
import json

# A route may take 4 KiB of a reading, all the rest of an nginx half of what a host may.
ROUTE_BYTES = 4 * 1024
REST_BYTES = 32 * 1024
MAX_NAMES = 32


def share(reading):
    """Put what the routes have in common into `inherited`, where the reading is large.

    Of a server's names at most `MAX_NAMES` are left then; `more_names` counts the others.
    Where that is not enough, servers that are no default server anywhere are left out, which
    `more_servers` counts: what routes need of theirs, they have.
    """
    reading["inherited"] = {}
    if _is_large(reading):
        _share_settings(reading)
    if _is_large(reading):
        _shorten_names(reading["servers"])
    if _is_large(reading):
        _leave_out_servers(reading)


def _is_large(reading):
    return len(json.dumps(reading)) > REST_BYTES + ROUTE_BYTES * len(reading["routes"])


def _share_settings(reading):
    settings = [route["settings"] for route in reading["routes"]]
    reading["inherited"] = _common(settings)
    for route in reading["routes"]:
        route["settings"] = {name: value for name, value in route["settings"].items()
                             if reading["inherited"].get(name) != value}


def _shorten_names(servers):
    for server in servers:
        if len(server["names"]) > MAX_NAMES:
            server["more_names"] = len(server["names"]) - MAX_NAMES
            del server["names"][MAX_NAMES:]


def _leave_out_servers(reading):
    kept = [server for server in reading["servers"]
            if any(listen["default_server"] for listen in server["listens"])]
    reading["more_servers"] = len(reading["servers"]) - len(kept)
    reading["servers"] = kept


def _common(settings):
    """Return, of the names that are in all of these settings, the value that most have."""
    names = set(settings[0]).intersection(*settings[1:]) if settings else ()
    common = {}
    for name in sorted(names):
        values = {each[name]["source"]: each[name] for each in settings}
        most = collections.Counter(each[name]["source"] for each in settings).most_common(1)
        common[name] = values[most[0][0]]
    return common
