# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the servers of a configuration listen, and which of them is the default there."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address
from ansible_collections.no502.node.plugins.module_utils.host.name_lookup import look_up


class Listens:
    """Reads the `listen` directives of `servers`, with their names looked up all at once.

    `default_port` is where a server without any listens. `problems` is a list
    to which `{"subject", "reason"}` is added for what cannot be read.
    """

    def __init__(self, servers, default_port, problems):
        self._default_port = default_port
        self._problems = problems
        names = {_name(each) for server in servers for each in server.block}
        self._addresses = look_up(sorted(names - {None}))

    def of(self, server):
        """Return the listeners of a server, one for each address and port."""
        ssl_on = any(each.name == "ssl" and each.args == ["on"] for each in server.block)
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


def mark_default_servers(servers):
    """Mark, for each address and port, the listener whose server takes what no name matches.

    `servers` are readings with their `listens`, in the order of the configuration.
    """
    first, explicit = {}, set()
    for server in servers:
        for listen in server["listens"]:
            key = (listen["address"], listen["port"])
            first.setdefault(key, listen)
            if listen["default_server"]:
                explicit.add(key)
    for key, listen in first.items():
        if key not in explicit:
            listen["default_server"] = True


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
    if "quic" in options:
        listen["quic"] = True
    if "proxy_protocol" in options:
        listen["proxy_protocol"] = True
    if address == "::":
        listen["ipv6only"] = "ipv6only=off" not in options
    return listen
