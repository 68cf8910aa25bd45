#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take away Node instances of this collection that are no longer wanted."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_retire
short_description: Take away Node processes that are no longer wanted
version_added: 0.1.0
description:
  - Stops every instance that M(no502.node.node_instance) made and that is not listed, waits
    for its drain, and removes its units and files, guards that nobody runs any more, and users that were
    made for an app and have none left.
options:
  apps:
    description: The apps that stay, with those of their instances that do.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The app's name.
        type: str
        required: true
      ports:
        description: A port for each of its instances.
        type: list
        elements: int
        required: true
      replaces:
        description: A unit that the app has replaced. It is stopped and disabled.
        type: str
attributes:
  check_mode:
    description: Says what would go.
    support: full
  diff_mode:
    description: Lists what goes.
    support: full
requirements:
  - root and systemd
author:
  - The no502.node contributors (@no502)
"""

EXAMPLES = r"""
- name: Keep one instance of one app
  no502.node.node_retire:
    apps:
      - name: shop
        ports: [3000]
"""

RETURN = r"""
removed:
  description: What was, or would be, taken away.
  returned: success
  type: list
  elements: str
  sample: [instance shop-3001, user shop]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.no502.node.plugins.module_utils.node_service.manager import (
    Systemd,
    SystemdError,
)
from ansible_collections.no502.node.plugins.module_utils.node_service.retirement import Retirement


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "apps": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "ports": {"type": "list", "elements": "int", "required": True},
                    "replaces": {"type": "str"},
                },
            },
        },
        supports_check_mode=True,
    )
    apps = module.params["apps"]
    work = Retirement(Systemd(module.run_command), module.check_mode)
    try:
        for app in apps:
            if app["replaces"]:
                work.replaced(app["replaces"])
        work.instances(["%s-%d" % (app["name"], port) for app in apps for port in app["ports"]])
        work.guards()
        work.users(module.run_command)
        work.directories()
    except (SystemdError, OSError) as error:
        module.fail_json(msg="Could not take away %s: %s" % (work.removed[-1], error),
                         removed=work.removed)
    before = "".join(line + "\n" for line in work.removed)
    module.exit_json(changed=bool(work.removed), removed=work.removed,
                     diff={"before": before, "after": ""})


if __name__ == "__main__":
    main()
