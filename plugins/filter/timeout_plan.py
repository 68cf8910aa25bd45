# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: timeout_plan
short_description: Every time-out of nginx, Node and systemd from the longest request
version_added: 0.1.0
author: the no502.node contributors (@no502)
description:
  - Derives every time-out of every hop, with a sentence of reason each, from how long the longest
    request takes and what stands in front of nginx.
  - Fails where both cannot be served, naming the setting of the edge and the value that it needs.
positional: _input
options:
  _input:
    description:
      - How long the longest request takes, in seconds (V(60)) or as nginx or systemd writes a time
        (V(90s), V(1m30s), V(1min 30s)). At most a day.
    type: raw
    required: true
  edge:
    description:
      - What stands in front of nginx, a kind such as V(aws_alb) or V(cloudfront), or a mapping with
        C(kind), C(idle_timeout) and C(response_limit). V(none) where clients reach nginx directly.
    type: raw
    default: none
  peers:
    description: How many Node processes nginx passes requests to.
    type: int
    default: 1
  memory_max:
    description: Memory of one Node process, as nginx or systemd writes a size; at least V(384M).
    type: raw
    required: true
  upload_time:
    description: How long the longest upload takes. The longest request, if not given.
    type: raw
  profile:
    description: V(strict) lifts the bound of 120 s of Node's C(headersTimeout).
    type: str
    choices: [default, strict]
    default: default
  overrides:
    description: Single values to replace, by hop and name, such as C(pool_idle) of C(nginx).
    type: dict
    default: {}
seealso:
  - plugin: no502.node.plan
    plugin_type: module
"""

EXAMPLES = r"""
- name: Show the plan of a service behind an AWS load balancer
  ansible.builtin.debug:
    msg: >-
      {{ '60s' | no502.node.timeout_plan(
           edge={'kind': 'aws_alb', 'idle_timeout': '120s'}, peers=4, memory_max='1G') }}
"""

RETURN = r"""
_value:
  description:
    - Mappings C(nginx), C(node), C(drain) and C(systemd) of milliseconds and counts, C(memory) with
      C(limit) in bytes and C(old_space_mib), and C(reasons), a sentence for each value.
  type: dict
  sample:
    nginx: {read_timeout: 65000, pool_idle: 10000}
    node: {keep_alive_timeout: 30000}
    reasons: {nginx.read_timeout: "longest request 60 s + 5 s, at least 61 s"}
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.no502.node.plugins.module_utils.durations import (
    DAY, DurationError, parse_duration_ms,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.declared_edge import declared_edge
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError
from ansible_collections.no502.node.plugins.plugin_utils.plan.overrides import (
    parse_overrides, with_overrides,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.sizes import parse_size_bytes
from ansible_collections.no502.node.plugins.plugin_utils.plan.timeout_plan import (
    SMALLEST_MEMORY, timeout_plan as plan_timeouts,
)

_PROFILES = ("default", "strict")


def timeout_plan(longest_request, edge=None, peers=1, memory_max=None, upload_time=None,
                 profile="default", overrides=None):
    """The plan of one app; see DOCUMENTATION."""
    try:
        if isinstance(peers, bool) or not isinstance(peers, int) or peers < 1:
            raise InputError("peers", f"{peers!r} is not a count", "a whole number from 1",
                             "peers=2")
        if profile not in _PROFILES:
            raise InputError("profile", f"unknown profile {profile!r}", ", ".join(_PROFILES),
                             "profile='strict'")
        upload = None if upload_time is None else parse_duration_ms(
            upload_time, "upload_time", maximum=DAY)
        plan = plan_timeouts(
            parse_duration_ms(longest_request, "longest_request", maximum=DAY),
            declared_edge(edge, "edge"), peers,
            parse_size_bytes(memory_max, "memory_max", minimum=SMALLEST_MEMORY),
            upload, profile)
        parsed, errors = parse_overrides(overrides or {}, "overrides")
        for error in errors:
            raise error
    except (InputError, DurationError) as error:
        raise AnsibleFilterError(f"timeout_plan: {error}") from error
    return with_overrides(plan, parsed)


class FilterModule:
    """The filter C(no502.node.timeout_plan)."""

    def filters(self):
        """Names and functions."""
        return {"timeout_plan": timeout_plan}
