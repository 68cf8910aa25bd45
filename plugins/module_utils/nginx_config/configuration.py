# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A configuration as this package looks at it: its servers, addresses and files."""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx import (
    reading as nginx_reading,
    tree as nginx_tree,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import PROOF_PATH

WILDCARDS = ("0.0.0.0", "::")


class Address(NamedTuple):
    """A TCP address as the kernel knows it; a UNIX socket (``unix:/path``) has port 0."""

    host: str
    port: int

    @property
    def family(self) -> str:
        if not self.port:
            return "unix"
        return "v6" if ":" in self.host else "v4"

    @property
    def is_wildcard(self) -> bool:
        return self.host in WILDCARDS

    def covers(self, other: "Address") -> bool:
        """Whether a socket bound to this address could take a connection to ``other``."""
        if self.family != other.family or self.port != other.port:
            return False
        return self.host == other.host or self.is_wildcard

    def overlaps(self, other: "Address") -> bool:
        return self.covers(other) or other.covers(self)

    def __str__(self) -> str:
        if not self.port:
            return self.host
        host = {"0.0.0.0": "*", "::": "[::]"}.get(self.host)
        return "%s:%d" % (host or ("[%s]" % self.host if ":" in self.host else self.host),
                          self.port)


class Listen(NamedTuple):
    address: Address
    ssl: bool
    default: bool
    ipv6only: bool
    proxy_protocol: bool
    where: str


class Server(NamedTuple):
    """``app``: whose it is, None for someone else's. ``proves``: it answers the path that names
    the generation in force, which a server that includes a snippet of ours does as well."""

    names: List[str]
    listens: List[Listen]
    file: str
    where: str
    app: Optional[str]
    proves: bool


class Configuration:
    """The configuration whose main file is ``conf``, as it lies on disk now."""

    def __init__(self, conf: str, prefix: str, binary: str = None, version: list = None) -> None:
        self.conf = conf
        self.tree = nginx_tree.parse(conf)
        self.reading = nginx_reading.read_nginx(conf, prefix, binary, version)
        proving = {directive.where for block in self.http_blocks for directive in block.block
                   if directive.name == "server" and _proves(directive)}
        self.servers = [_server(server, proving) for server in self.reading["servers"]]

    @property
    def http_blocks(self) -> list:
        return [directive for directive in self.tree.directives
                if directive.name == "http" and directive.block is not None]

    @property
    def listens(self) -> List[Listen]:
        """Every TCP or UNIX address that ``http`` and ``stream`` ask for."""
        found = [listen for server in self.servers for listen in server.listens]
        for server in self.reading["stream"]["servers"]:
            found.extend(_listens(server))
        return found

    @property
    def defaults(self) -> Dict[Address, Server]:
        """Which server answers a name that nobody has, for each address."""
        return {listen.address: server for server in self.servers for listen in server.listens
                if listen.default}


def _proves(server) -> bool:
    return any(entry.name == "location" and entry.args == ["=", PROOF_PATH]
               for entry in server.block or ())


def _server(server: dict, proving: set) -> Server:
    return Server(server["names"] or [""], _listens(server), server["where"].rpartition(":")[0],
                  server["where"], server["managed"], server["where"] in proving)


def _listens(server: dict) -> List[Listen]:
    return [Listen(Address(listen["address"], listen["port"] or 0), listen["ssl"],
                   listen["default_server"], listen.get("ipv6only", True),
                   listen.get("proxy_protocol", False), listen["where"])
            for listen in server["listens"] if not listen.get("quic")]
