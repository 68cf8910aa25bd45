# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host variable C(no502_port_mappings): where what is sent to a port really arrives."""
from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.plugin_utils.plan import checks
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs import Mapping
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError, shown

_KEYS = ("address", "container", "port", "to")
_ACCEPTED = "a list of mappings of port, to and, where needed, address and container"
_EXAMPLE = "no502_port_mappings: [{address: 203.0.113.7, port: 8080, to: 3000}]"
_CONTAINER = re.compile(r"[0-9a-f]{12,64}")


def port_mappings(value, name):
    """The mappings as a list of C(address), C(port), C(to), C(container), the rest C(None).

    Raises the first C(InputError). C(name) is the variable's, and says of which host it is.
    """
    if not isinstance(value, list):
        raise InputError(name, f"{shown(value)} is not a list", _ACCEPTED, _EXAMPLE)
    mappings = [_mapping(item, f"{name}[{number}]") for number, item in enumerate(value)]
    seen: dict = {}
    for number, mapping in enumerate(mappings):
        place = (mapping["address"], mapping["port"])
        if place in seen:
            raise InputError(f"{name}[{number}].port", f"{mapping['port']} is mapped already, by"
                             f" {name}[{seen[place]}]", "each address and port once", _EXAMPLE)
        seen[place] = number
    return mappings


def of_hosts(hosts, hostvars, errors):
    """Complain of what is wrong with the mappings of each host.

    C(hostvars(host, name)): a host's variable, or C(None).
    """
    for host in hosts:
        value = hostvars(host, "no502_port_mappings")
        if value is not None:
            try:
                port_mappings(value, f"no502_port_mappings of {host}")
            except InputError as error:
                errors.append(error)


def _mapping(item, name):
    errors: list = []
    if not isinstance(item, dict):
        raise InputError(name, f"{shown(item)} is not a mapping", _ACCEPTED, _EXAMPLE)
    given = Mapping(item, name, errors)
    given.known(_KEYS, _EXAMPLE)
    mapping = {
        "address": given.read("address", checks.address),
        "port": given.require("port", checks.port, "the port that nginx uses", _EXAMPLE),
        "to": given.require("to", checks.port, "the port that Node listens on", _EXAMPLE),
        "container": given.read("container", _container),
    }
    if errors:
        raise errors[0]
    return mapping


def _container(value, name):
    if not isinstance(value, str) or not _CONTAINER.fullmatch(value):
        raise InputError(name, f"{shown(value)} is not a container's id",
                         "12 to 64 hexadecimal digits, as docker ps shows them",
                         "no502_port_mappings: [{port: 8080, to: 3000, container: 4f2d9c8a1b7e}]")
    return value
