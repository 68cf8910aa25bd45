#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: gate
short_description: Decide by the policies whether a change may go on
version_added: 0.1.0
description:
  - Judges the chain of nginx and Node as it would be with a change, compares it with the chain
    that is known to run, and fails unless the policies allow the change. The reason is shown in full, with what
    is set, what is needed, where it is set and what to do.
  - Fails closed. What could not be read or decided is V(unknown), and only V(allow) passes.
  - This is an action on the controller. It talks to no host, and can be a handler.
author:
  - The no502.node contributors (@no502)
extends_documentation_fragment:
  - no502.node.read_only
attributes:
  check_mode:
    description: Changes nothing in either mode. In check mode it also shows the results of an
      allowed change.
options:
  readings:
    description: The readings of M(no502.node.chain_info) by inventory host, as they are now.
    type: dict
    required: true
  unread:
    description: Why hosts could not be read, by inventory host. Shown with a refusal.
    type: dict
    default: {}
  host:
    description: The nginx host that O(candidate) and O(reload) belong to.
    type: str
  candidate:
    description: The reading of the nginx configuration that is to be loaded. Without it the
      configuration in O(readings) is the one that is judged.
    type: dict
  reload:
    description:
      - For a configuration that lies on disk already. C(reading) is the reading of O(host) when
        the gate last looked, C(decided) whether it decided then.
      - It is what the change is compared with, and shows when nginx was reloaded too early.
    type: dict
    default: {}
  steps:
    description: What M(no502.node.rollout_steps) returned. Needed with O(planned).
    type: dict
  planned:
    description: Where the same run sets something that is not there yet. What O(steps) plans is
      judged there in place of what was read.
    type: dict
    default: {}
    suboptions:
      nginx:
        description: By nginx host the step that is judged, V(safe) or V(final).
        type: dict
        default: {}
      node:
        description: The Node hosts that are to have what is planned.
        type: list
        elements: str
        default: []
      retired:
        description: Whether the instances there that are not planned are gone.
        type: bool
        default: false
  generation:
    description: The generation that O(candidate) is. The decision holds for this one only.
    type: str
  apps:
    description: The apps of the plan, as M(no502.node.plan) returns them.
    type: dict
    default: {}
  phase:
    description: V(transition) for the chain between two steps of a rollout, which lasts minutes.
      Only what loses requests is then refused.
    type: str
    choices: [steady, transition]
    default: steady
  profile:
    description: V(strict) makes errors of the published recommendations too.
    type: str
    choices: [default, strict]
    default: default
  scope:
    description: With V(changed), what the change does not touch and does not make worse is not
      held against it. With V(all), everything is.
    type: str
    choices: [changed, all]
    default: changed
  override:
    description:
      - Lets a change pass that the policies refuse. Takes C(reason) and C(owner), both required.
      - It is part of the decision, and recorded on the nginx host by the role.
    type: dict
  waivers:
    description: Results that are accepted for a time. Each takes C(rule), C(reason), C(owner),
      C(expires), and C(host), C(app) or C(route).
    type: list
    elements: dict
    default: []
  engine:
    description: Where the policies are evaluated. C(kind) is C(embedded) or C(opa).
    type: dict
  what:
    description: What is refused, for the text of a refusal.
    type: str
  untouched:
    description: The sentence of a refusal that says what was left as it was.
    type: str
  show:
    description: Whether an allowed change shows its results too. By default only in check mode
      and with C(-v).
    type: bool
seealso:
  - module: no502.node.policy_check
  - module: no502.node.nginx_config
"""

EXAMPLES = r"""
- name: Decide whether nginx may load the staged generation
  no502.node.gate:
    host: "{{ inventory_hostname }}"
    readings: "{{ readings }}"
    candidate: "{{ staged.reading }}"
    generation: "{{ staged.generation }}"
  register: gate
"""

RETURN = r"""
decision:
  description: The decision, with one result for every rule and everything that it applies to.
  returned: when the change is allowed
  type: dict
  sample:
    verdict: allow
    generation: 1f0c8a5be2d94c17
    at: 1795278000.5
    counts: {pass: 14, fail: 0, unknown: 0, not_applicable: 3, waived: 0}
overridden:
  description: The rules that would have refused the change if there were no override.
  returned: when the change is allowed
  type: list
  elements: str
  sample: []
verdict:
  description: V(allow), V(deny) or V(unknown).
  returned: always
  type: str
  sample: allow
"""
