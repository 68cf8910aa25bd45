# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: nginx_time
short_description: Milliseconds as nginx writes a time
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Writes whole seconds as V(65s), anything else as V(1500ms).
positional: _input
options:
  _input:
    description: Milliseconds.
    type: int
    required: true
  seconds:
    description:
      - The directive counts in seconds, like C(fail_timeout), and refuses milliseconds. A part of a
        second is rounded up.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show a time of nginx's
  ansible.builtin.debug:
    msg: "proxy_read_timeout {{ 65000 | no502.node.nginx_time }};"
"""

RETURN = r"""
_value:
  description: The time as nginx reads it.
  type: str
  sample: 65s
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.no502.node.plugins.module_utils.durations import nginx_time as render


def nginx_time(value, seconds=False):
    """A time of nginx's; see DOCUMENTATION."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnsibleFilterError(f"nginx_time: {value!r} is not a number of milliseconds")
    return render(value, seconds_slot=seconds)


class FilterModule:
    """The filter C(no502.node.nginx_time)."""

    def filters(self):
        """Names and functions."""
        return {"nginx_time": nginx_time}
