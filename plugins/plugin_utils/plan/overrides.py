# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single values of a plan, overridden in the inventory.

They are taken as they are: whether they are good is for the policies to say, not for the plan.
"""
from __future__ import annotations

import copy

from ansible_collections.no502.node.plugins.module_utils.durations import (
    MAX_MS, SECOND, DurationError, parse_duration_ms, written,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import (
    InputError, did_you_mean, shown,
)

# hop -> name -> the least that it may be: in ms where it is a duration, else a count.
_DURATIONS = {
    "nginx": {
        "client_keepalive_timeout": 0, "client_header_timeout": 1, "read_timeout": 1,
        "send_timeout": 1, "connect_timeout": 1, "next_upstream_timeout": 0, "fail_timeout": 1,
        "pool_idle": 1, "worker_shutdown_timeout": 0,
    },
    "node": {"keep_alive_timeout": 1, "headers_timeout": 1, "request_timeout": 1},
    "drain": {"idle_grace": 0, "max": 1, "stream_grace": 0},
    "systemd": {"timeout_stop": 1, "timeout_start": 1},
}
_COUNTS = {
    "nginx": {"next_upstream_tries": 0, "max_fails": 0, "pool_size": 1},
    "memory": {"old_space_mib": 1},
}
_MOST = 1_000_000
_WHOLE_SECONDS = "nginx.fail_timeout"  # nginx counts it in seconds and refuses "500ms"
_EXAMPLE = "overrides: {nginx: {read_timeout: 70s}}"


def names():
    """Every name that can be overridden, C(hop.name)."""
    return sorted(f"{hop}.{name}" for table in (_DURATIONS, _COUNTS)
                  for hop, entries in table.items() for name in entries)


def parse_overrides(value, name):
    """The overrides as C({"nginx.read_timeout": 70000}), and what is wrong with the others.

    C(value) is what the inventory says, C(name) its path.
    """
    if not isinstance(value, dict):
        return {}, [InputError(name, f"{shown(value)} is not a mapping",
                               "a mapping of nginx, node, drain, systemd, memory", _EXAMPLE)]
    parsed, errors = {}, []
    for hop, entries in value.items():
        if hop not in _DURATIONS and hop not in _COUNTS:
            errors.append(_unknown(f"{name}.{hop}", str(hop)))
        elif not isinstance(entries, dict):
            errors.append(InputError(f"{name}.{hop}", f"{shown(entries)} is not a mapping",
                                     _names_of(hop), _EXAMPLE))
        else:
            for key, given in entries.items():
                try:
                    parsed[f"{hop}.{key}"] = _value(hop, key, given, f"{name}.{hop}.{key}")
                except (InputError, DurationError) as error:
                    errors.append(error)
    return parsed, errors


def with_overrides(timeouts, parsed):
    """A plan with these values in the place of its own, and marked in its reasons."""
    result = copy.deepcopy(timeouts)
    for path, value in parsed.items():
        hop, name = path.split(".")
        planned = result[hop].get(name)
        result[hop][name] = value
        was = "nothing" if planned is None else _shown_as(path, planned)
        result["reasons"][path] = f"overridden in the inventory; planned was {was}"
    return result


def _value(hop, key, given, path):
    if key in _DURATIONS.get(hop, {}):
        milliseconds = parse_duration_ms(given, path, minimum=_DURATIONS[hop][key], maximum=MAX_MS)
        if f"{hop}.{key}" == _WHOLE_SECONDS and milliseconds % SECOND:
            raise InputError(path, f"{shown(given)} has a fraction of a second",
                             "whole seconds: nginx counts this one in seconds", f"{key}: 5s")
        return milliseconds
    if key in _COUNTS.get(hop, {}):
        return _count(given, path, key, _COUNTS[hop][key])
    raise _unknown(path, f"{hop}.{key}")


def _count(given, path, key, least):
    text = str(given)
    if isinstance(given, bool) or not text.isascii() or not text.isdigit():
        raise InputError(path, f"{shown(given)} is not a count", "a whole number", f"{key}: 3")
    if not least <= int(text) <= _MOST:
        raise InputError(path, f"{shown(given)} is out of bounds", f"{least} to {_MOST}",
                         f"{key}: 3")
    return int(text)


def _unknown(path, name):
    return InputError(path, f"there is no {shown(name)} to override{did_you_mean(name, names())}",
                      ", ".join(names()), _EXAMPLE)


def _names_of(hop):
    return ", ".join(name.split(".")[1] for name in names() if name.startswith(f"{hop}."))


def _shown_as(path, value):
    hop, name = path.split(".")
    return written(value) if name in _DURATIONS.get(hop, {}) else str(value)
