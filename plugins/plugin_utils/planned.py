# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of what is not there yet: what a run would have set, in the form of a reading.

They stand in for the real ones before the first change and in check mode, so that the same
policies judge the plan. Every value in them has the origin ``planned``.
"""
from __future__ import annotations

import copy

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


def empty_reading(host):
    """Return the reading of a host on which nothing was found."""
    return {
        "schema": 1,
        "host": {"hostname": host, "addresses": [], "default_ipv4": None},
        "nginx": [],
        "node": [],
        "listeners": [],
        "problems": [],
    }


def with_planned(readings, steps, nginx, node):
    """Return `readings` with what `steps` plans in place of what was read.

    nginx: host -> ``safe`` or ``final``. node: hosts whose Node is to be the planned one. A host
    that was not read stays unread: what would be planned for it cannot be done.
    """
    result = dict(readings)
    for host, step in nginx.items():
        if result.get(host):
            result[host] = with_nginx(result[host], steps["nginx"][host][step])
    for host in node:
        if result.get(host):
            result[host] = with_node(result[host], steps["node"][host])
    return result


def with_nginx(reading, step):
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
        nginx["upstreams"].append(_upstream(app))
        nginx["routes"].append(_route(app))
    nginx["main"] = dict(
        nginx.get("main") or {},
        worker_shutdown_timeout=value(step["worker_shutdown_timeout"], "ms", "plan"),
    )
    return result


def with_node(reading, step):
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
            result["node"].append(_node(reading, app, port))
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


def _upstream(app):
    timeouts, source = app["timeouts"], f"plan, app {app['name']}"
    pooled = timeouts["pool_size"] > 0
    settings = {"keepalive": value(timeouts["pool_size"], "count", source)}
    if pooled:
        settings["keepalive_timeout"] = value(timeouts["pool_idle"], "ms", source)
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
                "max_fails": value(timeouts["max_fails"], "count", source),
                "fail_timeout": value(timeouts["fail_timeout"], "ms", source),
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


def _route(app):
    timeouts, source = app["timeouts"], f"plan, app {app['name']}"
    tls = bool(app["tls"])
    port = app["listen"]["https"] if tls else app["listen"]["http"]
    settings = {
        directive: value(timeouts[name], unit, source)
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
        "request_headers": [{"name": "Connection", "value": "", "where": source}],
    }


def _node(reading, app, port):
    source = f"plan, app {app['name']}"
    timeouts = app["timeouts"]
    return {
        "pid": None,
        "started": None,
        "binary": None,
        "version": _node_version(reading),
        "user": app["user"],
        "listens": [{"address": app["address"], "port": port}],
        "unit": {
            "name": f"no502-{app['name']}-{port}@a.service",
            "active_state": "active",
            "sub_state": "running",
            "timeout_stop": value(timeouts["systemd"]["timeout_stop"], "ms", source),
            "restart": "on-failure",
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
            **{name: value(timeouts["drain"][name], "ms", source) for name in _DRAIN},
        },
        "settings": {
            **{name: value(timeouts["node"][name], "ms", source) for name in _NODE},
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
