# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as nginx's directives write them: `listen`, `server`, `proxy_pass`."""

from __future__ import annotations

import re
import socket

_PORTS = re.compile(r"([0-9]+)(?:-([0-9]+))?\Z")
# Variables that always begin with a slash: what stands before them is the authority.
_PATH_VARIABLES = re.compile(
    r"\$(?:request_uri|uri|document_uri)\b|\$\{(?:request_uri|uri|document_uri)\}"
)
_SCHEME = re.compile(r"(https?)://(.*)\Z", re.IGNORECASE | re.DOTALL)


class Address:
    """A host and its ports, or the path of a unix socket.

    `host` is the text as written, without brackets (`*` stands for itself);
    `ports` is (first, last) or None where no port is written; `path` is set
    for unix sockets only.
    """

    def __init__(self, host=None, ports=None, path=None):
        self.host = host
        self.ports = ports
        self.path = path


def parse_address(text):
    """Read `host`, `host:port`, `[v6]:port` or `unix:/path`; raises ValueError."""
    if text.startswith("unix:"):
        return Address(path=text[len("unix:"):])
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("%r is no address to nginx" % text)
        return Address(host, parse_ports(rest[1:]) if rest else None)
    host, colon, port = text.partition(":")
    return Address(host, parse_ports(port) if colon else None)


def parse_listen(text):
    """Read the address of `listen`, which may be a bare port; raises ValueError."""
    if _PORTS.match(text):
        return Address("*", parse_ports(text))
    return parse_address(text)


def parse_ports(text):
    """Return (first, last) of `80` or `8000-8010`; raises ValueError."""
    match = _PORTS.match(text)
    if match is None:
        raise ValueError("%r is no port to nginx" % text)
    first = int(match.group(1))
    last = int(match.group(2) or first)
    if not 0 < first <= last < 65536:
        raise ValueError("%r is no port to nginx" % text)
    return first, last


def split_url(text):
    """Cut the argument of `proxy_pass` into (scheme, authority, variable).

    `authority` is what stands between `://` and the path (`unix:/path` for a
    unix socket), with variables as written; `variable` tells whether nginx
    evaluates the URL for each request. `$backend` alone has no scheme. Raises
    ValueError for what is no http or https URL.
    """
    match = _SCHEME.match(text)
    if match is not None:
        return match.group(1).lower(), _authority(match.group(2)), "$" in text
    if "$" in text:
        return None, _authority(text), True
    raise ValueError("%r is no URL of http or https" % text)


def _authority(rest):
    if rest.startswith("unix:"):
        return "unix:" + rest[len("unix:"):].partition(":")[0]
    rest = _PATH_VARIABLES.split(rest, maxsplit=1)[0]
    return re.split(r"[/?]", rest, maxsplit=1)[0]


def ip_literal(host):
    """Return the address in its usual form where `host` is a number, else None."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            return socket.inet_ntop(family, socket.inet_pton(family, host))
        except (OSError, ValueError):  # ValueError: a NUL or a surrogate in the text
            continue
    return None
