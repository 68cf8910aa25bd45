# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host itself: addresses, memory, and what its package manager would install."""

from __future__ import annotations

import os
import re
import socket
import struct
import time

from ansible_collections.no502.node.plugins.module_utils.host.binary import ask

_APT_CACHE = "/usr/bin/apt-cache"
_APT_SECONDS = 6.0
_NOBODY = 65534

_RTM_GETADDR = 22
_NLM_F_REQUEST_DUMP = 0x301
_NLMSG_DONE, _NLMSG_ERROR = 3, 2
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_FAMILIES = {socket.AF_INET: 4, socket.AF_INET6: 16}
_MAX_ADDRESSES = 256


def read_host(missing=()):
    """Return the reading of the host.

    `missing` are the names, out of `nginx` and `nodejs`, of what is not
    installed: for these the version that apt would install is looked up.
    """
    return {
        "hostname": socket.gethostname(),
        "addresses": addresses(),
        "default_ipv4": default_ipv4(),
        "euid": os.geteuid(),
        "now": time.time(),
        "memory_total": memory_total(),
        "package_candidates": package_candidates(missing),
    }


def memory_total():
    """Return the bytes of memory that this host has, or None."""
    try:
        with open("/proc/meminfo", encoding="utf-8") as file:
            match = re.search(r"^MemTotal:\s+([0-9]+) kB", file.read(), re.MULTILINE)
    except OSError:
        return None
    return int(match.group(1)) * 1024 if match else None


def default_ipv4():
    """Return the IPv4 address that the default route uses, or None. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # To connect a datagram socket only looks the route up.
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def addresses():
    """Return every address of every interface, loopback included, as the kernel lists them."""
    found = []
    request = struct.pack("=IHHIIBBBBi", 24, _RTM_GETADDR, _NLM_F_REQUEST_DUMP, 1, 0, 0, 0, 0, 0, 0)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
            kernel.settimeout(2.0)
            kernel.send(request)
            while len(found) < _MAX_ADDRESSES:
                kinds = []
                for kind, body in _messages(kernel.recv(65536)):
                    kinds.append(kind)
                    if kind not in (_NLMSG_DONE, _NLMSG_ERROR):
                        found += _address(body)
                if _NLMSG_DONE in kinds or _NLMSG_ERROR in kinds:
                    break
    except OSError:
        return []
    return list(dict.fromkeys(found))


def _messages(data):
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        if length < 16:
            return
        yield kind, data[16:length]
        data = data[(length + 3) & ~3:]


def _address(body):
    """Return the address of one message in a list, empty where it has none."""
    family = body[0]
    attributes = {}
    rest = body[8:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        if length < 4:
            break
        attributes[kind] = rest[4:length]
        rest = rest[(length + 3) & ~3:]
    # On a point-to-point link IFA_ADDRESS is the other end.
    packed = attributes.get(_IFA_LOCAL, attributes.get(_IFA_ADDRESS))
    if packed is None or len(packed) != _FAMILIES.get(family):
        return []
    return [socket.inet_ntop(family, packed)]


def package_candidates(missing):
    """Return {name: version that apt would install, as a list of numbers, or None}.

    apt-cache runs as nobody, so that it cannot bring its cache up to date.
    """
    candidates = {"nginx": None, "nodejs": None}
    if not missing or not os.path.exists(_APT_CACHE):
        return candidates
    text, _reason = ask(_APT_CACHE, ["policy"] + sorted(missing), _NOBODY, _NOBODY, _APT_SECONDS)
    for name, version in re.findall(
        r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)", text or "", re.MULTILINE
    ):
        if name in candidates:
            candidates[name] = package_version(version)
    return candidates


def package_version(text):
    """Return the upstream version of a Debian version (`1:1.22.1-9+deb12u1`) as numbers."""
    match = re.match(r"(?:[0-9]+:)?([0-9]+(?:\.[0-9]+)*)", text)
    return [int(part) for part in match.group(1).split(".")] if match else None
