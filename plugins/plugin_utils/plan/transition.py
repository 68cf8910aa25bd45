# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout sets on each host at each of its steps, worked out before the first change.

A rollout goes nginx (values that are safe for the old and the new Node), Node, nginx (final
values). For every pair of nginx and Node the *safe* value is the safer one of what runs now and
what is planned, so that no instant of the rollout has an order of time-outs that loses requests.
Where both agree, the safe step equals the final one and changes nothing.

Pure functions over a plan and readings: nothing here asks a host or a policy.
"""
from __future__ import annotations

import copy

# Node must keep an idle connection at least this much longer than nginx does.
IDLE_MARGIN = 1000
# Below this a pool of idle connections is not worth having: it is switched off instead.
SHORTEST_POOL = 1000
# Between what nginx waits for an answer and what the edge waits, so that the two never tie.
EDGE_MARGIN = 1000


class TransitionError(ValueError):
    """The steps cannot be worked out; the text says which host lacks what."""


def steps(plan, readings):
    """Return ``{"nginx": {host: {"safe", "final"}}, "node": {host: {...}}}``.

    plan: what the action ``plan`` returned. readings: host -> reading of ``chain_info``, absent
    where the host could not be read. nginx uses the declared address of a Node host, else the
    default IPv4 address that was read there; TransitionError where neither is known, and for an
    app of ours that runs on these hosts and is not in the plan.
    """
    apps, addresses = plan["apps"], plan["addresses"]
    _refuse_strangers(apps, readings)
    return {
        "nginx": {
            host: {
                "safe": nginx_step(plan, readings, addresses, host, safe=True),
                "final": nginx_step(plan, readings, addresses, host, safe=False),
            }
            for host in hosts_of(apps, "nginx_hosts")
        },
        "node": {
            host: node_step(plan, addresses, readings, host)
            for host in hosts_of(apps, "node_hosts")
        },
    }


def _refuse_strangers(apps, readings):
    """Refuse to take an app away because it is not mentioned: that may be a slip of the pen."""
    for host, reading in sorted(readings.items()):
        for app in sorted(_apps_on(reading) - set(apps)):
            raise TransitionError(
                f"{host} runs the app {app}, which is not in no502_apps. To take it away, keep it"
                f" there with state: absent for one run. An inventory has all the apps of a host."
            )


def _apps_on(reading):
    """Return the apps of ours that a host serves or runs."""
    reading = reading or {}
    routes = [route for nginx in reading.get("nginx") or [] for route in nginx["routes"]]
    instances = [instance(node) or "" for node in reading.get("node") or []]
    found = {route.get("managed") for route in routes}
    found |= {name.removeprefix("no502-").rpartition("-")[0] for name in instances}
    return found - {None, ""}


def hosts_of(apps, key):
    """Return the hosts that any app names under `key`, each once, in the order of the apps."""
    return list(dict.fromkeys(host for app in apps.values() for host in app[key]))


def address_of(host, addresses, readings):
    """Return the address under which nginx reaches a Node host."""
    address = addresses.get(host) or ((readings.get(host) or {}).get("host") or {}).get(
        "default_ipv4"
    )
    if not address:
        raise TransitionError(
            f"{host}: the address that nginx is to use is not known: the host could not be read,"
            f" or has no default IPv4 address. Set no502_address for it in the inventory, for"
            f" example no502_address: 10.0.0.2"
        )
    return address


def planned_peers(app, addresses, readings):
    """Return the peers of an app as planned: every port on every one of its Node hosts."""
    return [
        {"address": address_of(host, addresses, readings), "port": port, "host": host}
        for host in app["node_hosts"]
        for port in app["ports"]
    ]


def nginx_step(plan, readings, addresses, host, safe):
    """Return what one nginx host is to have: the apps with their peers and time-outs.

    An app whose peers do not listen yet has no route in the safe step: nginx would have nothing
    to send its requests to.
    """
    live = Live(readings.get(host))
    apps, shutdown = [], []
    for name, app in plan["apps"].items():
        if host not in app["nginx_hosts"] or app["state"] == "absent":
            continue
        timeouts = copy.deepcopy(app["timeouts"]["nginx"])
        shutdown.append(timeouts.pop("worker_shutdown_timeout"))
        peers = planned_peers(app, addresses, readings)
        if safe:
            peers = safe_peers(peers, live.peers(name), readings, host)
            if not peers:
                continue
            timeouts = safe_timeouts(
                app, timeouts, live.route(app), old_nodes(peers, readings, host)
            )
        apps.append(
            {
                "name": name,
                "peers": [{"address": peer["address"], "port": peer["port"]} for peer in peers],
                "server_names": app["server_names"],
                "path": app["path"],
                "listen": {scheme: port for scheme, port in app["listen"].items() if port},
                "behind_edge": (app["edge"] or {}).get("layer") == 7,
                "tls": app["tls"],
                "max_body": app["max_body"],
                "websocket": app["websocket"],
                "default_server": app.get("default_server", False),
                "adopt": app["adopt"],
                "timeouts": timeouts,
            }
        )
    running = live.worker_shutdown_timeout()
    if safe and running:
        shutdown.append(running)
    wanted = any(
        host in app["nginx_hosts"] and app["state"] == "present" for app in plan["apps"].values()
    )
    return {
        "state": "present" if wanted else "absent",
        "apps": apps,
        "worker_shutdown_timeout": max(shutdown, default=0),
    }


def safe_peers(planned, live, readings, home):
    """Return the peers that can serve the nginx host `home` during the rollout.

    Those of the plan that listen now; those of the live generation that listen now though the
    plan no longer has them (a port that changes is served on both ports); and those in both
    whose host could not be read, since nobody knows that they do not serve.
    """
    known = {(peer["address"], peer["port"]): peer for peer in planned}
    chosen = []
    for place, peer in known.items():
        listening = listens(place, readings, home)
        if listening or (listening is None and place in live):
            chosen.append(peer)
    chosen += [
        {"address": address, "port": port, "host": None}
        for address, port in live
        if (address, port) not in known and listens((address, port), readings, home)
    ]
    return chosen


def reading_at(address, readings, home):
    """Return the reading of the host that has `address`, or None; a loopback one is `home`'s."""
    if address == "::1" or address.startswith("127."):
        return readings.get(home)
    for reading in readings.values():
        if reading and address in (reading["host"].get("addresses") or []):
            return reading
    return None


def listens(place, readings, home):
    """Return whether anything listens at (address, port): None where its host was not read."""
    address, port = place
    reading = reading_at(address, readings, home)
    if reading is None:
        return None
    return any(
        listener.get("port") == port and covers(listener.get("address"), address)
        for listener in reading.get("listeners") or []
    )


def covers(bound, address):
    """Return whether a socket bound to `bound` takes connections to `address`."""
    if bound in ("0.0.0.0", "*"):
        return ":" not in address
    return bound in ("::", address)


def old_nodes(peers, readings, home):
    """Return for each peer the NODE reading of the process that listens there, or None."""
    return [node_at((peer["address"], peer["port"]), readings, home) for peer in peers]


def node_at(place, readings, home):
    """Return the NODE reading of the process that serves (address, port), or None."""
    address, port = place
    reading = reading_at(address, readings, home)
    for node in (reading or {}).get("node") or []:
        for listen in node.get("listens") or []:
            if listen.get("port") == port and covers(listen.get("address"), address):
                return node
    return None


def safe_timeouts(app, planned, route, nodes):
    """Return the nginx time-outs of one app that hold for the old Node and for the new one."""
    safe = dict(planned)
    pool = min([planned["pool_idle"], *(longest_pool(node) for node in nodes)])
    if pool < SHORTEST_POOL:
        safe["pool_size"] = 0  # pooling off
    else:
        safe["pool_idle"] = pool
    waits = number((route or {}).get("settings", {}).get("proxy_read_timeout"))
    if waits is not None:
        safe["read_timeout"] = longest_wait(app, planned["read_timeout"], waits)
    return safe


def longest_pool(node):
    """Return how long nginx may keep an idle connection to this Node process; 0: not at all.

    Node's buffer on top of its keep-alive time-out is left out: it differs between versions, and
    without it the value is on the safe side. A process with a guard drains for `idle_grace`.
    """
    if node is None:
        return 0
    idle = number((node.get("settings") or {}).get("keep_alive_timeout"))
    if idle is None:
        return 0
    limits = [idle - IDLE_MARGIN]
    grace = number((node.get("guard") or {}).get("idle_grace"))
    if grace is not None:
        limits.append(grace - IDLE_MARGIN)
    return max(0, min(limits))


def longest_wait(app, planned, running):
    """Return the longer one of the planned and the running read time-out below the edge's limit.

    A request that began under the old value may take as long as that one allowed.
    """
    limit = (app.get("edge") or {}).get("response_limit")
    if limit is not None and running > limit - EDGE_MARGIN:
        return planned
    return max(planned, running)


def number(value):
    """Return the number of a value that is known, None for an absent or unknown one."""
    if not value or value.get("origin") == "unknown":
        return None
    return value.get("value")


def node_step(plan, addresses, readings, host):
    """Return what one Node host is to have; anything else of ours is to go from it.

    `retires` says whether something goes that nginx may still know of; `fail_timeout` how long
    nginx leaves out a peer of this host that was away.
    """
    wanted, fail_timeouts = [], [0]
    for name, app in plan["apps"].items():
        if host not in app["node_hosts"] or app["state"] == "absent":
            continue
        timeouts = app["timeouts"]
        fail_timeouts.append(timeouts["nginx"]["fail_timeout"])
        wanted.append(
            {
                "name": name,
                "directory": app["directory"],
                "entry": app["entry"],
                "user": app["user"],
                "environment": app["environment"],
                "ports": app["ports"],
                "address": address_of(host, addresses, readings),
                "memory": {
                    "limit": app["memory_max"],
                    "old_space_mib": timeouts["memory"]["old_space_mib"],
                },
                "timeouts": {key: timeouts[key] for key in ("node", "drain", "systemd")},
                "replaces": app["replaces"],
                "state": "present",
            }
        )
    return {
        "apps": wanted,
        "retires": bool(retiring(readings.get(host), wanted)),
        "fail_timeout": max(fail_timeouts),
    }


def instance(node):
    """Return the instance of ours that a NODE reading is of, by the name of its unit, or None."""
    name = (node.get("unit") or {}).get("name") or ""
    return name.partition("@")[0] if name.startswith("no502-") else None


def retiring(reading, apps):
    """Return the instances of ours that run on a host and that its apps do not have."""
    wanted = {f"no502-{app['name']}-{port}" for app in apps for port in app["ports"]}
    running = {instance(node) for node in (reading or {}).get("node") or []}
    return running - wanted - {None}


class Live:
    """What one nginx host runs of ours now, looked up by app."""

    def __init__(self, reading):
        self._nginx = (reading or {}).get("nginx") or []

    def route(self, app):
        """Return the live route of an app, or the one that it adopts, or None."""
        names = set(app["server_names"]) if app["adopt"] else set()
        for nginx in self._nginx:
            for route in nginx.get("routes") or []:
                if route.get("managed") == app["name"] or names & set(route["server"]["names"]):
                    return route
        return None

    def peers(self, app):
        """Return the (address, port) of the live peers of an app, in the order of nginx."""
        found = {}
        for nginx in self._nginx:
            for upstream in nginx.get("upstreams") or []:
                if upstream.get("managed") != app:
                    continue
                for peer in upstream.get("peers") or []:
                    found.update({tuple(address): True for address in peer["addresses"]})
        return list(found)

    def worker_shutdown_timeout(self):
        """Return the longest worker_shutdown_timeout that is configured now, in ms, or None."""
        values = [
            number((nginx.get("main") or {}).get("worker_shutdown_timeout"))
            for nginx in self._nginx
        ]
        return max((value for value in values if value), default=None)
