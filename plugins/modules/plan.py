#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Check the inventory and plan every time-out of every hop
version_added: 0.1.0
description:
  - Reads the variables C(no502_apps), C(no502_profile), C(no502_gate_scope), C(no502_override),
    C(no502_waivers), C(no502_engine), C(no502_install), C(no502_fail_on), C(no502_report_dir), the
    groups, and C(no502_address) of each host, checks all of them together, and plans the run.
  - Shows everything that is wrong, not only the first, with the variable, what is accepted and an
    example, and fails. No host is talked to.
  - With C(-v) it shows every planned value and its reason.
  - This is an action on the controller. It takes no options; run it once, in the first play.
author:
  - The no502.node contributors (@no502)
extends_documentation_fragment:
  - no502.node.read_only
seealso:
  - plugin: no502.node.timeout_plan
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Check and plan, before any host is touched
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - name: Plan
      no502.node.plan:
      register: no502_plan
      run_once: true
      tags: always
"""

RETURN = r"""
apps:
  description:
    - Every app by name, completed. Durations are in milliseconds, sizes in bytes.
    - What is not given is null for an app with C(state=absent), and so are its C(timeouts) then.
  type: dict
  returned: success
  sample:
    shop:
      name: shop
      state: present
      nginx_hosts: [lb1]
      node_hosts: [app1, app2]
      ports: [3000, 3001]
      server_names: [shop.example.com]
      path: /
      listen: {http: 80, https: null}
      tls: null
      directory: /srv/shop
      entry: server.js
      user: shop
      environment: {}
      memory_max: 1073741824
      instances: 2
      supervisor: systemd
      replaces: null
      adopt: false
      max_body: 1048576
      websocket: false
      longest_request: 60000
      edge: {kind: aws_alb, idle_timeout: 120000, response_limit: 120000, layer: 7,
             preconnects: true, source: inventory (idle_timeout)}
      timeouts:
        nginx: {read_timeout: 65000, pool_idle: 10000}
        node: {keep_alive_timeout: 30000}
        drain: {idle_grace: 11000, max: 71000, stream_grace: 10000}
        systemd: {timeout_stop: 81000, timeout_start: 90000}
        memory: {limit: 1073741824, old_space_mib: 768}
        reasons: {nginx.read_timeout: "longest request 60 s + 5 s, at least 61 s"}
addresses:
  description: The declared C(no502_address) of the Node hosts that have one.
  type: dict
  returned: success
  sample: {app1: 10.0.0.5}
profile:
  description: How strict the policies are, V(default) or V(strict).
  type: str
  returned: success
  sample: default
scope:
  description: What the gate judges, V(changed) or V(all).
  type: str
  returned: success
  sample: changed
override:
  description: Why and by whom the policies are overridden, or null.
  type: dict
  returned: success
  sample: {reason: outage 4711, owner: kim@example.com}
waivers:
  description: The waivers, as they are.
  type: list
  elements: dict
  returned: success
  sample: []
engine:
  description: Which engine decides, and where it is. C(timeout) is in milliseconds.
  type: dict
  returned: success
  sample: {kind: embedded, timeout: 5000}
install:
  description: What may be installed where it is missing.
  type: list
  elements: str
  returned: success
  sample: [nginx, node]
fail_on:
  description: What makes an audit fail, V(error), V(warning) or V(never).
  type: str
  returned: success
  sample: error
report_dir:
  description: Where reports go, or null.
  type: str
  returned: success
  sample: reports
"""
