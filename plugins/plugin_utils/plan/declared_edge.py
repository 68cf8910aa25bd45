# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The edge of an app, as the inventory declares it and its kind's defaults complete it."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import (
    DurationError, nginx_time, parse_duration_ms, written,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import (
    InputError, did_you_mean, shown,
)

_KEYS = ("kind", "idle_timeout", "response_limit")
_EXAMPLE = "edge: {kind: aws_alb, idle_timeout: 120s}"


def declared_edge(value, name):
    """The edge as a mapping, or C(None) where clients reach nginx directly.

    C(value) is a kind, or a mapping of C(kind), C(idle_timeout) and C(response_limit), or C(none).
    The result has C(kind), C(idle_timeout) and C(response_limit) in ms (C(None): no limit),
    C(layer), C(preconnects) and C(source). Raises C(InputError).
    """
    if value is None or value == "none":
        return None
    where = name
    if isinstance(value, str):
        value = {"kind": value}
    elif isinstance(value, dict) and "kind" in value:
        where = f"{name}.kind"
    if not isinstance(value, dict):
        raise InputError(name, f"{shown(value)} is not an edge",
                         "a kind of edge, or a mapping with its kind, or none", _EXAMPLE)
    for key in value:
        if key not in _KEYS:
            raise InputError(f"{name}.{key}", "no such key" + did_you_mean(key, _KEYS),
                             ", ".join(_KEYS), _EXAMPLE)
    kind = value.get("kind")
    if kind == "none" and len(value) == 1:
        return None
    if not isinstance(kind, str) or kind not in EDGES:
        raise InputError(where, f"unknown edge {shown(kind)}{did_you_mean(kind, EDGES)}",
                         ", ".join(sorted(EDGES)) + ", none", _EXAMPLE)
    return _completed(kind, value, name)


def _completed(kind, value, name):
    edge = EDGES[kind]
    idle = _duration(value, "idle_timeout", edge.idle, kind, name)
    if idle is None:
        raise InputError(f"{name}.idle_timeout",
                         f"{kind} has no documented idle time-out: it must be given",
                         "the idle time-out towards nginx that is set there",
                         f"edge: {{kind: {kind}, idle_timeout: 60s}}")
    if edge.response is None:
        if "response_limit" in value:
            raise InputError(f"{name}.response_limit",
                             f"{kind} has one time-out for both: its idle time-out",
                             "idle_timeout only", f"edge: {{kind: {kind}, idle_timeout: 120s}}")
        response = idle
    elif value.get("response_limit", "") in (None, "none"):
        response = None
    else:
        response = _duration(value, "response_limit", edge.response, kind, name) or None
    given = [key for key in _KEYS[1:] if key in value]
    source = f"{kind}: {edge.idle.source}"
    return {
        "kind": kind, "idle_timeout": idle, "response_limit": response, "layer": edge.layer,
        "preconnects": edge.preconnects,
        "source": f"inventory ({', '.join(given)}); {source}" if given else source,
    }


def _duration(value, key, limit, kind, name):
    if key not in value:
        return limit.default
    path = f"{name}.{key}"
    try:
        milliseconds = parse_duration_ms(value[key], path)
    except DurationError as error:
        raise InputError(path, error.problem, error.accepted,
                         f"edge: {{kind: {kind}, {key}: 60s}}") from error
    lowest, highest = limit.lowest or 0, limit.highest
    if milliseconds < lowest or (highest is not None and milliseconds > highest):
        bounds = f"{written(lowest)} to {written(highest)}" if highest else written(lowest)
        raise InputError(path, f"{shown(value[key])} is not possible at {kind}",
                         f"{bounds} ({limit.setting})",
                         f"edge: {{kind: {kind}, {key}: {nginx_time(limit.default or lowest)}}}")
    return milliseconds
