# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What apps and hosts must have right among each other: groups, ports, names, addresses."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import DurationError
from ansible_collections.no502.node.plugins.plugin_utils.plan import checks
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import (
    InputError, did_you_mean, nearest, shown,
)

_MOST_GROUPS = 12
_NO_GROUPS = ("all", "ungrouped")
_USUAL_GROUPS = {"hosts": "node", "nginx": "nginx"}


def place(app, groups, errors):
    """Give the app C(node_hosts) and C(nginx_hosts), from the groups that it names."""
    app["node_hosts"] = _hosts(app, "hosts", groups, errors)
    app["nginx_hosts"] = _hosts(app, "nginx", groups, errors)


def _hosts(app, key, groups, errors):
    group = app.pop(key)
    hosts = groups.get(group)
    if hosts:
        return list(hosts)
    name = f"no502_apps.{app['name']}.{key}"
    known = sorted(set(groups) - set(_NO_GROUPS))
    listed = ", ".join(known[:_MOST_GROUPS]) + (", ..." if len(known) > _MOST_GROUPS else "")
    if hosts is None:
        problem = f"there is no group {shown(group)}{did_you_mean(group, known)}"
    else:
        problem = f"the group {shown(group)} has no hosts"
    errors.append(InputError(name, problem, f"a group with hosts; there are: {listed or 'none'}",
                             f"{key}: {_one_with_hosts(group, key, known, groups)}"))
    return []


def _one_with_hosts(group, key, known, groups):
    """The group that was meant, or else the usual one, or any: the first of them with hosts."""
    likely = (nearest(group, known), _USUAL_GROUPS[key], *known)
    return next((name for name in likely if groups.get(name)), "my_hosts")


def addresses(apps, hostvars, errors):
    """The declared C(no502_address) of every Node host: C({host: address})."""
    declared = {}
    for host in sorted({host for app in apps for host in app["node_hosts"]}):
        value = hostvars(host, "no502_address")
        if value is None:
            continue
        try:
            declared[host] = checks.address(value, f"no502_address of {host}")
        except (InputError, DurationError) as error:
            errors.append(error)
    _twice(declared, errors)
    return declared


def _twice(declared, errors):
    seen = {}
    for host, address in declared.items():
        if address in seen:
            errors.append(InputError(
                f"no502_address of {host}", f"{address} is the address of {seen[address]}, too",
                "an address of this host alone", "no502_address: 10.0.0.5"))
        seen.setdefault(address, host)


def compare(apps, errors):
    """Complain of apps that claim the same port, listener or name."""
    _node_ports(apps, errors)
    _nginx_ports(apps, errors)
    _listeners(apps, errors)
    _names(apps, errors)


def _node_ports(apps, errors):
    """One process a port: instance k of an app listens on port + k, on each of its hosts."""
    taken = {}
    for app in apps:
        clashes = [(host, port) for host in app["node_hosts"] for port in app["ports"]
                   if (host, port) in taken]
        if clashes:
            host, port = clashes[0]
            other = taken[host, port]
            errors.append(InputError(
                f"no502_apps.{app['name']}.port",
                f"port {port} of {host} is taken by {_instance(other, port)}; here it is "
                f"{_instance(app, port)}",
                "ports that no other app on the same host has: port to port + instances - 1",
                f"port: {_free_port(apps, app)}"))
        for host in app["node_hosts"]:
            for port in app["ports"]:
                taken.setdefault((host, port), app)


def _instance(app, port):
    number = app["ports"].index(port) + 1
    return f"{app['name']} (instance {number} of {len(app['ports'])})"


def _free_port(apps, app):
    """The lowest port after those of every app on these hosts."""
    shared = [port for other in apps if set(other["node_hosts"]) & set(app["node_hosts"])
              for port in other["ports"]]
    after = max(shared) + 1
    return after if after + len(app["ports"]) <= 65536 else 3000


def _nginx_ports(apps, errors):
    """Node and nginx do not share a port where they share a host."""
    listening = {(host, port): app["name"] for app in apps for host in app["nginx_hosts"]
                 for port in app["listen"].values() if port}
    for app in apps:
        clash = next(((host, port) for host in app["node_hosts"] for port in app["ports"]
                      if (host, port) in listening), None)
        if clash:
            host, port = clash
            errors.append(InputError(
                f"no502_apps.{app['name']}.port",
                f"port {port} of {host} is where nginx listens for {listening[clash]}",
                "ports that nginx does not listen on", "port: 3000"))


def _listeners(apps, errors):
    """A port of nginx's speaks TLS for all of its servers, or for none."""
    spoken = {}
    for app in apps:
        for host in app["nginx_hosts"]:
            for protocol, port in app["listen"].items():
                first = spoken.setdefault((host, port), (protocol, app["name"]))
                if port and first[0] != protocol and first[1] != app["name"]:
                    errors.append(InputError(
                        f"no502_apps.{app['name']}.listen.{protocol}",
                        f"{port} on {host} is the {first[0]} port of {first[1]}",
                        "one protocol a port of nginx's", "listen: {http: 80, https: 443}"))
                    return


def _names(apps, errors):
    """A server name leads to one app on each port of an nginx host, whatever the paths.

    Each app is a server block of its own; of two with one name, nginx ignores the second.
    """
    taken = {}
    for app in apps:
        for name in app["server_names"] or []:
            clash = next((place for place in _places(app, name) if place in taken), None)
            if clash:
                host, port, _name = clash
                errors.append(InputError(
                    f"no502_apps.{app['name']}.server_names",
                    f"{name} on port {port} of {host} leads to {taken[clash]} already; "
                    "another path does not tell two apps apart",
                    "server names that no other app has on the same nginx host and port",
                    f"server_names: [{app['name'].replace('_', '-')}.example.com]"))
            for place in _places(app, name):
                taken.setdefault(place, app["name"])


def _places(app, name):
    return [(host, port, name) for host in app["nginx_hosts"]
            for port in app["listen"].values() if port]
