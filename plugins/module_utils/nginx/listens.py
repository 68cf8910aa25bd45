# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the servers of a configuration listen, and which of them is the default there."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address

# A range of ports in each of many servers multiplies.
MAX_LISTENS = 20000


class Listens:
    """Reads the `listen` directives of `servers`, with their `names` looked up all at once.

    `default_port` is where a server without any listens. `problems` is a list
    to which `{"subject", "reason"}` is added for what cannot be read, `complete`
    says whether none was left out for a bound.
    """

    def __init__(self, servers, default_port, names, problems):
        self.complete = True
        self._left = MAX_LISTENS
        self._default_port = default_port
        self._problems = problems
        hosts = {_name(each) for server in servers for each in server.block}
        self._addresses = names.look_up(hosts - {None})

    def of(self, server):
        """Return the listeners of a server, one for each address and port."""
        ssl_on = any(each.name == "ssl" and [word.lower() for word in each.args] == ["on"]
                     for each in server.block)
        written = [each for each in server.block if each.name == "listen" and each.args]
        if not written:
            return [_listen("0.0.0.0", self._default_port, [], ssl_on, server.where)]
        return [listen for each in written for listen in self._read(each, ssl_on)]

    def _read(self, directive, ssl_on):
        text, options = directive.args[0], directive.args[1:]
        try:
            address = nginx_address.parse_listen(text)
        except ValueError as error:
            self._problem(directive, str(error))
            return []
        if address.path is not None:
            return [_listen("unix:" + address.path, None, options, ssl_on, directive.where)]
        first, last = address.ports or (80, 80)
        self._left -= last - first + 1
        if self._left < 0:
            if self.complete:
                self._problem(directive, "more than %d listeners" % MAX_LISTENS)
            self.complete = False
            return []
        return [_listen(host, port, options, ssl_on, directive.where)
                for host in self._hosts(address.host, directive)
                for port in range(first, last + 1)]

    def _hosts(self, host, directive):
        if host == "*":
            return ["0.0.0.0"]
        literal = nginx_address.ip_literal(host)
        if literal:
            return [literal]
        if not self._addresses[host]:
            self._problem(directive, "host %r could not be resolved" % host)
        return self._addresses[host]

    def _problem(self, directive, reason):
        self._problems.append({"subject": directive.where, "reason": reason})


# Options of one `listen` that are in force for the address, whichever server has them.
_OF_ADDRESS = ("ssl", "http2", "proxy_protocol", "backlog", "so_keepalive", "deferred",
               "reuseport")


def address_of(listen):
    """Return what makes a listener the same as another's: QUIC has sockets of its own."""
    return listen["address"], listen["port"], "quic" in listen


def settle_addresses(servers):
    """Settle, for each address and port, what its listeners have in common.

    The server that takes what no name matches: the first, unless one says that
    it is it. The options that nginx keeps for the address. `servers` are readings
    with their `listens`, in the order of the configuration.
    """
    addresses = {}
    for server in servers:
        for listen in server["listens"]:
            addresses.setdefault(address_of(listen), []).append(listen)
    for listens in addresses.values():
        if not any(each["default_server"] for each in listens):
            listens[0]["default_server"] = True
        options = {name: each[name] for each in listens for name in _OF_ADDRESS if each.get(name)}
        if not all(each.get("ipv6only", True) for each in listens):
            options["ipv6only"] = False
        for each in listens:
            each.update(options)


def _name(directive):
    """Return the host name that a `listen` has to look up, else None."""
    if directive.name != "listen" or not directive.args:
        return None
    try:
        host = nginx_address.parse_listen(directive.args[0]).host
    except ValueError:
        return None
    return None if host in (None, "*") or nginx_address.ip_literal(host) else host


def _listen(address, port, options, ssl_on, where):
    listen = {
        "address": address,
        "port": port,
        "ssl": ssl_on or "ssl" in options,
        "default_server": "default_server" in options or "default" in options,
        "where": where,
    }
    for name in ("http2", "quic", "proxy_protocol", "deferred", "reuseport"):
        if name in options:
            listen[name] = True
    for option in options:
        name, equals, text = option.partition("=")
        if equals and name in ("backlog", "so_keepalive"):
            listen[name] = int(text) if text.isdigit() else text
    if address == "::":
        listen["ipv6only"] = "ipv6only=off" not in options
    return listen
