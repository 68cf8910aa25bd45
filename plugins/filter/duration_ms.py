# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: duration_ms
short_description: Milliseconds of a duration as nginx, systemd or a person writes it
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Reads seconds, or a time as nginx or systemd writes it. Fails on anything that the two, or their
    readers, would read differently, such as V(1M), V(1h30) or V(1.5m).
options:
  _input:
    description: The duration.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show milliseconds
  ansible.builtin.debug:
    msg: "{{ '1min 30s' | no502.node.duration_ms }}"
"""

RETURN = r"""
_value:
  description: The duration in milliseconds.
  type: int
  sample: 90000
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.no502.node.plugins.module_utils.durations import (
    DurationError, parse_duration_ms,
)


def duration_ms(value):
    """Milliseconds of a duration; see DOCUMENTATION."""
    try:
        return parse_duration_ms(value, "duration", minimum=0)
    except DurationError as error:
        raise AnsibleFilterError(f"duration_ms: {error}") from error


class FilterModule:
    """The filter C(no502.node.duration_ms)."""

    def filters(self):
        """Names and functions."""
        return {"duration_ms": duration_ms}
