#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_info
short_description: Read what nginx proxies, with which time-outs, from the files it runs with
version_added: 0.1.0
description:
  - Finds every running nginx master and parses the configuration files it was started with,
    where they lie, with nginx's own rules of quoting, inclusion and inheritance. One that
    serves without a master (C(master_process off)) is found as well.
  - Reports upstreams and routes (one for each C(proxy_pass)) with the values that are written,
    each with its file and line. Directives that are not written are absent.
  - C(nginx -T) is not used, since it creates log files and cache directories. The only
    program that is run is the running nginx itself, with C(-V), as the user of its master.
  - Where nginx is installed and does not run, its default configuration is read.
extends_documentation_fragment:
  - no502.node.read_only
options:
  conf:
    description:
      - Only the nginx that uses this main configuration file (absolute path) is read.
      - Where none runs with it, the file is read as if the installed nginx used it.
    type: path
author:
  - The no502.node contributors (@no502)
seealso:
  - module: no502.node.chain_info
  - module: no502.node.node_info
notes:
  - Root with C(CAP_SYS_PTRACE) sees everything. Root without it, and any other user, is told by
    a master's title alone with which options it runs, takes the program on disk for the one that
    runs (if only root could have put it there), and cannot tell where a relative C(-p) starts.
    What stays closed is among RV(nginx[].problems).
  - Nothing that is read is waited for longer than ten seconds. What was not read by then is among
    RV(nginx[].problems).
  - A reading is never larger than 64 KiB, 4 KiB a route and 3 KiB a Node.js process.
"""

EXAMPLES = r"""
- name: Read every nginx of the host
  no502.node.nginx_info:
  register: web

- name: Show the read time-out that each route has of its own
  ansible.builtin.debug:
    msg: >-
      {{ item.1.id }}: {{ settings.proxy_read_timeout.value | default('not written') }}
      {{ settings.proxy_read_timeout.source | default('') }}
  vars:
    settings: "{{ item.0.inherited | combine(item.1.settings) }}"
  loop: "{{ web.nginx | subelements('routes') }}"
  loop_control:
    label: "{{ item.1.id }}"
"""

RETURN = r"""
nginx:
  description: One entry for each running master, or one for the installed nginx where none runs.
  returned: always
  type: list
  elements: dict
  contains:
    running:
      description: Whether a master process runs with this configuration.
      type: bool
      returned: always
      sample: true
    binary:
      description: The program, as the process has it open.
      type: str
      returned: always
      sample: /usr/sbin/nginx
    version:
      description: What the running program says of itself, null where it could not be asked.
      type: list
      elements: int
      returned: always
      sample: [1, 30, 6]
    knows:
      description:
        - Directives that came late or that distributions backport, and whether the very program
          knows them, as found in its file. Null where the file cannot be read.
      type: dict
      returned: always
      sample: {"keepalive_min_timeout": true, "max_headers": true, "sticky": false}
    product:
      description: The name before the version, V(openresty) for OpenResty.
      type: str
      returned: always
      sample: nginx
    conf:
      description: The main configuration file, null where it is not known.
      type: str
      returned: always
      sample: /etc/nginx/nginx.conf
    prefix:
      description: The directory at which other relative paths start.
      type: str
      returned: always
      sample: /usr/share/nginx
    container:
      description: The id of the container in which nginx runs, as seen from this host.
      type: str
      returned: when running
      sample: null
    complete:
      description:
        - Whether every file of the configuration was read. Where it is false, a directive that
          is absent may still be written in what was not read.
      type: bool
      returned: always
      sample: true
    master:
      description: Process id, start (seconds since the epoch) and user id of the master.
      type: dict
      returned: always
      sample: {"pid": 812, "started": 1795280585.42, "uid": 0}
    workers:
      description: The workers of this master.
      type: list
      elements: dict
      returned: always
      sample: [{"pid": 813, "started": 1795280585.43, "shutting_down": false}]
    single:
      description: Whether one process serves by itself. It is then the only one of
        RV(nginx[].workers).
      type: bool
      returned: when running
      sample: false
    disk:
      description:
        - What lies on disk against what the workers have loaded. C(differs) is unknown where only
          such times changed that a change of permissions or an unrelated file moves as well.
        - C(files) are at most five paths, the newest first. C(loaded) says when the workers that
          stay were started, and which managed generation was loaded and proven last.
      type: dict
      returned: when running
      sample:
        differs:
          value: true
          unit: null
          origin: live
          source: written after the workers started
        files: [/etc/nginx/conf.d/shop.conf]
        loaded: {"at": 1795280585.43, "generation": null}
    generation:
      description: The generation of managed files that is linked, null without one.
      type: str
      returned: always
      sample: 5d41402abc4b2a76
    override:
      description: Why and by whom that generation was loaded though the policies refused it, null
        where they did not.
      type: dict
      returned: always
      sample: {"reason": outage 4711, "owner": kim@example.com}
    tree:
      description: Number, common hash and newest of the files.
      type: dict
      returned: always
      sample:
        files: 14
        sha256: 9bb148e7df37f82a21612b6fc2b3acb00c6a341a8b311a75b05a2ea09839a532
        newest: {"path": /etc/nginx/nginx.conf, "mtime": 1795122114.0}
    main:
      description: Directives of the main and events contexts.
      type: dict
      returned: always
      sample:
        worker_connections:
          value: 768
          unit: count
          origin: config
          source: /etc/nginx/nginx.conf:8
    logs:
      description:
        - Where nginx writes its error and access logs. C(where) is null for what is in force
          without being written. C(path) is as written where it names no file.
        - C(formats) has the formats in use, null for one above 1024 characters. C(more) counts
          what is left out, above 32 of a kind.
      type: dict
      returned: always
      sample:
        error:
          - {"path": /var/log/nginx/error.log, "level": error, "where": "/etc/nginx/nginx.conf:5"}
        access:
          - {"path": /var/log/nginx/access.log, "format": main, "where": "/etc/nginx/nginx.conf:9"}
        formats: {"main": "$remote_addr $status $upstream_status"}
        more: 0
    unit:
      description: The systemd service, see RV(no502.node.node_info#module:node[].unit).
      type: dict
      returned: always
      sample: null
    upstreams:
      description: The C(upstream) blocks of http with their peers, resolved on this host.
      type: list
      elements: dict
      returned: always
      sample:
        - name: shop
          where: /etc/nginx/conf.d/shop.conf:1
          managed: null
          settings:
            keepalive_timeout:
              value: 4000
              unit: ms
              origin: config
              source: /etc/nginx/conf.d/shop.conf:4
          balancer:
            name: least_conn
            where: /etc/nginx/conf.d/shop.conf:2
            after_keepalive: false
          peers:
            - name: 10.0.0.2:3000
              addresses: [[10.0.0.2, 3000]]
              where: /etc/nginx/conf.d/shop.conf:3
              down: false
              backup: false
              resolve: false
              settings: {}
    routes:
      description:
        - One entry for each C(proxy_pass) of http, with what is in force there.
        - C(before_host) is there when the default server of the address has other settings than
          the route's own server. It has what that server says of the settings that nginx takes
          before it has read the Host header. What is in neither is nginx's default.
        - The C(values) of a Connection header are what its variables can come to, absent where
          that cannot be told.
        - Where C(pass) has variables, C(candidates) are the upstreams that they can come to and
          C(names) the hosts that nginx then looks up itself. Both are null where that cannot be
          told.
      type: list
      elements: dict
      returned: always
      sample:
        - id: shop.example.com:80/
          where: /etc/nginx/conf.d/shop.conf:10
          managed: null
          server:
            names: [shop.example.com]
            listens:
              - address: 0.0.0.0
                port: 80
                ssl: false
                default_server: true
                where: /etc/nginx/conf.d/shop.conf:7
            where: /etc/nginx/conf.d/shop.conf:6
            managed: null
          location: {"pattern": /, "modifier": "", "where": /etc/nginx/conf.d/shop.conf:9}
          pass:
            scheme: http
            target: shop
            upstream: shop
            variable: false
            addresses: []
          settings:
            proxy_read_timeout:
              value: 61000
              unit: ms
              origin: config
              source: /etc/nginx/conf.d/shop.conf:11
          before_host:
            client_header_timeout:
              value: 10000
              unit: ms
              origin: config
              source: /etc/nginx/conf.d/default.conf:4
          request_headers:
            - name: Connection
              value: $connection_upgrade
              where: /etc/nginx/conf.d/shop.conf:12
              values: [upgrade, ""]
    inherited:
      description:
        - What nearly all routes of a large configuration have in common, said once. It belongs to
          the C(settings) of every route that does not have the setting itself. Empty where the
          reading is small.
      type: dict
      returned: always
      sample: {}
    servers:
      description:
        - Every server of http, also those that proxy nothing. Of a large configuration only those
          that are some address's default server; C(more_servers) then counts the others, and
          C(more_names) of a server its names above 32.
      type: list
      elements: dict
      returned: always
      sample: []
    stream:
      description: The listeners of stream servers.
      type: dict
      returned: always
      sample: {"servers": []}
    problems:
      description: What could not be read, and why.
      type: list
      elements: dict
      returned: always
      sample: [{"subject": /etc/nginx/secret.conf, "reason": Permission denied}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.no502.node.plugins.module_utils.chain_reading import read_chain


def main():
    """Read nginx and return it."""
    module = AnsibleModule(
        argument_spec={"conf": {"type": "path"}},
        supports_check_mode=True,
    )
    reading = read_chain(node=False, conf=module.params["conf"])
    module.exit_json(changed=False, nginx=reading["nginx"])


if __name__ == "__main__":
    main()
