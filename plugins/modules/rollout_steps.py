#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_steps
short_description: Work out what a rollout sets on each host at each of its steps
version_added: 0.1.0
description:
  - A rollout changes nginx to values that are safe for the Node that runs and for the planned one,
    then Node, then nginx to its final values. This works out all three from the plan and from
    what runs now.
  - For every pair of nginx and Node the safe value is the safer one of both. Where nothing
    changes, the safe step equals the final one.
  - This is an action on the controller. It talks to no host.
author:
  - The no502.node contributors (@no502)
extends_documentation_fragment:
  - no502.node.read_only
options:
  plan:
    description: What M(no502.node.plan) returned.
    type: dict
    required: true
  readings:
    description: The readings of M(no502.node.chain_info) by inventory host.
    type: dict
    required: true
seealso:
  - module: no502.node.plan
  - module: no502.node.gate
"""

EXAMPLES = r"""
- name: Work out the steps
  no502.node.rollout_steps:
    plan: "{{ no502_plan }}"
    readings: "{{ found.readings }}"
  register: no502_steps
"""

RETURN = r"""
steps:
  description: By nginx host what the roles are given in the safe and in the final step, and by Node
    host what it is to run. Durations are in milliseconds.
  returned: success
  type: dict
  sample:
    nginx:
      lb1:
        safe: {state: present, apps: [], worker_shutdown_timeout: 0}
        final: {state: present, apps: [], worker_shutdown_timeout: 70000}
    node:
      app1: {apps: [], retires: false, fail_timeout: 5000}
"""
