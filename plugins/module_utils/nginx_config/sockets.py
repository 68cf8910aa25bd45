# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a configuration could bind its addresses, given the sockets that are open now.

`nginx -t` ignores an address in use, and so does the reload's exit code: the old workers simply
stay. So the candidate's addresses are compared with the kernel's before anything is swapped.
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Optional

from ansible_collections.no502.node.plugins.module_utils.host import listeners, processes
from ansible_collections.no502.node.plugins.module_utils.nginx_config.configuration import (
    Address,
    Listen,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused


class Held(NamedTuple):
    """A listening TCP socket; ``owner`` is None where no process shows that has it open."""

    address: Address
    owner: Optional[str]
    by_nginx: bool


def held(master: Optional[int]) -> List[Held]:
    """Every listening TCP socket; those that nginx's master has open are nginx's own."""
    found = processes.all_processes()
    sockets = listeners.Sockets()
    sockets.find_holders(found)
    result = []
    for inode, address in sockets.listening.items():
        if "port" in address:
            pids = sockets.holders.get(inode, [])
            result.append(Held(Address(address["address"], address["port"]),
                               "%s (pid %d)" % (found[pids[0]].name, pids[0]) if pids else None,
                               master in pids))
    return result


def check(listens: List[Listen], sockets: List[Held]) -> None:
    """Refuse the first address that cannot be bound."""
    for listen in _bound(listens):
        if any(each.by_nginx and each.address == listen.address for each in sockets):
            continue
        for each in sockets:
            if _collide(listen, each.address):
                _refuse(listen, each)


def _bound(listens: List[Listen]) -> List[Listen]:
    """What nginx really binds: with a wildcard there, a single address of that port is not."""
    unique: Dict[Address, Listen] = {}
    for listen in listens:
        if listen.address.family != "unix":
            unique.setdefault(listen.address, listen)
    wild = [address for address in unique if address.is_wildcard]
    return [listen for address, listen in unique.items()
            if address.is_wildcard or not any(wide.covers(address) for wide in wild)]


def _collide(listen: Listen, taken: Address) -> bool:
    if listen.address.overlaps(taken):
        return True
    both = listen.address.host == "::" and not listen.ipv6only
    return both and taken.port == listen.address.port and taken.family == "v4"


def _refuse(listen: Listen, taken: Held) -> None:
    if taken.by_nginx:
        raise Refused(
            "%s: nginx cannot bind %s while it holds %s itself: a reload keeps the old socket "
            "until the new one is bound. Listen on %s, or restart nginx with both changed."
            % (listen.where, listen.address, taken.address, taken.address))
    raise Refused(
        "%s: nginx cannot bind %s: %s holds %s. `nginx -t` does not see this, and a reload would "
        "leave the old workers running. Use another port, or stop that process."
        % (listen.where, listen.address, taken.owner or "another process", taken.address))
