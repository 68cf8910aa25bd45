# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs and nginx of the cases: started, and asked who answers."""
from __future__ import annotations

import shlex

from cases import BY_MAP, CASES, PROGRAMS, Program

# A peer that says nothing is left alone soon; each is asked in turn, by one worker.
NGINX = """
user www-data;
worker_processes 1;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;
events {}
http {
    access_log off;
    proxy_connect_timeout 2s;
    proxy_read_timeout 300ms;
    map $arg_to $chosen { default %(first)s; other %(other)s; }
%(upstreams)s
    server {
        listen 80;
        add_header X-Addresses $upstream_addr always;
        add_header X-Statuses $upstream_status always;
        location = /by-map { proxy_pass http://$chosen; }
        location = /literal { proxy_pass http://%(literal)s; }
%(locations)s
    }
}
stream {
    upstream in_stream { server app2:3030; }
    server { listen 8030; proxy_pass in_stream; }
}
"""
LITERAL = "127.0.0.1:3001"
ASK = r"%{url}\t%header{x-who}\t%header{x-addresses}\t%header{x-statuses}\n"


def start(hosts, addresses: dict[str, str]) -> None:
    """Start every program, wait until it listens, and have nginx know all upstreams."""
    for name, host in hosts.items():
        own = [program for program in PROGRAMS if program.host == name]
        lines = ["mkdir -p /srv/relative /srv/releases/7", "ln -sfn releases/7 /srv/current"]
        lines += [located(shlex.join(_unit(program)), addresses) for program in own]
        ready = " && ".join(f"[ -e /tmp/{program.name}.ready ]" for program in own
                            if not program.activated)
        lines.append(f"timeout 30 sh -c 'until {ready}; do sleep 0.05; done'")
        host.check_output("\n".join(["set -e", *lines]))
    lb1 = hosts["lb1"]
    lb1.check_output("chmod 777 /run/absolute.sock /srv/relative/*.sock /srv/releases/7/*.sock")
    lb1.check_output("printf %s %s >/etc/nginx/nginx.conf && nginx -t -q && nginx -s reload",
                     "%s", configuration())


def configuration() -> str:
    """The text of nginx.conf."""
    upstreams = [f"    upstream {case.name} {{ "
                 + " ".join(f"server {server};" for server in case.servers) + " }"
                 for case in CASES]
    locations = [f"        location = /{case.name} {{ proxy_pass http://{case.name}; }}"
                 for case in CASES]
    return NGINX % {"first": BY_MAP[0], "other": BY_MAP[1], "literal": LITERAL,
                    "upstreams": "\n".join(upstreams), "locations": "\n".join(locations)}


def located(text: str, addresses: dict[str, str]) -> str:
    """The text with the address of a host for each {HOST}."""
    for name, address in addresses.items():
        text = text.replace("{%s}" % name, address)
    return text


def answers(lb1, paths: dict[str, int]) -> dict[str, dict[str, set[str]]]:
    """Ask nginx for each path so many times: path -> address of a peer -> who answered there.

    That is "HOST PID", or nginx's status for the peer where it was not 200.
    """
    urls = [f"http://127.0.0.1{path}" for path, times in paths.items() for _time in range(times)]
    asking = " ".join(f"--output /dev/null --url {shlex.quote(url)}" for url in urls)
    found: dict[str, dict[str, set[str]]] = {path: {} for path in paths}
    for line in lb1.check_output("curl -sS -w %s " + asking, ASK).splitlines():
        url, who, tried, statuses = line.split("\t")
        of_path = found[url.removeprefix("http://127.0.0.1")]
        for address, status in zip(tried.split(", "), statuses.split(", ")):
            of_path.setdefault(address, set()).add(who if status == "200" else status)
    return found


def _unit(program: Program) -> list[str]:
    """The command that starts a program as a service."""
    socket = [f"--socket-property=ListenStream={program.activated}"] if program.activated else []
    return ["systemd-run", "--quiet", f"--unit=case-{program.name}", f"--uid={program.user}",
            f"--working-directory={program.directory}", *socket, *program.command]
