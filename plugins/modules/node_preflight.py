#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check what a Node app needs on its host, before anything is changed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: node_preflight
short_description: Check that a host can run Node apps, without changing anything
version_added: 0.1.0
description:
  - Looks for Node, for each app's files, user and ports, and for the unit that it replaces. Fails
    with everything that is wrong.
options:
  apps:
    description: The apps, as the role C(node_service) takes them. Other keys are ignored.
    type: list
    elements: dict
    required: true
  variables:
    description:
      - The names of the variables that each app's environment sets, by the app's name. A unit that
        an app replaces must not set others, nor run as another user.
    type: dict
    default: {}
  node:
    description: The program of Node.
    type: path
    default: /usr/bin/node
  install:
    description: Whether Node will be installed if it is not there.
    type: bool
    default: false
extends_documentation_fragment:
  - no502.node.read_only
requirements:
  - root
author:
  - The no502.node contributors (@no502)
"""

EXAMPLES = r"""
- name: Check what the apps need
  no502.node.node_preflight:
    apps:
      - name: shop
        directory: /srv/shop
        entry: server.js
        user: shop
        address: 10.0.0.2
        ports: [3000, 3001]
        replaces: shop.service
    variables:
      shop: [DATABASE_URL]
"""

RETURN = r"""
node_version:
  description: The version of Node, null if it is not installed yet.
  returned: success
  type: list
  elements: int
  sample: [24, 21, 0]
missing_users:
  description: Users that do not exist yet.
  returned: success
  type: list
  elements: str
  sample: [shop]
problems:
  description: What is wrong, each with a remedy.
  returned: always
  type: list
  elements: str
  sample: ["shop: entry /srv/shop/server.js: no such file"]
"""

import platform

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.no502.node.plugins.module_utils.node_service.preflight import Preflight


def main():
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "apps": {"type": "list", "elements": "dict", "required": True},
            "variables": {"type": "dict", "default": {}},
            "node": {"type": "path", "default": "/usr/bin/node"},
            "install": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    parameters = module.params
    preflight = Preflight(parameters["node"], parameters["install"])
    problems = preflight.check(parameters["apps"], parameters["variables"])
    if problems:
        module.fail_json(
            msg="Node apps cannot run on %s:\n%s\nNothing was changed."
                % (platform.node(), "\n".join("- " + problem for problem in problems)),
            problems=problems)
    module.exit_json(changed=False, node_version=preflight.version,
                     missing_users=preflight.missing_users, problems=[])


if __name__ == "__main__":
    main()
