# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_size
short_description: Bytes as nginx writes a size
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Writes a whole number of units as V(8m), anything else as bytes.
positional: _input
options:
  _input:
    description: Bytes.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show a size of nginx's
  ansible.builtin.debug:
    msg: "client_max_body_size {{ 8388608 | no502.node.nginx_size }};"
"""

RETURN = r"""
_value:
  description: The size as nginx reads it.
  type: str
  sample: 8m
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.no502.node.plugins.plugin_utils.plan.sizes import GIB, KIB, MIB

# Of all units those that nginx knows.
_UNITS = (("g", GIB), ("m", MIB), ("k", KIB))


def nginx_size(value):
    """A size of nginx's; see DOCUMENTATION."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnsibleFilterError(f"nginx_size: {value!r} is not a number of bytes")
    for unit, size in _UNITS:
        if value and value % size == 0:
            return f"{value // size}{unit}"
    return str(value)


class FilterModule:
    """The filter C(no502.node.nginx_size)."""

    def filters(self):
        """Names and functions."""
        return {"nginx_size": nginx_size}
