#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Node process under systemd, replaced without a gap."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_instance
short_description: Run a Node process under systemd, and replace it without a gap
version_added: 0.1.0
description:
  - Keeps one socket unit and two services, the slots C(a) and C(b), of which one runs. Where
    anything is not as wanted the other slot is started on the same socket and proven by its own
    status, its time-outs and an answer of its own. Only then the former one is told to drain.
  - A new process that cannot be proven is stopped and its files are put back. The former process
    is not touched in that case.
  - The process has to be preloaded with this collection's guard, as the role C(node_service) does.
options:
  name:
    description: The app and the port, as in V(shop-3000). Units are named for it.
    type: str
    required: true
  address:
    description: The IP address to listen on.
    type: str
    required: true
  unit:
    description: The text of the service unit, the same for both slots. C(%i) is the slot.
    type: str
    required: true
  expected:
    description:
      - Values that the new process has to report, in milliseconds, by the names of the plan.
        Time-outs may be higher, those of the drain have to be equal.
    type: dict
    default: {}
  start_timeout:
    description: How long the process may take until it listens, in milliseconds.
    type: int
    default: 90000
  replaces:
    description:
      - A unit that may hold the port until now. The new process is first proven on another port,
        then that unit is stopped and disabled. It is brought back if the new process fails.
    type: str
attributes:
  check_mode:
    description: Says what would be written, and starts nothing.
    support: full
  diff_mode:
    description: Shows units, and the names of variables without their values.
    support: full
notes:
  - The environment is read from C(/etc/no502/<name>/wanted.env), so that no secret passes through
    the module's parameters.
requirements:
  - root and systemd
author:
  - The no502.node contributors (@no502)
"""

EXAMPLES = r"""
- name: Run the process on port 3000
  no502.node.node_instance:
    name: shop-3000
    address: 10.0.0.2
    unit: "{{ lookup('ansible.builtin.template', 'service.j2') }}"
    expected:
      keep_alive_timeout: 30000
"""

RETURN = r"""
slot:
  description: The slot that runs, or would.
  returned: success
  type: str
  sample: b
release:
  description: What the process is known by, a hash of units and environment.
  returned: success
  type: str
  sample: 5f0c2a9e1d7b4c36
draining:
  description: The service of the former process, which is still finishing requests.
  returned: success
  type: str
  sample: no502-shop-3000@a.service
"""

import os

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.no502.node.plugins.module_utils.node_service import files
from ansible_collections.no502.node.plugins.module_utils.node_service.hand_over import (
    HandOver,
    HandOverError,
    Wanted,
)
from ansible_collections.no502.node.plugins.module_utils.node_service.manager import (
    Systemd,
    SystemdError,
)


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
            "unit": {"type": "str", "required": True},
            "expected": {"type": "dict", "default": {}},
            "start_timeout": {"type": "int", "default": 90000},
            "replaces": {"type": "str"},
        },
        supports_check_mode=True,
    )
    if not os.path.isdir("/run/systemd/system") and not module.check_mode:
        module.fail_json(msg="systemd does not run here")
    wanted = _wanted(module)
    work = HandOver(wanted, Systemd(module.run_command))
    slot = work.slot_in_order()
    result = {"changed": slot is None, "slot": slot, "release": wanted.release, "draining": None}
    if slot is None:
        if module._diff:
            result["diff"] = [
                {"before_header": path, "after_header": path, "before": old or "", "after": new}
                for path, old, new in work.changes() if old != new]
        if not module.check_mode:
            result["slot"], result["draining"] = _run(module, work)
    module.exit_json(**result)


def _wanted(module):
    parameters = module.params
    instance = files.Instance(parameters["name"])
    expected = {name: int(value) for name, value in parameters["expected"].items()}
    return Wanted(instance, parameters["unit"], parameters["address"],
                  files.read(instance.wanted_environment) or "", expected,
                  parameters["start_timeout"], parameters["replaces"])


def _run(module, work):
    try:
        return work.run()
    except (HandOverError, SystemdError) as error:
        module.fail_json(msg=str(error))


if __name__ == "__main__":
    main()
