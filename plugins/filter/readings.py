# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: readings
short_description: Gather what chain_info read on several hosts
version_added: 0.1.0
description:
  - Takes host names and what M(no502.node.chain_info) left on each of them in a registered
    variable, and tells the hosts that were read from those that were not.
author:
  - The no502.node contributors (@no502)
positional: hostvars, registered
options:
  _input:
    description: The inventory names of the hosts.
    type: list
    elements: str
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
  registered:
    description: The name of the variable that M(no502.node.chain_info) was registered as.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Judge what was read on all hosts
  no502.node.policy_check:
    readings: "{{ found.readings }}"
    unread: "{{ found.unread }}"
  vars:
    found: "{{ ansible_play_hosts_all | no502.node.readings(hostvars, 'no502_read') }}"
"""

RETURN = r"""
_value:
  description: The readings by host, and for each host without one the reason.
  type: dict
  sample:
    readings: {lb1: {schema: 1}}
    unread: {app1: "Failed to connect to the host via ssh: No route to host"}
"""


def readings(hosts, hostvars, registered):
    """Return ``{"readings": {host: reading}, "unread": {host: reason}}`` for every host.

    A reading gets, as ``port_mappings``, what the inventory declares for its host.
    """
    result = {"readings": {}, "unread": {}}
    for host in hosts:
        variables = hostvars[host] if host in hostvars else {}
        answer = variables.get(registered) or {}
        if answer.get("reading"):
            result["readings"][host] = _with_mappings(answer["reading"], variables)
        else:
            result["unread"][host] = _reason(answer)
    return result


def _with_mappings(reading, variables):
    mappings = variables.get("no502_port_mappings")
    return {**reading, "port_mappings": mappings} if mappings else reading


def _reason(answer):
    """Return why a host gave no reading, in one line."""
    reason = str(answer.get("msg") or "it was not read in this run").removeprefix("Task failed: ")
    # Where the module did not even start, only its error output says why.
    said = str(answer.get("module_stderr") or "").strip().splitlines()
    return " ".join(" ".join([reason, *said[-1:]]).split())


class FilterModule:
    """The filter of this file."""

    def filters(self):
        """Return the filter by its name."""
        return {"readings": readings}
