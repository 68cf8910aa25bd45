#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: node_info
short_description: Read the time-outs and limits that running Node.js processes have
version_added: 0.1.0
description:
  - Finds the Node.js processes that listen on a socket, also as primary of the C(cluster) module.
  - Values come from the status of the guard where it is preloaded. Without it, Node is asked for
    its Keep-Alive header with an C(Expect) that it does not know, which it answers with 417 by
    itself. No handler of the application runs and no log of it grows.
  - What cannot be read has the origin V(unknown) and a source that says why. Nothing is derived
    from the version.
  - No environment and no command line is returned.
extends_documentation_fragment:
  - no502.node.read_only
options:
  ports:
    description:
      - Further addresses to ask for the Keep-Alive header, as V(3000), V(10.0.0.2:3000),
        V([fd00::2]:3000) or V(unix:/run/app.sock).
      - Unix sockets are asked only when they are named here, since many speak something else.
      - An address that no Node process of this host holds (published by a container's proxy)
        gives an entry without a process, if it answers as Node does.
    type: list
    elements: str
    default: []
  keep_alive_header:
    description: Whether to ask for the Keep-Alive header at all.
    type: bool
    default: true
author:
  - The no502.node contributors (@no502)
seealso:
  - module: no502.node.chain_info
  - module: no502.node.nginx_info
notes:
  - Needs root to see the sockets of other users' processes.
"""

EXAMPLES = r"""
- name: Read every Node.js process of the host
  no502.node.node_info:
  register: app

- name: Show how long each of them keeps an idle connection
  ansible.builtin.debug:
    msg: "pid {{ item.pid }}: {{ item.settings.keep_alive_timeout }}"
  loop: "{{ app.node }}"
  loop_control:
    label: "{{ item.pid }}"
"""

RETURN = r"""
node:
  description: One entry for each Node.js process that listens.
  returned: always
  type: list
  elements: dict
  contains:
    pid:
      description: Process id, null for an address that no process of this host holds.
      type: int
      returned: always
      sample: 812
    started:
      description: Start of the process in seconds since the epoch.
      type: float
      returned: always
      sample: 1795280856.92
    binary:
      description: The program.
      type: str
      returned: always
      sample: /usr/bin/node
    version:
      description: What the program says of itself, null where it could not be asked.
      type: list
      elements: int
      returned: always
      sample: [24, 21, 0]
    user:
      description: The user it runs as.
      type: str
      returned: always
      sample: shop
    container:
      description: The id of the container in which it runs, as seen from this host.
      type: str
      returned: always
      sample: null
    workers:
      description: The process ids of its workers (C(cluster) module, PM2 in cluster mode).
      type: list
      elements: int
      returned: always
      sample: []
    listens:
      description:
        - Where it listens. With more than one address, each has the C(settings) that are in
          force there.
      type: list
      elements: dict
      returned: always
      sample: [{"address": "::", "port": 3000}]
    listens_inside:
      description: Where it listens in a network namespace of its own, which is not this host's.
      type: list
      elements: dict
      returned: always
      sample: []
    unit:
      description:
        - The systemd service, as the manager has it loaded. No limit is the number
          9007199254740991.
      type: dict
      returned: always
      sample:
        name: shop.service
        active_state: active
        sub_state: running
        timeout_stop:
          value: 90000
          unit: ms
          origin: live
          source: "systemctl show shop.service: TimeoutStopUSec=1min 30s"
        restart: on-failure
        n_restarts: 0
        need_daemon_reload: false
        drop_ins: []
    guard:
      description: What the guard says of itself, null without one.
      type: dict
      returned: always
      sample: null
    settings:
      description: The time-outs that were read. C(keep_alive_timeout) alone without a guard.
      type: dict
      returned: always
      sample:
        keep_alive_timeout:
          value: 5000
          unit: ms
          origin: live
          source: Keep-Alive header of [::]:3000 (whole seconds)
    heap_limit:
      description: V8's heap limit, from the guard.
      type: dict
      returned: always
      sample: {"value": null, "unit": bytes, "origin": unknown, "source": "pid 812: no guard"}
    memory_limit:
      description: The tightest memory limit of its cgroups, else the memory of the host.
      type: dict
      returned: always
      sample:
        value: 1073741824
        unit: bytes
        origin: live
        source: /sys/fs/cgroup/system.slice/shop.service/memory.max
    open_files:
      description: The soft limit on open files of the process.
      type: dict
      returned: always
      sample: {"value": 20000, "unit": count, "origin": live, "source": /proc/812/limits}
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
    """Read Node and return it."""
    module = AnsibleModule(
        argument_spec={
            "ports": {"type": "list", "elements": "str", "default": []},
            "keep_alive_header": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    try:
        reading = read_chain(
            nginx=False,
            addresses=module.params["ports"],
            ask_header=module.params["keep_alive_header"],
        )
    except ValueError as error:
        module.fail_json(msg="ports: %s. Example: ports: [3000, '10.0.0.2:3000']" % error)
    module.exit_json(changed=False, node=reading["node"])


if __name__ == "__main__":
    main()
