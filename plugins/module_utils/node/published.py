# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which ports of this host lead to a Node in a container.

Docker's proxy says so in its arguments. Podman's monitor only keeps the port
from others, while the kernel sends what comes there on: so a connection is
made, nothing is sent over it, and it is looked up where it comes out.
"""

from __future__ import annotations

import contextlib
import re
import time

from ansible_collections.no502.node.plugins.module_utils.host.connections import peers_of
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.host.network_namespace import (
    ipv4_addresses,
)
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint

_DOCKER_PROXY = "docker-proxy"
_MONITORS = frozenset(["conmon"])
_ARGUMENT = re.compile(r"-container-(ip|port)\0([^\0]+)")
_MAX_SECONDS = 1.0
_STEP = 0.01
# A connection of somebody else may have the same port by chance, but hardly both.
_CONNECTIONS = 2


def publish(applications, found, sockets, connect=True):
    """Add to each application in a container which addresses of this host lead to it.

    `applications` are `discovery.Application`s; their `published` becomes a list
    of (address, index of the listening address inside). `found` and `sockets`
    are as for `discovery.applications`. Without `connect` no connection is made.
    """
    inside = [each for each in applications if each.foreign]
    addresses = {each.process.pid: ipv4_addresses(each.process.pid) for each in inside}
    monitored = []
    for inode, listen in sockets.listening.items():
        holders = [found[pid] for pid in sockets.holders.get(inode, []) if pid in found]
        for holder in holders:
            if holder.program == _DOCKER_PROXY:
                _publish(listen, _by_arguments(holder, inside, addresses))
            elif holder.program in _MONITORS and connect and "port" in listen:
                monitored.append(listen)
    proved = in_parallel(lambda listen: _by_connection(listen, inside), monitored, _MAX_SECONDS)
    for listen, way in zip(monitored, proved):
        _publish(listen, way)


def _publish(listen, way):
    if way is not None:
        application, index = way
        application.published.append((listen, index))


def _by_arguments(proxy, inside, addresses):
    """Return (application, index) behind one of Docker's proxies, or None."""
    said = dict(_ARGUMENT.findall(proxy.cmdline.decode("utf-8", "replace")))
    for application in inside:
        if said.get("ip") in addresses[application.process.pid]:
            for index, listen in enumerate(application.listens):
                if str(listen.get("port")) == said.get("port"):
                    return application, index
    return None


def _by_connection(listen, inside):
    """Return (application, index) where connections to an address of this host come out."""
    end = time.monotonic() + _MAX_SECONDS
    with contextlib.ExitStack() as stack:
        try:
            ours = [stack.enter_context(Endpoint(listen).connect(end)).getsockname()[1]
                    for _number in range(_CONNECTIONS)]
        except OSError:
            return None
        while time.monotonic() < end:
            for application in inside:
                for index, each in enumerate(application.listens):
                    if set(ours) <= peers_of(each.get("port"), application.process.pid):
                        return application, index
            time.sleep(_STEP)
    return None
