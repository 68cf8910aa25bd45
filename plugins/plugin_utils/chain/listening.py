# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which listeners take what is sent to an address: wildcards, IPv6 for IPv4, paths of sockets."""
from __future__ import annotations

import ipaddress
import posixpath

WILDCARDS = {4: "0.0.0.0", 6: "::"}


def canonical(address):
    """Return an IP address in one form: no zone, no brackets, IPv4 where IPv6 only wraps it."""
    parsed = ipaddress.ip_address(address.strip("[]").split("%")[0])
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def is_loopback(address):
    """Tell whether an IP address never leaves its host."""
    return ipaddress.ip_address(address).is_loopback


def reaching(ip, port):
    """Return matches of listeners that get what is sent to ip:port, most specific first."""
    version = ipaddress.ip_address(ip).version
    matches = [_at(ip, port), _at(WILDCARDS[version], port)]
    if version == 4:
        # A socket on :: takes IPv4 as well, unless it was told not to, or another is there for it.
        both = _at(WILDCARDS[6], port)
        matches.append(lambda listen: both(listen) and listen.get("v6only", False) is False)
    return matches


def may_reach(ip, port):
    """Return the match of listeners of which is not known whether they get what is sent there."""
    if ipaddress.ip_address(ip).version == 6:
        return lambda listen: False
    both = _at(WILDCARDS[6], port)
    return lambda listen: both(listen) and listen.get("v6only", False) is None


def on_port(port):
    """Return the match of whatever listens on a port, at any address."""
    return lambda listen: listen.get("port") == port


def _at(address, port):
    return lambda listen: (
        listen.get("port") == port
        and listen.get("address") is not None
        and canonical(listen["address"]) == address
    )


def socket_path(path, directory=None):
    """Return the path of a unix socket in one form; None for a relative one without a directory.

    /var/run is a link to /run on every distribution that has systemd.
    """
    if not path.startswith("/"):
        if not directory:
            return None
        path = posixpath.join(directory, path)
    path = posixpath.normpath(path)
    return path[len("/var"):] if path.startswith("/var/run/") else path


def at_path(path):
    """Return the match of the listener at a path, which is in the form of `socket_path`."""
    return lambda listen: listen.get("path") is not None and (
        socket_path(listen["path"], listen.get("directory")) == path
    )


def named_alike(path):
    """Return the match of listeners whose file has the same name, wherever it lies.

    A link on the way to a socket cannot be seen, nor what the directory of a relative one was.
    """
    return lambda listen: posixpath.basename(listen.get("path") or "") == posixpath.basename(path)
