# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of what is not there yet: what a run would have set, in the form of a reading.

They stand in for the real ones before the first change and in check mode, so that the same
policies judge the plan. Every value in them has the origin ``planned``.
"""
from __future__ import annotations

import copy

from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import instance, retiring

_ROUTE = {  # setting of the plan -> directive, unit
    "read_timeout": ("proxy_read_timeout", "ms"),
    "send_timeout": ("proxy_send_timeout", "ms"),
    "connect_timeout": ("proxy_connect_timeout", "ms"),
    "next_upstream_tries": ("proxy_next_upstream_tries", "count"),
    "next_upstream_timeout": ("proxy_next_upstream_timeout", "ms"),
    "client_keepalive_timeout": ("keepalive_timeout", "ms"),
    "client_header_timeout": ("client_header_timeout", "ms"),
}
_NODE = ("keep_alive_timeout", "headers_timeout", "request_timeout")
_DRAIN = ("idle_grace", "max", "stream_grace")
MEBIBYTE = 1 << 20


def value(number, unit, source):
    """Return a value with the origin ``planned``."""
    return {"value": number, "unit": unit, "origin": "planned", "source": source}


class Sources:
    """Where the planned values of the apps come from, in the words of the inventory."""

    def __init__(self, apps):
        """apps: the apps of the plan, whose time-outs have their reasons."""
        self._apps = apps

    def of(self, app, name):
        """Return the source of ``nginx.read_timeout`` and the like."""
        timeouts = (self._apps.get(app) or {}).get("timeouts") or {}
        if timeouts.get("reasons", {}).get(name, "").startswith("overridden"):
            return f"no502_apps.{app}.overrides.{name}"
        return f"plan of {app}: {name}"


def with_planned(readings, apps, steps, nginx, node, retired=False):
    """Return `readings` with what `steps` plans in place of what was read.

    apps: those of the plan. nginx: host -> ``safe`` or ``final``. node: hosts whose Node is to be
    the planned one; with `retired`, without those of our instances that are not planned. A host
    that was not read stays unread: what is planned for it cannot be done.
    """
    result, sources = dict(readings), Sources(apps)
    for host, step in nginx.items():
        if result.get(host):
            result[host] = with_nginx(result[host], steps["nginx"][host][step], sources)
    for host in node:
        if result.get(host):
            if retired:
                result[host] = without_retired(result[host], steps["node"][host])
            result[host] = with_node(result[host], steps["node"][host], sources)
    return result


def without_retired(reading, step):
    """Return a reading without the instances of ours that `step` does not have."""
    gone = retiring(reading, step["apps"])
    nodes = [node for node in reading["node"] if instance(node) in gone]
    ports = {listen.get("port") for node in nodes for listen in node.get("listens") or []}
    return {
        **reading,
        "node": [node for node in reading["node"] if node not in nodes],
        "listeners": [each for each in reading["listeners"] if each.get("port") not in ports],
    }


def with_nginx(reading, step, sources):
    """Return a reading whose nginx has the apps of `step`, and none that we manage besides."""
    result = copy.deepcopy(reading)
    if not result["nginx"]:
        result["nginx"] = [_bare_nginx(reading)]
    nginx = result["nginx"][0]
    taken = {
        name for app in step["apps"] if app["adopt"] for name in app["server_names"]
    }
    nginx["upstreams"] = [up for up in nginx["upstreams"] if not up.get("managed")]
    nginx["routes"] = [
        route
        for route in nginx["routes"]
        if not route.get("managed") and not taken & set(route["server"]["names"])
    ]
    for app in step["apps"]:
        nginx["upstreams"].append(_upstream(app, sources))
        nginx["routes"].append(_route(app, sources))
    nginx["main"] = dict(
        nginx.get("main") or {},
        worker_shutdown_timeout=value(step["worker_shutdown_timeout"], "ms", "plan"),
    )
    return result


def with_node(reading, step, sources):
    """Return a reading in which the instances of `step` run, in place of what has their ports."""
    result = copy.deepcopy(reading)
    ports = {port for app in step["apps"] for port in app["ports"]}
    result["node"] = [
        node
        for node in result["node"]
        if not ports & {listen.get("port") for listen in node.get("listens") or []}
    ]
    result["listeners"] = [
        listener for listener in result["listeners"] if listener.get("port") not in ports
    ]
    for app in step["apps"]:
        for port in app["ports"]:
            result["node"].append(_node(reading, app, port, sources))
            result["listeners"].append(
                {"address": app["address"], "port": port, "pid": None, "process": "node"}
            )
    if step["apps"]:
        _add_addresses(result, {app["address"] for app in step["apps"]})
    return result


def _add_addresses(reading, addresses):
    known = reading["host"].setdefault("addresses", [])
    known += sorted(addresses - set(known))


def _candidate(reading, package):
    return (reading["host"].get("package_candidates") or {}).get(package)


def _bare_nginx(reading):
    return {
        "running": False,
        "binary": None,
        "version": _candidate(reading, "nginx"),
        "conf": "/etc/nginx/nginx.conf",
        "prefix": None,
        "master": None,
        "workers": [],
        "generation": None,
        "tree": None,
        "main": {},
        "unit": None,
        "upstreams": [],
        "routes": [],
        "problems": [],
    }


def _upstream(app, sources):
    timeouts, source = app["timeouts"], f"plan of {app['name']}"

    def planned(name, unit):
        return value(timeouts[name], unit, sources.of(app["name"], f"nginx.{name}"))

    settings = {"keepalive": planned("pool_size", "count")}
    if timeouts["pool_size"] > 0:
        settings["keepalive_timeout"] = planned("pool_idle", "ms")
    if len(app["peers"]) > 1:
        settings["zone"] = value(f"no502_{app['name']}", None, source)
    peers = [
        {
            "name": f"{peer['address']}:{peer['port']}",
            "addresses": [[peer["address"], peer["port"]]],
            "where": source,
            "down": False,
            "backup": False,
            "settings": {
                "max_fails": planned("max_fails", "count"),
                "fail_timeout": planned("fail_timeout", "ms"),
            },
        }
        for peer in app["peers"]
    ]
    return {
        "name": f"no502_{app['name']}",
        "where": source,
        "managed": app["name"],
        "settings": settings,
        "balancer": None,
        "peers": peers,
    }


def _route(app, sources):
    timeouts, source = app["timeouts"], f"plan of {app['name']}"
    tls = bool(app["tls"])
    port = app["listen"]["https" if tls else "http"]
    settings = {
        directive: value(timeouts[name], unit, sources.of(app["name"], f"nginx.{name}"))
        for name, (directive, unit) in _ROUTE.items()
        if timeouts.get(name) is not None
    }
    settings["proxy_http_version"] = value("1.1", None, source)
    settings["client_max_body_size"] = value(app["max_body"], "bytes", source)
    name = (app["server_names"] or ["*"])[0]
    return {
        "id": f"{name}:{port}{app['path']}",
        "where": source,
        "managed": app["name"],
        "server": {
            "names": app["server_names"],
            "listens": [
                {
                    "address": "0.0.0.0",
                    "port": port,
                    "ssl": tls,
                    "default_server": False,
                    "where": source,
                }
            ],
            "where": source,
        },
        "location": {"pattern": app["path"], "modifier": ""},
        "pass": {
            "scheme": "http",
            "target": f"no502_{app['name']}",
            "upstream": f"no502_{app['name']}",
            "variable": False,
            "addresses": [],
        },
        "settings": settings,
        "request_headers": [
            {"name": "Connection", "value": "", "where": source, "origin": "planned"}
        ],
    }


def _node(reading, app, port, sources):
    source, timeouts = f"plan of {app['name']}", app["timeouts"]

    def planned(hop, name):
        return value(timeouts[hop][name], "ms", sources.of(app["name"], f"{hop}.{name}"))

    return {
        "pid": None,
        "started": None,
        "binary": None,
        "version": _node_version(reading),
        "user": app["user"],
        "listens": [{"address": app["address"], "port": port, "protocol": "http"}],
        "mode": "single",
        "options": [
            {"name": "--max-old-space-size", "value": str(app["memory"]["old_space_mib"]),
             "source": source}
        ],
        "unit": {
            "name": f"no502-{app['name']}-{port}@a.service",
            "active_state": "active",
            "sub_state": "running",
            "timeout_stop": planned("systemd", "timeout_stop"),
            "restart": "on-failure",
            "start_limit_interval": value(0, "ms", source),
            "kill_mode": "mixed",
            "memory_max": value(app["memory"]["limit"], "bytes", source),
            "n_restarts": 0,
            "result": "success",
            "need_daemon_reload": False,
            "drop_ins": [],
        },
        "guard": {
            "version": None,
            "release": None,
            "draining": False,
            **{name: planned("drain", name) for name in _DRAIN},
        },
        "settings": {
            **{name: planned("node", name) for name in _NODE},
            "server_timeout": value(0, "ms", source),
        },
        "heap_limit": value(app["memory"]["old_space_mib"] * MEBIBYTE, "bytes", source),
        "memory_limit": value(app["memory"]["limit"], "bytes", source),
        "problems": [],
    }


def _node_version(reading):
    """Return the version of the Node that an app would run with: what runs, else the package."""
    for node in reading.get("node") or []:
        if node.get("version"):
            return node["version"]
    return _candidate(reading, "nodejs")
