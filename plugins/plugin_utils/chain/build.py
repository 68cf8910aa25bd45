# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain builder: readings of hosts in, documents for the policies out.

Joins every nginx location with the Node processes behind it, and fills in what nginx and Node do
where nothing is written, by version. It never judges; see policies/schema for the documents.
"""
from __future__ import annotations

import datetime

from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    nginx as chain_nginx,
    node as chain_node,
    pm2 as chain_pm2,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.peers import Fleet
from ansible_collections.no502.node.plugins.plugin_utils.chain.route import Nginx

SCHEMA = 1


def build(readings, apps=None, options=None):
    """Return the documents about what was read: a host each, and a route for every location.

    readings: host -> what chain_info returned as `reading`, or None where the host could not be
    read; `port_mappings` in one is what the inventory declares for that host. apps: name -> app of
    the plan. options: `profile` (default, strict), `phase` (steady, transition), `today`
    (YYYY-MM-DD, else the controller's day).
    """
    apps = {name: app for name, app in (apps or {}).items() if app.get("state") != "absent"}
    options, known, documents = options or {}, Fleet(readings), []
    for host, reading in sorted(readings.items()):
        if not reading:
            continue
        documents.append(_host(host, reading, options))
        for nginx in reading.get("nginx") or []:
            documents += _routes(Nginx(host, nginx, known), apps, options)
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
    """Return the document about a host: every process on it, whether a route reaches it or not."""
    about, apps = reading["host"], chain_pm2.apps(reading)
    by_pid = chain_pm2.by_pid(apps)
    return {
        **_head("host", options),
        "host": host,
        "processes": [
            chain_node.document(node, about, by_pid) for node in reading.get("node") or []
        ],
        "nginx": [
            chain_nginx.document(nginx, about.get("now")) for nginx in reading.get("nginx") or []
        ],
        "pm2": chain_pm2.daemons(reading),
        "pm2_apps": apps,
    }


def _routes(nginx, apps, options):
    return [
        {**_head("route", options), **document}
        for route in nginx.routes()
        for document in nginx.documents(route, _app(nginx, route, apps))
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
