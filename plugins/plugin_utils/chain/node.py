# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Node process as the documents have it."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    defaults as chain_defaults,
    values as chain_values,
)


def document(node):
    """Return the document's part about one process of a reading."""
    name = _name(node)
    app = _app(node)
    return {
        "pid": node.get("pid"),
        "name": name,
        "app": app,
        "managed": app is not None,
        "version": node.get("version"),
        "settings": _settings(node, name),
        "guard": _guard(node.get("guard"), name),
        "unit": _unit(node.get("unit")),
    }


def _name(node):
    unit = node.get("unit")
    return unit["name"] if unit and unit.get("name") else f"node pid {node.get('pid')}"


def _app(node):
    """Return the app whose unit runs this process, by the name that this collection gives it."""
    unit = (node.get("unit") or {}).get("name") or ""
    instance = unit.partition("@")[0].removeprefix("no502-")
    app, _dash, port = instance.rpartition("-")
    if unit.startswith("no502-") and app and port.isdigit():
        return app
    return None


def _settings(node, name):
    read, version = node.get("settings") or {}, node.get("version")
    settings = {
        setting: read.get(setting) or chain_values.assumed(row, version, name)
        for setting, row in chain_defaults.NODE.items()
    }
    settings["keep_alive_timeout_buffer"] = read.get("keep_alive_timeout_buffer") or _buffer(
        version, name
    )
    return settings


def _buffer(version, name):
    """Return what this Node adds to its keep-alive time-out before it closes.

    The version decides it; nearly no code sets it, and code that does can be read by the guard.
    """
    value = chain_values.default(chain_defaults.NODE_KEEP_ALIVE_BUFFER, "Node", version)
    return value if value["value"] is not None else unknown("ms", f"{name}: {value['source']}")


def _guard(guard, name):
    if not guard:
        return None
    missing = unknown("ms", f"{name}: not in the guard's status")
    return {
        "version": guard.get("version") or "",
        "draining": bool(guard.get("draining")),
        "idle_grace": guard.get("idle_grace") or missing,
        "max": guard.get("max") or missing,
        "stream_grace": guard.get("stream_grace") or missing,
    }


def _unit(unit):
    if not unit:
        return None
    missing = unknown("ms", f"{unit['name']}: systemctl show does not say")
    return {"name": unit["name"], "timeout_stop": unit.get("timeout_stop") or missing}
