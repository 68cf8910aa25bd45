# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PM2's daemons and their apps as the documents have them."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    unit as chain_unit,
    values as chain_values,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import pm2 as defaults


def daemons(reading):
    """Return a part for each daemon of a host."""
    return [
        {
            "name": _name(daemon),
            "user": daemon.get("user"),
            "version": daemon.get("version"),
            "answers": chain_values.of(daemon.get("answers"), None, _name(daemon)),
            "saved": chain_values.of(daemon.get("saved"), None, f"{_name(daemon)}: pm2 save"),
            "unit": chain_unit.document(daemon.get("unit")),
        }
        for daemon in reading.get("pm2") or []
    ]


def apps(reading):
    """Return a part for each process of each app that PM2 keeps, whether it runs or not."""
    return [
        _app(daemon, app)
        for daemon in reading.get("pm2") or []
        for app in daemon.get("apps") or []
    ]


def by_pid(parts):
    """Return pid -> part, of those that run."""
    return {part["pid"]: part for part in parts if part["pid"]}


def _name(daemon):
    return f"PM2 of {daemon.get('user')}"


def _app(daemon, app):
    name = f"{app['name']} in {_name(daemon)}"
    software = chain_values.Defaults("PM2", daemon.get("version"))
    instances = app.get("instances") or {}

    def said(fact, unit, what):
        return chain_values.of(fact, unit, f"{name}: {what}")

    return {
        "name": name,
        "id": app.get("id"),
        "pid": app.get("pid") or None,
        "mode": said(app.get("mode"), None, "mode"),
        "status": said(app.get("status"), None, "status"),
        "restarts": said(app.get("restarts"), "count", "restarts"),
        "unstable_restarts": said(app.get("unstable_restarts"), "count", "unstable restarts"),
        "declared": said(instances.get("declared"), "count", "instances"),
        "running": said(instances.get("running"), "count", "running instances"),
        "node_options": [dict(option) for option in app.get("node_options") or []],
        "settings": software.fill(defaults.SETTINGS, app.get("settings") or {}),
    }
