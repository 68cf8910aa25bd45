# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain builder: readings of hosts in, documents for the policies out.

Joins every nginx location with the Node processes behind it, and fills in what nginx and Node do
where nothing is written, by version. It never judges; see policies/schema for the documents.
"""
from __future__ import annotations

import datetime

from ansible_collections.no502.node.plugins.plugin_utils.chain import node as chain_node
from ansible_collections.no502.node.plugins.plugin_utils.chain.peers import Fleet
from ansible_collections.no502.node.plugins.plugin_utils.chain.route import Nginx

SCHEMA = 1


def build(readings, apps=None, options=None):
    """Return the documents about what was read: a host each, and a route for every location.

    readings: host -> what chain_info returned as `reading`, or None where the host could not be
    read. apps: name -> app of the plan. options: `profile` (default, strict), `phase` (steady,
    transition), `today` (YYYY-MM-DD, else the controller's day).
    """
    apps = {name: app for name, app in (apps or {}).items() if app.get("state") != "absent"}
    options, listening, documents = options or {}, Fleet(readings), []
    for host, reading in sorted(readings.items()):
        if not reading:
            continue
        documents.append(_host(host, reading, options))
        for nginx in reading.get("nginx") or []:
            documents += _routes(Nginx(host, nginx), apps, listening, options)
    return documents


def _head(kind, options):
    return {
        "kind": kind,
        "schema": SCHEMA,
        "today": options.get("today") or datetime.date.today().isoformat(),
        "profile": options.get("profile") or "default",
        "phase": options.get("phase") or "steady",
    }


def fleet(waivers, options):
    """Return the document about the fleet; each waiver says how many results it matches."""
    return {**_head("fleet", options), "waivers": waivers}


def _host(host, reading, options):
    return {
        **_head("host", options),
        "host": host,
        "processes": [chain_node.document(node) for node in reading.get("node") or []],
    }


def _routes(nginx, apps, listening, options):
    return [
        {**_head("route", options), **nginx.document(route, _app(nginx, route, apps), listening)}
        for route in nginx.routes()
    ]


def _app(nginx, route, apps):
    """Return the app that a route serves: the one whose file it is in, or whose name it answers."""
    if route.get("managed"):
        return apps.get(route["managed"])
    names = set(route["server"]["names"])
    serving = [
        app
        for app in apps.values()
        if nginx.host in app["nginx_hosts"]
        and names & set(app["server_names"])
        and route["location"]["pattern"] == app["path"]
    ]
    return serving[0] if serving else None
