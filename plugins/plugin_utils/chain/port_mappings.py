# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Port mappings that the inventory declares: what an address and a port of a host lead to.

Address translation and the published ports of containers cannot be read on any host. A reading
carries, as `port_mappings`, what the variable `no502_port_mappings` of its host says.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.chain.listening import canonical
from ansible_collections.no502.node.plugins.plugin_utils.plan.port_mappings import port_mappings


def of_hosts(readings):
    """Return host -> its mappings, checked; raises InputError for one that is none."""
    return {
        host: port_mappings(reading.get("port_mappings") or [], f"no502_port_mappings of {host}")
        for host, reading in readings.items()
    }


def declared_for(mappings, ip, port):
    """Return (host, mapping) of those that name this very address."""
    return [
        (host, mapping)
        for host, declared in mappings.items()
        for mapping in declared
        if mapping["port"] == port
        and mapping["address"] is not None
        and canonical(mapping["address"]) == ip
    ]


def of_any_address(mappings, host, port):
    """Return the mapping of a port at whatever address of the host, None where there is none."""
    for mapping in mappings.get(host) or []:
        if mapping["port"] == port and mapping["address"] is None:
            return mapping
    return None
