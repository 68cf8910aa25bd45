# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small fleet: lb1 in front of app1 and app2, as hosts that were set up by hand read."""
from __future__ import annotations

import copy

import pytest
from ansible_collections.no502.node.plugins.module_utils.value import known
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run

SHOP = {
    "longest_request": "60s",
    "edge": {"kind": "aws_alb", "idle_timeout": "120s"},
    "server_names": ["shop.example.com"],
    "port": 3000,
    "directory": "/srv/shop",
    "entry": "server.js",
    "memory_max": "1G",
    "instances": 1,
}
GROUPS = {"all": ["lb1", "app1", "app2"], "nginx": ["lb1"], "node": ["app1", "app2"]}
ADDRESSES = {"lb1": "10.0.0.10", "app1": "10.0.0.1", "app2": "10.0.0.2"}


def _reading(host):
    return {
        "schema": 1,
        "host": {
            "hostname": host,
            "addresses": ["127.0.0.1", "::1", ADDRESSES[host]],
            "default_ipv4": ADDRESSES[host],
            "euid": 0,
            "package_candidates": {},
        },
        "nginx": [],
        "node": [],
        "listeners": [],
        "problems": [],
    }


def _node(port, keep_alive):
    return {
        "pid": 100 + port,
        "started": 1.0,
        "version": [24, 21, 0],
        "user": "shop",
        "listens": [{"address": "::", "port": port}],
        "unit": {"name": "old.service"},
        "guard": None,
        "settings": {"keep_alive_timeout": known(keep_alive, "ms", "live", "Keep-Alive header")},
        "problems": [],
    }


def _nginx():
    return {
        "running": True,
        "version": [1, 30, 6],
        "conf": "/etc/nginx/nginx.conf",
        "workers": [{"pid": 11, "started": 100.0, "shutting_down": False}],
        "tree": {"sha256": "aa", "newest": {"path": "/etc/nginx/nginx.conf", "mtime": 50.0}},
        "main": {},
        "upstreams": [],
        "routes": [],
        "problems": [],
    }


class Hosts:
    """Readings that a test changes before it uses them."""

    def __init__(self):
        self.readings = {host: _reading(host) for host in ADDRESSES}
        self.readings["lb1"]["nginx"] = [_nginx()]

    def node(self, host, port, keep_alive=5000, **more):
        """Have a Node process listen on a port of a host."""
        reading = self.readings[host]
        reading["node"].append({**_node(port, keep_alive), **more})
        reading["listeners"].append({"address": "::", "port": port, "pid": 1, "process": "node"})

    def route(self, app, peers, **settings):
        """Have the nginx of lb1 serve an app of ours with these peers, (address, port) each."""
        nginx = self.readings["lb1"]["nginx"][0]
        where = f"/etc/nginx/no502/http/app-{app}.conf:3"
        nginx["upstreams"].append(
            {
                "name": f"no502_{app}",
                "where": where,
                "managed": app,
                "settings": {},
                "balancer": None,
                "peers": [
                    {
                        "name": f"{address}:{port}",
                        "addresses": [[address, port]],
                        "where": where,
                        "down": False,
                        "backup": False,
                        "settings": {},
                    }
                    for address, port in peers
                ],
            }
        )
        nginx["routes"].append(
            {
                "id": f"{app}.example.com:80/",
                "where": where,
                "managed": app,
                "server": {"names": [f"{app}.example.com"], "listens": [], "where": where},
                "location": {"pattern": "/", "modifier": ""},
                "pass": {
                    "scheme": "http",
                    "target": f"no502_{app}",
                    "upstream": f"no502_{app}",
                    "variable": False,
                    "addresses": [],
                },
                "settings": {
                    name: known(value, "ms", "config", where) for name, value in settings.items()
                },
                "request_headers": [],
            }
        )


@pytest.fixture(name="hosts")
def _hosts():
    return Hosts()


@pytest.fixture(name="plan")
def _plan():
    """Return a function that plans apps like the inventory would: name -> what differs."""

    def plan(**apps):
        given = {name: {**copy.deepcopy(SHOP), **app} for name, app in apps.items()}
        found, errors = plan_run({"no502_apps": given}, GROUPS, lambda _host, _name: None)
        assert not errors, [str(error) for error in errors]
        return found

    return plan
