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
  - Finds the Node.js processes that listen on a socket, also as a cluster (PM2's cluster mode is
    one), over a socket that systemd has passed on, and in containers of the host.
  - Values come from the status of the guard where it is preloaded. Without it, Node is asked for
    its Keep-Alive header with an C(Expect) that it does not know, which it answers with 417 by
    itself, over TLS where it serves HTTPS. No handler of the application's requests runs and no
    log of it grows.
  - That holds for servers of C(http) and C(https). Any other TCP server of Node's gets the request
    as data. A server of HTTPS is first asked without TLS, which emits its C(tlsClientError), and
    listeners of C(checkExpectation) see the request. Where that matters, turn
    O(keep_alive_header) off.
  - A value counts for a cluster only where every worker has told it. By the Keep-Alive header
    that needs an answer of each; else it is V(unknown), with how many were asked.
  - Idle connections are timed with O(timed_probe), and every setting of any Node is read with
    O(inspector), only where that is asked for.
  - What cannot be read is absent or has the origin V(unknown), with a source or an entry among
    the problems that says why. Nothing is derived from the version.
  - No environment and no command line is returned, but for a few options of Node and V8.
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
  timed_probe:
    description:
      - Whether to open a connection to each address, have it answered with 417, and time how
        long Node keeps it, which is what counts for a proxy in front.
      - Takes as long as the longest of the time-outs (by default of Node 5 to 6 seconds). All
        addresses are timed side by side. One that promises more than 130 seconds is not waited
        for.
    type: bool
    default: false
  inspector:
    description:
      - Whether to open the inspector of each process that has no guard for a tenth of a second
        (C(SIGUSR1)) and read all of its settings.
      - While it is open, any user of the host could run code as the process's user. Node writes
        some lines about it to its standard error. Leave it off where an application has a
        C(SIGUSR1) handler of its own, which would run instead.
      - A process that takes no C(SIGUSR1), is stopped, reads options from a file (C(--env-file)),
        or whose port is in use is left alone, and that is said. One whose inspector turns out to
        listen for other hosts is closed at once. Servers of worker threads are not found.
    type: bool
    default: false
author:
  - The no502.node contributors (@no502)
seealso:
  - module: no502.node.chain_info
  - module: no502.node.nginx_info
notes:
  - Needs root to see the sockets of other users' processes.
  - With neither O(timed_probe) nor O(inspector) it takes 10 seconds at most, whatever listens.
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

- name: Read every setting of any Node.js, and how long idle connections really live
  no502.node.node_info:
    inspector: true
    timed_probe: true
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
    binary_deleted:
      description: Whether its file was removed or replaced under it, by an upgrade for example.
      type: bool
      returned: always
      sample: false
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
    directory:
      description:
        - The working directory, and whether it was removed under the process. Null where it is
          closed, or where the workers of a cluster are in different ones.
      type: dict
      returned: always
      sample: {"path": /srv/shop, "deleted": false}
    container:
      description: The id or name of the container in which it runs, as seen from this host.
      type: str
      returned: always
      sample: null
    mode:
      description:
        - V(cluster) where workers answer (C(cluster) module, PM2 in cluster mode), else V(single).
      type: str
      returned: always
      sample: single
    workers:
      description: The process ids of its workers.
      type: list
      elements: int
      returned: always
      sample: []
    listens:
      description:
        - Where it listens, and in which protocol where that is known. With more than one
          address, each has the C(settings) that are in force there.
        - C(backlog) is how many connections may wait to be accepted.
        - For a process in a container, the addresses of this host that are published to it.
      type: list
      elements: dict
      returned: always
      sample:
        - address: "::"
          port: 3000
          protocol: http
          backlog: {"value": 511, "unit": count, "origin": live, "source": sock_diag}
    listens_inside:
      description: Where it listens in a network namespace of its own, which is not this host's.
      type: list
      elements: dict
      returned: always
      sample: []
    addresses_inside:
      description: The IPv4 addresses that its own network namespace has.
      type: list
      elements: str
      returned: for a process in a network namespace of its own
      sample: [10.88.0.4]
    supervisor:
      description:
        - Who starts it again when it ends. C(kind) is V(pm2) (C(name) is the application, C(daemon)
          the daemon's process id, C(pids) those that it lists in RV(pm2[].apps)), V(systemd) (the
          service), V(container) (its id), V(none) (a shell, cron, a session) or V(unknown).
          C(reason) says why, where it needs saying.
        - In PM2's cluster mode the daemon holds the socket, so its process is the one that is read.
      type: dict
      returned: always
      sample: {"kind": systemd, "name": shop.service, "reason": null}
    unit:
      description:
        - The systemd service, as the manager has it loaded; one of a user's own manager is asked
          for as that user. No limit is the number 9007199254740991.
        - C(exit) is how its main process ended last; systemd forgets it when it starts the next.
        - C(oom_kills) counts processes that were killed for want of memory since the unit started.
        - C(limits_match) is whether the process has the hard limit on open files that the unit has.
      type: dict
      returned: always
      sample:
        name: shop.service
        type: simple
        main_pid: 812
        active_state: active
        sub_state: running
        enabled: enabled
        timeout_stop:
          value: 90000
          unit: ms
          origin: live
          source: "systemctl show shop.service: TimeoutStopUSec=1min 30s"
        restart: on-failure
        kill_mode: control-group
        kill_signal: SIGTERM
        oom_policy: stop
        success_exit_status: ["143"]
        result: success
        exit: {"code": null, "status": null, "at": null}
        oom_kills:
          value: 0
          unit: count
          origin: live
          source: memory.events of shop.service
        limits_match:
          value: true
          unit: null
          origin: live
          source: "systemctl show shop.service: LimitNOFILE=20000; /proc/812/limits: 20000"
        n_restarts: 0
        need_daemon_reload: false
        fragment: /etc/systemd/system/shop.service
        drop_ins: []
    guard:
      description:
        - What the guard says of itself, null without one. C(requested) holds what the application
          asked for, C(event_loop_delay) by how much turns of the event loop were late of late.
      type: dict
      returned: always
      sample: null
    settings:
      description:
        - The settings that were read. Without a guard C(keep_alive_timeout) alone, with
          O(inspector) as many as with a guard.
        - C(idle_limit) is what O(timed_probe) has measured, with the buffer that Node adds.
        - C(keep_alive_timeout), C(keep_alive_timeout_buffer), C(headers_timeout),
          C(request_timeout), C(server_timeout) and C(connections_checking_interval) are in ms,
          C(max_header_size) in bytes, C(max_requests_per_socket) is a count.
      type: dict
      returned: always
      sample:
        keep_alive_timeout:
          value: 5000
          unit: ms
          origin: live
          source: Keep-Alive header of [::]:3000 (whole seconds)
    options:
      description:
        - Options of Node and V8 that bear on memory, requests, crashes or the inspector, from
          C(NODE_OPTIONS) and the command line, in the order in which they count. Nothing else of
          either is returned.
        - Null where workers have different ones. The problems say where there may be others, since
          a title covers the command line.
      type: list
      elements: dict
      returned: always
      sample:
        - {"name": --max-old-space-size, "value": "512", "source": command line}
    heap_limit:
      description: V8's heap limit, from the guard or the inspector.
      type: dict
      returned: always
      sample:
        value: null
        unit: bytes
        origin: unknown
        source: "pid 812: told neither by a guard nor by its inspector"
    heap_used:
      description: How much of it is in use, in a cluster the most of any worker.
      type: dict
      returned: where the guard or the inspector told it
      sample: {"value": 18350080, "unit": bytes, "origin": live, "source": "guard, pid 812"}
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
      description:
        - The soft limit on open files of the process, in a cluster the least of its workers'.
      type: dict
      returned: always
      sample: {"value": 20000, "unit": count, "origin": live, "source": /proc/812/limits}
    open_files_hard:
      description: The hard limit on open files, of the same process.
      type: dict
      returned: always
      sample: {"value": 20000, "unit": count, "origin": live, "source": /proc/812/limits}
    problems:
      description: What could not be read, and why.
      type: list
      elements: dict
      returned: always
      sample: []
pm2:
  description:
    - One entry for each daemon of PM2 that runs, of whichever user, also in a container. It is
      asked over the socket on which it listens already; none is started.
    - No environment and no argument of an application is returned.
  returned: always
  type: list
  elements: dict
  contains:
    pid:
      description: Process id of the daemon.
      type: int
      returned: always
      sample: 640
    started:
      description: Start of the daemon in seconds since the epoch.
      type: float
      returned: always
      sample: 1795280843.11
    user:
      description: The user it runs as.
      type: str
      returned: always
      sample: deploy
    container:
      description: The id or name of the container in which it runs, as seen from this host.
      type: str
      returned: always
      sample: null
    home:
      description: C(PM2_HOME), null where it cannot be told.
      type: str
      returned: always
      sample: /home/deploy/.pm2
    version:
      description: The version of PM2.
      type: list
      elements: int
      returned: always
      sample: [7, 0, 4]
    node_version:
      description: The version of Node.js that the daemon runs on, and with it all of cluster mode.
      type: list
      elements: int
      returned: always
      sample: [24, 21, 0]
    answers:
      description: Whether it answered. If not, the problems say why, and C(apps) is empty.
      type: bool
      returned: always
      sample: true
    unit:
      description: The systemd service that runs the daemon, as in RV(node[].unit).
      type: dict
      returned: always
      sample: null
    supervisor:
      description: Who starts the daemon again, as in RV(node[].supervisor).
      type: dict
      returned: always
      sample: {"kind": none, "name": null, "reason": "in no unit of systemd"}
    saved:
      description: Whether C(pm2 save) knows the very applications that are there now.
      type: dict
      returned: when it answers
      sample: {"value": true, "unit": null, "origin": live, "source": /home/deploy/.pm2/dump.pm2}
    apps:
      description:
        - One entry for each process that PM2 keeps, whether it runs or not.
        - C(settings) holds what PM2 was told, by PM2's own names; what is absent has the default of
          that version.
        - C(instances) counts the processes of the same name. After C(pm2 resurrect), which forgets
          how many were declared, it is what was saved, unknown where there are not as many.
        - C(pid) is null where no process runs, also while C(status) is V(waiting restart).
      type: list
      elements: dict
      returned: always
      sample:
        - name: shop
          id: 0
          pid: 812
          module: false
          mode: cluster
          status: online
          started: 1795280856.92
          exit_code: null
          node_version: [24, 21, 0]
          restarts:
            value: 3
            unit: count
            origin: live
            source: "pm2 pid 640: restart_time"
          unstable_restarts:
            value: 0
            unit: count
            origin: live
            source: "pm2 pid 640: unstable_restarts"
          settings:
            kill_timeout:
              value: 4000
              unit: ms
              origin: live
              source: "pm2 pid 640: kill_timeout"
          node_options:
            - {"name": --max-old-space-size, "value": "512", "source": node_args of PM2}
          instances:
            declared:
              value: 2
              unit: count
              origin: live
              source: "pm2 pid 640: instances"
            running: {"value": 2, "unit": count, "origin": live, "source": "pm2 pid 640"}
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
            "timed_probe": {"type": "bool", "default": False},
            "inspector": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    try:
        reading = read_chain(
            nginx=False,
            addresses=module.params["ports"],
            ask_header=module.params["keep_alive_header"],
            timed_probe=module.params["timed_probe"],
            inspector=module.params["inspector"],
        )
    except ValueError as error:
        module.fail_json(msg="ports: %s. Example: ports: [3000, '10.0.0.2:3000']" % error)
    module.exit_json(changed=False, node=reading["node"], pm2=reading["pm2"])


if __name__ == "__main__":
    main()
