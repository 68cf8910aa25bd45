#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: policy_check
short_description: Judge all that was read and write the report
version_added: 0.1.0
description:
  - Judges the chains of all hosts by the policies, shows every result that is not a pass, and
    writes C(no502-report.json). Nothing is left out. Hosts that could not be read are in the
    report, and the check does not pass with one.
  - This is an action on the controller. It talks to no host.
author:
  - The no502.node contributors (@no502)
extends_documentation_fragment:
  - no502.node.read_only
attributes:
  check_mode:
    description: Hosts are never changed. The report is written in check mode too.
options:
  readings:
    description: The readings of M(no502.node.chain_info) by inventory host.
    type: dict
    required: true
  unread:
    description: Why hosts could not be read, by inventory host.
    type: dict
    default: {}
  apps:
    description: The apps of the plan, where there is one.
    type: dict
    default: {}
  profile:
    description: V(strict) makes errors of the published recommendations too.
    type: str
    choices: [default, strict]
    default: default
  waivers:
    description: Results that are accepted for a time, as in M(no502.node.gate).
    type: list
    elements: dict
    default: []
  engine:
    description: Where the policies are evaluated. C(kind) is C(embedded) or C(opa).
    type: dict
  report_dir:
    description: The directory on the controller for the report. It is created if it is missing.
    type: path
    default: .
  fail_on:
    description:
      - The severity at which the check fails. A result that could not be evaluated counts like one
        that fails. A host that could not be read counts as an error. So does it when neither
        nginx nor Node was found on any host, since nothing was judged then.
      - With V(never) it passes, whatever was found. The verdict is in the report.
    type: str
    choices: [error, warning, never]
    default: error
seealso:
  - module: no502.node.gate
  - module: no502.node.chain_info
"""

EXAMPLES = r"""
- name: Judge what was read and write the report
  no502.node.policy_check:
    readings: "{{ readings }}"
    report_dir: reports
    fail_on: warning
"""

RETURN = r"""
report:
  description: The path of the report on the controller.
  returned: always
  type: str
  sample: /home/ops/reports/no502-report.json
passed:
  description: Whether the check passes under O(fail_on).
  returned: always
  type: bool
  sample: false
verdict:
  description: The verdict of the policies.
  returned: always
  type: str
  sample: deny
decision:
  description: The decision, with one result for every rule and everything that it applies to.
  returned: when the check passes
  type: dict
  sample:
    verdict: allow
    counts: {pass: 14, fail: 0, unknown: 0, not_applicable: 3, waived: 0}
"""
