# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node processes listen, and which of them answer what comes there.

Usually one process does both. In a cluster (PM2's cluster mode is one) the
primary holds the socket and hands the connections to its workers, or the
workers hold it too (SCHED_NONE), or each has its own (reusePort): one
application in all three cases.
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets, waits_on
from ansible_collections.no502.node.plugins.module_utils.value import known

# Fedora and others have the major version in the name: node-22.
PROGRAM = re.compile(r"node(?:js)?(?:-?[0-9][0-9.]*)?\Z")
# PM2's own sockets, which do not speak HTTP.
_PM2_SOCKET = re.compile(r"/(?:rpc|pub|interactor)\.sock\Z")


class Application:
    """What listens as one: `process`, which is the primary of its `workers` if it has any.

    `listens` are its addresses (with the `backlog` of each where the kernel tells
    it, as a value), `foreign` tells that they lie in another network
    than this host's (a container's), and `published` which addresses of this host
    lead to them, as (address, index in `listens`).
    """

    def __init__(self, process, workers, listens, foreign=False):
        self.process = process
        self.workers = workers
        self.listens = listens
        self.foreign = foreign
        self.published = []

    @property
    def serving(self):
        """Return the processes that answer requests: a primary only hands them on."""
        return self.workers or [self.process]


def is_node(process):
    """Tell whether a process runs Node, by its program."""
    return PROGRAM.match(process.program) is not None


def applications(found, sockets):
    """Return the `Application`s among the processes `found`, in the order of their pids.

    `sockets` is a `listeners.Sockets` of our own network with its holders found.
    """
    nodes = {pid: process for pid, process in found.items() if is_node(process)}
    primaries = {pid: process.parent for pid, process in nodes.items()
                 if process.parent in nodes and _is_cluster_worker(process)}
    networks = _networks(nodes, sockets)
    listens = {}
    for pid in sorted(nodes):
        for inode, address in networks[pid].held_by(pid).items():
            owner = primaries.get(pid, pid)
            if not _PM2_SOCKET.search(address.get("path", "")) \
                    and _answers(pid, inode, networks[pid], nodes, primaries):
                # With reusePort several sockets have one address: the first tells the rest.
                told = _backlog(networks[pid].told.get(inode))
                listens.setdefault(owner, {}).setdefault(
                    tuple(sorted(address.items())), dict(address, **told))
    return [
        Application(
            nodes[pid],
            [nodes[worker] for worker in sorted(primaries) if primaries[worker] == pid],
            list(listens[pid].values()),
            networks[pid] is not sockets,
        )
        for pid in sorted(listens)
    ]


def _backlog(told):
    if told is None:
        return {}
    return {"backlog": known(told["backlog"], "count", "live", "sock_diag")}


def _networks(nodes, sockets):
    """Return {pid: Sockets} of the network that each process is in."""
    # A process that is closed to us, or gone by now, is taken to be in our own.
    namespaces = {pid: processes.link(pid, "ns/net") for pid in nodes}
    networks = {processes.link("self", "ns/net"): sockets, None: sockets}
    for pid, namespace in namespaces.items():
        if namespace not in networks:
            networks[namespace] = Sockets(pid)
            networks[namespace].find_holders(
                [each for each in nodes if namespaces[each] == namespace])
    return {pid: networks[namespace] for pid, namespace in namespaces.items()}


def _answers(pid, inode, network, nodes, primaries):
    """Tell whether a process that holds a socket takes connections from it.

    One that systemd has passed on is inherited by every child of the application.
    Only where several applications hold a socket is that looked at, and two may
    well take from it, while one replaces the other.
    """
    holders = [each for each in network.holders[inode] if each in nodes]
    if len({primaries.get(each, each) for each in holders}) < 2:
        return True
    return waits_on(pid, inode) is not False or not any(waits_on(each, inode) for each in holders)


def _is_cluster_worker(process):
    """Tell whether a process is a worker of Node's cluster module (PM2's cluster mode too)."""
    try:
        return processes.variable(process.pid, b"NODE_UNIQUE_ID") is not None
    except OSError:
        return False
