# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node process stands behind an address that nginx passes requests to.

`Fleet` joins the addresses of nginx's upstreams with what listens on the hosts that were read. It
never guesses: where a host was not read, or has the address in common with another, or does not
say whose a listener is, the state is "unread", with the reason.
"""
from __future__ import annotations

from typing import NamedTuple

from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    listening,
    pm2 as chain_pm2,
    port_mappings,
)

# They take connections for a container: who answers is somebody else.
PUBLISHERS = frozenset(
    ["conmon", "containerd-shim", "docker-proxy", "pasta", "pasta.avx2", "rootlessport",
     "slirp4netns"]
)


class Found(NamedTuple):
    """What listens at an address: the peer's state, its host, the Node processes, and why not.

    process: the name of what listens where that is no Node.
    """

    state: str
    host: str | None
    nodes: tuple = ()
    reason: str | None = None
    process: str | None = None


class Fleet:
    """The hosts that were read, by the addresses that they have."""

    def __init__(self, readings):
        """readings: host -> reading of chain_info, or None where it could not be read."""
        self._readings = {host: reading for host, reading in readings.items() if reading}
        self._unread = sorted(host for host, reading in readings.items() if not reading)
        self._mappings = port_mappings.of_hosts(self._readings)
        self._hosts: dict[str, list[str]] = {}
        for host, reading in self._readings.items():
            for address in reading["host"].get("addresses") or []:
                self._hosts.setdefault(listening.canonical(address), []).append(host)

    def behind(self, nginx_host, address, port):
        """Return what `nginx_host` reaches at `address` (an IP, or unix:/path with port None)."""
        if port is None:
            return self._at_path(nginx_host, address.removeprefix("unix:"))
        ip = listening.canonical(address)
        declared = port_mappings.declared_for(self._mappings, ip, port)
        if len({host for host, _mapping in declared}) > 1:
            hosts = " and ".join(sorted(host for host, _mapping in declared))
            return Found("unread", None, reason=f"{hosts} declare a mapping of {ip}:{port}")
        if declared:
            return self._mapped(*declared[0])
        host, reason = self._owner(nginx_host, ip)
        if host is None:
            contained = self._in_container(nginx_host, ip, port)
            return contained or Found("unread", None, reason=reason)
        mapping = port_mappings.of_any_address(self._mappings, host, port)
        if mapping:
            return self._mapped(host, mapping)
        found = self._on(host, *listening.reaching(ip, port))
        if found.state == "silent" and self._first(host, listening.may_reach(ip, port)):
            reason = f"whether [::]:{port} on {host} takes IPv4 could not be read"
            return Found("unread", host, reason=reason)
        return self._published(host, found, port)

    def pm2_apps(self, host):
        """Return the part about each PM2 app of a host, by process id."""
        reading = self._readings.get(host)
        return chain_pm2.by_pid(chain_pm2.apps(reading)) if reading else {}

    def _owner(self, nginx_host, ip):
        """Return the host that has an address, or None and the reason."""
        hosts = self._hosts.get(ip, [])
        if listening.is_loopback(ip) or nginx_host in hosts:
            return nginx_host, None
        if len(hosts) == 1:
            return hosts[0], None
        if hosts:
            return None, f"{ip} is an address of {' and '.join(hosts)}"
        unread = f"; not read: {', '.join(self._unread)}" if self._unread else ""
        return None, f"no host that was read has the address {ip}{unread}"

    def _on(self, host, *matches):
        """Return what listens on a host, by the first of the matches that fits anything."""
        reading = self._readings.get(host)
        if not reading or reading.get("listeners") is None:
            return Found("unread", host, reason=f"the listeners of {host} were not read")
        for match in matches:
            nodes = _serving(reading, match)
            if nodes:
                return Found("node", host, nodes)
            listeners = [listen for listen in reading["listeners"] if match(listen)]
            if listeners:
                return _not_node(host, listeners)
        if any(problem.get("subject") == "listeners" for problem in reading["problems"]):
            return Found("unread", host, reason=f"not all listeners of {host} were read")
        return Found("silent", host)

    def _first(self, host, match):
        """Return the first listener that fits of a host that was read, else None."""
        return next((listen for listen in self._readings[host]["listeners"] if match(listen)), None)

    def _at_path(self, host, written):
        """Return what listens at a unix socket of the nginx host itself."""
        path = listening.socket_path(written)
        if path is None:
            reason = f"unix:{written} is no absolute path: where it leads cannot be told"
            return Found("unread", host, reason=reason)
        found = self._on(host, listening.at_path(path))
        alike = self._first(host, listening.named_alike(path))
        if found.state == "silent" and alike:
            reason = f"a socket of {host}, {alike['path']}, may be {path}: by a link, or relative"
            return Found("unread", host, reason=reason)
        return found

    def _mapped(self, host, mapping):
        """Return what stands behind a mapping that the inventory declares for a host."""
        to, container = mapping["to"], mapping["container"]
        inside = _inside(self._readings[host], to, container)
        here = None if container else self._on(host, listening.on_port(to))
        containers = sorted({node.get("container") or "?" for node in inside})
        if len(containers) > 1 or inside and here and here.state == "node":
            reason = (f"no502_port_mappings of {host}: several processes have port {to}:"
                      f" declare the container ({', '.join(containers)})")
            return Found("unread", host, reason=reason)
        if inside:
            return Found("node", host, inside)
        if here is None:
            reason = f"no Node with port {to} was read in container {container} on {host}"
            return Found("unread", host, reason=reason)
        return self._published(host, here, to)

    def _in_container(self, nginx_host, ip, port):
        """Return what a container on the nginx host has at an address of its own, or None.

        Such addresses are those of a bridge, which no other host reaches.
        """
        nodes = [
            node for node in (self._readings.get(nginx_host) or {}).get("node") or []
            if ip in map(listening.canonical, node.get("addresses_inside") or [])
        ]
        found = [
            node for node in (
                _at_listener(node, node.get("listens_inside"), *listening.reaching(ip, port))
                for node in nodes
            ) if node
        ]
        return Found("node", nginx_host, _staying(found)) if found else None

    def _published(self, host, found, port):
        """Return what was found, or that a container may stand behind it, which nobody declared."""
        reading = self._readings.get(host) or {}
        inside = any(node.get("listens_inside") for node in reading.get("node") or [])
        published = found.process in PUBLISHERS
        if inside and (found.state == "silent" or published):
            reason = (f"port {port} of {host} may be that of a container:"
                      f" no502_port_mappings of {host} can tell")
            return Found("unread", host, reason=reason)
        if published:
            reason = (f"{found.process} on {host} publishes port {port} for a container, in which"
                      " no Node was read")
            return Found("unread", host, reason=reason)
        return found


def _serving(reading, match):
    """Return the Node processes that take connections at a listener.

    One that drains is left out while another takes its place; both have the socket then.
    """
    return _staying(
        found for found in (_at_listener(node, node.get("listens"), match)
                            for node in reading["node"]) if found
    )


def _inside(reading, port, container):
    """Return the Node processes that have a port within a container on the host."""
    return _staying(
        found
        for node in reading["node"]
        if not container or (node.get("container") or "").startswith(container)
        for found in [_at_listener(node, node.get("listens_inside"), listening.on_port(port))]
        if found
    )


def _staying(nodes):
    nodes = tuple(nodes)
    return tuple(
        node for node in nodes if not (node.get("guard") or {}).get("draining")
    ) or nodes


def _at_listener(node, listens, *matches):
    """Return a process with what is true of the listener that is meant, None where it has none."""
    directory = (node.get("directory") or {}).get("path")
    for listen in listens or []:
        if any(match({**listen, "directory": directory}) for match in matches):
            own = {name: listen[name] for name in ("settings", "protocol") if name in listen}
            return {**node, **own}
    return None


def _not_node(host, listeners):
    names = {listen.get("process") for listen in listeners}
    where = f"{_address(listeners[0])} on {host}"
    if None in names:
        return Found("unread", host, reason=f"whose {where} is could not be read")
    if names & {"systemd", "node"}:
        # Systemd holds the socket until a process takes it; and a Node that was not read is one
        # whose time-outs are not known.
        name = names.pop()
        return Found("unread", host, reason=f"{where} belongs to {name}, no Node was read there")
    return Found("other", host, process=min(names))


def _address(listen):
    return listen.get("path") or f"{listen['address']}:{listen['port']}"
