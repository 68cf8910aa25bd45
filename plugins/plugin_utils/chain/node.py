# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Node process as the documents have it."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    heap as chain_heap,
    options as chain_options,
    unit as chain_unit,
    values as chain_values,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import (
    node as defaults,
    row as default_row,
)

_HEADER_SIZE = "--max-http-header-size"


def summary(node, pm2_apps=None):
    """Return what the document of a route says of a process behind one of its peers.

    pm2_apps: pid -> the part about PM2's app.
    """
    name, app = _name(node), _app(node)
    return {
        "pid": node.get("pid"),
        "name": name,
        "app": app,
        "managed": app is not None,
        "version": node.get("version"),
        "container": node.get("container"),
        "protocol": chain_values.of(node.get("protocol"), None, f"{name}: protocol"),
        "settings": _settings(node, name),
        "guard": _guard(node.get("guard"), name),
        "pm2_app": _pm2_app(node, pm2_apps or {}),
    }


def document(node, host, pm2_apps=None):
    """Return what the document of a host says of a process on it.

    host: what the reading says of the host. pm2_apps: as in `summary`.
    """
    name, directory = _name(node), node.get("directory") or {}
    return {
        **summary(node, pm2_apps),
        "uptime": _uptime(node, host, name),
        "mode": chain_values.of(node.get("mode"), None, f"{name}: mode"),
        "supervisor": _supervisor(node, name),
        "directory": directory.get("path"),
        "directory_deleted": chain_values.of(
            directory.get("deleted"), None, f"{name}: working directory"
        ),
        "binary_deleted": chain_values.of(node.get("binary_deleted"), None, f"{name}: program"),
        "open_files": chain_values.of(node.get("open_files"), "count", f"{name}: open files"),
        "options": chain_options.document(node),
        **chain_heap.document(node, host, name),
        "unit": chain_unit.document(node.get("unit")),
    }


def _pm2_app(node, pm2_apps):
    """Return the part about PM2's process, the first of several.

    What listens may be PM2's daemon, for its workers, or the child of a shell that PM2 runs.
    """
    pids = (node.get("supervisor") or {}).get("pids") or [node.get("pid")]
    return next((pm2_apps[pid] for pid in pids if pid in pm2_apps), None)


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


def _uptime(node, host, name):
    """Return how long the process has run."""
    started, now = node.get("started"), host.get("now")
    known_both = started is not None and now is not None
    age = max(0, round((now - started) * 1000)) if known_both else None
    return chain_values.of(age, "ms", f"{name}: start")


def _supervisor(node, name):
    """Return who starts the process again; its unit says so where the reading is silent."""
    said = node.get("supervisor") or {}
    kind = said.get("kind") or ("systemd" if node.get("unit") else None)
    if kind in (None, "unknown"):
        return unknown(None, f"{name}: {said.get('reason') or 'supervisor not read'}")
    return known(kind, None, "live", said.get("name") or name)


def _settings(node, name):
    read, version = node.get("settings") or {}, node.get("version")
    software = chain_values.named_version("Node", version)
    by_option = {"max_header_size": _max_header_size(node, name)}
    settings = {
        setting: read.get(setting) or by_option.get(setting) or chain_values.assumed(
            default_row.at(row, version), row.unit, name, f"{software}'s default"
        )
        for setting, row in defaults.SETTINGS.items()
    }
    settings["keep_alive_timeout_buffer"] = read.get("keep_alive_timeout_buffer") or _buffer(
        version, name
    )
    timed = read.get("idle_limit") or {}
    return {**settings, "idle_limit": timed if timed.get("value") is not None else None}


def _max_header_size(node, name):
    """Return what an option makes of the default, None where Node's own is in force."""
    if chain_options.unclear(node):
        return unknown("bytes", f"{name}: {chain_options.UNCLEAR}")
    given = chain_options.given(node, _HEADER_SIZE)
    if given is None:
        return None
    size, source = chain_options.number(given), f"{_HEADER_SIZE}, {given['source']},"
    if size is None:
        return unknown("bytes", f"{name}: {source} is not understood")
    return chain_values.assumed(size, "bytes", name, source)


def _buffer(version, name):
    """Return what this Node adds to its keep-alive time-out before it closes.

    The version decides it; nearly no code sets it, and code that does can be read by the guard.
    """
    value = chain_values.Defaults("Node", version).of(defaults.SETTINGS["keep_alive_timeout_buffer"])
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
