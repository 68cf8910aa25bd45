#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: chain_info
short_description: Read nginx, Node.js, their services and their listeners in one go
version_added: 0.1.0
description:
  - Returns what M(no502.node.nginx_info) and M(no502.node.node_info) do, with the host's
    addresses and listeners, in one round trip. Changes nothing.
  - This is what the policies of this collection are given, joined for all hosts.
extends_documentation_fragment:
  - no502.node.read_only
options:
  nginx:
    description: Options of M(no502.node.nginx_info).
    type: dict
    default: {}
    suboptions:
      conf:
        description: See O(no502.node.nginx_info#module:conf).
        type: path
  node:
    description: Options of M(no502.node.node_info).
    type: dict
    default: {}
    suboptions:
      ports:
        description: See O(no502.node.node_info#module:ports).
        type: list
        elements: str
        default: []
      keep_alive_header:
        description: See O(no502.node.node_info#module:keep_alive_header).
        type: bool
        default: true
      timed_probe:
        description: See O(no502.node.node_info#module:timed_probe).
        type: bool
        default: false
      inspector:
        description: See O(no502.node.node_info#module:inspector).
        type: bool
        default: false
author:
  - The no502.node contributors (@no502)
seealso:
  - module: no502.node.nginx_info
  - module: no502.node.node_info
notes:
  - A reading is never larger than 64 KiB, 4 KiB a route, 3 KiB a process and 1.5 KiB for each
    process that PM2 keeps. What had to be left out is among the problems.
"""

EXAMPLES = r"""
- name: Read the host
  no502.node.chain_info:
  register: chain

- name: Ask a Node.js behind a container's published port as well
  no502.node.chain_info:
    node:
      ports: ["3000"]
"""

RETURN = r"""
reading:
  description: The reading of the host.
  returned: always
  type: dict
  contains:
    schema:
      description: The version of this form.
      type: int
      returned: always
      sample: 1
    host:
      description:
        - The host itself. C(package_candidates) holds the versions that apt would install of
          what is not installed. Looked up in check mode, else only where neither nginx nor
          Node.js is there.
      type: dict
      returned: always
      sample:
        hostname: app1
        addresses: [127.0.0.1, 10.0.0.2, "::1"]
        default_ipv4: 10.0.0.2
        euid: 0
        now: 1795280858.04
        memory_total: 2147483648
        package_candidates: {"nginx": [1, 22, 1], "nodejs": null}
    nginx:
      description: See RV(no502.node.nginx_info#module:nginx).
      type: list
      elements: dict
      returned: always
      sample: []
    node:
      description: See RV(no502.node.node_info#module:node).
      type: list
      elements: dict
      returned: always
      sample: []
    pm2:
      description: See RV(no502.node.node_info#module:pm2).
      type: list
      elements: dict
      returned: always
      sample: []
    listeners:
      description:
        - Every listening TCP and unix socket, with the process that serves it.
        - C(v6only) is there where C(::) takes no IPv4, and null where that is not told.
      type: list
      elements: dict
      returned: always
      sample:
        - {"address": 0.0.0.0, "port": 80, "pid": 812, "process": nginx}
        - {"address": "::", "port": 80, "v6only": true, "pid": 812, "process": nginx}
        - {"path": /run/app.sock, "pid": 901, "process": node}
    problems:
      description: What could not be read, and why.
      type: list
      elements: dict
      returned: always
      sample: []
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.no502.node.plugins.module_utils.chain_reading import read_chain


def main():
    """Read the host and return it."""
    module = AnsibleModule(
        argument_spec={
            "nginx": {
                "type": "dict",
                "default": {},
                "options": {"conf": {"type": "path"}},
            },
            "node": {
                "type": "dict",
                "default": {},
                "options": {
                    "ports": {"type": "list", "elements": "str", "default": []},
                    "keep_alive_header": {"type": "bool", "default": True},
                    "timed_probe": {"type": "bool", "default": False},
                    "inspector": {"type": "bool", "default": False},
                },
            },
        },
        supports_check_mode=True,
    )
    nginx, node = module.params["nginx"], module.params["node"]
    try:
        reading = read_chain(
            conf=nginx.get("conf"),
            addresses=node.get("ports", []),
            ask_header=node.get("keep_alive_header", True),
            timed_probe=node.get("timed_probe", False),
            inspector=node.get("inspector", False),
            candidates=module.check_mode,
        )
    except ValueError as error:
        module.fail_json(msg="node.ports: %s. Example: ports: [3000, '10.0.0.2:3000']" % error)
    module.exit_json(changed=False, reading=reading)


if __name__ == "__main__":
    main()
