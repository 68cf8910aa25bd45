# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node process stands behind an address that nginx passes requests to.

`Fleet` joins the addresses of nginx's upstreams with what listens on the hosts that were read. It
never guesses: where a host was not read, or has the address in common with another, or does not
say whose a listener is, the state is "unread", with the reason.
"""
from __future__ import annotations

import ipaddress
from typing import NamedTuple

WILDCARDS = {4: "0.0.0.0", 6: "::"}


class Found(NamedTuple):
    """What listens at an address: the peer's state, its host, the Node processes, and why not."""

    state: str
    host: str | None
    nodes: tuple = ()
    reason: str | None = None


def canonical(address):
    """Return an IP address in one form: no zone, no brackets, IPv4 where IPv6 only wraps it."""
    parsed = ipaddress.ip_address(address.strip("[]").split("%")[0])
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


class Fleet:
    """The hosts that were read, by the addresses that they have."""

    def __init__(self, readings):
        """readings: host -> reading of chain_info, or None where it could not be read."""
        self._readings = {host: reading for host, reading in readings.items() if reading}
        self._unread = sorted(host for host, reading in readings.items() if not reading)
        self._hosts: dict[str, list[str]] = {}
        for host, reading in self._readings.items():
            for address in reading["host"].get("addresses") or []:
                self._hosts.setdefault(canonical(address), []).append(host)

    def behind(self, nginx_host, address, port):
        """Return what `nginx_host` reaches at `address` (an IP, or unix:/path with port None)."""
        if port is None:
            return self._on(nginx_host, lambda listen: listen.get("path") == _socket_path(address))
        ip = canonical(address)
        host, reason = self._owner(nginx_host, ip)
        if host is None:
            return Found("unread", None, reason=reason)
        return self._on(host, *_reaching(ip, port))

    def _owner(self, nginx_host, ip):
        """Return the host that has an address, or None and the reason."""
        hosts = self._hosts.get(ip, [])
        if ipaddress.ip_address(ip).is_loopback or nginx_host in hosts:
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


def _socket_path(address):
    return address.removeprefix("unix:")


def _reaching(ip, port):
    """Return matches of listeners that get what is sent to ip:port, most specific first."""
    version = ipaddress.ip_address(ip).version
    # A socket on :: takes IPv4 as well, unless another one is there for it.
    addresses = [ip, WILDCARDS[version], *([WILDCARDS[6]] if version == 4 else [])]

    def match(address):
        return lambda listen: (
            listen.get("port") == port
            and listen.get("address") is not None
            and canonical(listen["address"]) == address
        )

    return [match(address) for address in addresses]


def _serving(reading, match):
    """Return the Node processes that take connections at a listener.

    One that drains is left out while another takes its place; both have the socket then.
    """
    nodes = [_at_listener(node, match) for node in reading["node"]
             if any(map(match, node.get("listens") or []))]
    staying = [node for node in nodes if not (node.get("guard") or {}).get("draining")]
    return tuple(staying or nodes)


def _at_listener(node, match):
    """Return a process with the settings of the listener that is meant, where it has several."""
    listen = next(filter(match, node["listens"]))
    return {**node, "settings": listen.get("settings", node.get("settings"))}


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
    return Found("other", host)


def _address(listen):
    return listen.get("path") or f"{listen['address']}:{listen['port']}"
