# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: systemd_span
short_description: Milliseconds as systemd writes a time span
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Writes a time span as C(systemctl show) prints it, for example V(1min 30s).
options:
  _input:
    description: Milliseconds.
    type: int
    required: true
"""

EXAMPLES = r"""
- name: Show a time span of systemd's
  ansible.builtin.debug:
    msg: "TimeoutStopSec={{ 81000 | no502.node.systemd_span }}"
"""

RETURN = r"""
_value:
  description: The time span as systemd reads and prints it.
  type: str
  sample: 1min 21s
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.no502.node.plugins.module_utils.durations import systemd_span as render


def systemd_span(value):
    """A time span of systemd's; see DOCUMENTATION."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise AnsibleFilterError(f"systemd_span: {value!r} is not a number of milliseconds")
    return render(value)


class FilterModule:
    """The filter C(no502.node.systemd_span)."""

    def filters(self):
        """Names and functions."""
        return {"systemd_span": systemd_span}
