# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-outs in force, in milliseconds, asked without any reader of the collection."""
from __future__ import annotations

import json
import re

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}


def milliseconds(text: str) -> int:
    """``1m5s`` and ``1min 5s`` are 65000."""
    parts = re.findall(r"(\d+)(ms|s|min|m|h)", text)
    assert parts and not re.sub(r"\d+(ms|s|min|m|h)|\s", "", text), f"no time: {text!r}"
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def nginx(host, app: str) -> dict[str, int]:
    """What nginx is told of an app, by the names of the plan: from the text of ``nginx -T``."""
    files = nginx_files(host)
    upstream, *servers = re.split(r"^server {", files[f"http/app-{app}.conf"], flags=re.M)
    location = files[f"snippets/{app}.conf"]
    found = {
        "pool_idle": milliseconds(value(upstream, "keepalive_timeout")),
        "pool_size": int(value(upstream, "keepalive")),
        "max_fails": int(only(re.findall(r"max_fails=(\d+)", upstream))),
        "fail_timeout": milliseconds(only(re.findall(r"fail_timeout=(\w+)", upstream))),
        "client_keepalive_timeout": milliseconds(only(
            [value(server, "keepalive_timeout") for server in servers])),
        "read_timeout": milliseconds(value(location, "proxy_read_timeout")),
        "send_timeout": milliseconds(value(location, "proxy_send_timeout")),
        "connect_timeout": milliseconds(value(location, "proxy_connect_timeout")),
        "next_upstream_tries": int(value(location, "proxy_next_upstream_tries")),
        "next_upstream_timeout": milliseconds(value(location, "proxy_next_upstream_timeout")),
        "worker_shutdown_timeout": milliseconds(
            value(files["main.conf"], "worker_shutdown_timeout")),
    }
    if "client_header_timeout" in servers[0]:
        found["client_header_timeout"] = milliseconds(only(
            [value(server, "client_header_timeout") for server in servers]))
    return found


def nginx_files(host) -> dict[str, str]:
    """The live generation's files as ``nginx -T`` prints them, by their names in it."""
    parts = re.split(r"^# configuration file (\S+):$", host.check_output("nginx -T"), flags=re.M)
    live = "/etc/nginx/no502/"
    return {name.removeprefix(live): text for name, text in zip(parts[1::2], parts[2::2])
            if name.startswith(live)}


def value(text: str, directive: str) -> str:
    """The value of a directive that is written once, or alike wherever it is."""
    return only(re.findall(rf"^\s*{directive} ([^;]*);", text, re.M))


def only(values: list) -> str:
    """The one value that all of them are."""
    assert len(set(values)) == 1, f"not one value: {values}"
    return values[0]


def node(host, pid: int, address: str, port: int) -> dict[str, int]:
    """What a Node process says of itself, by the names of the plan.

    From the status that its guard writes, and from its Keep-Alive header, which is the truth of
    what it does and is rounded down to seconds: both have to agree.
    """
    status = json.loads(host.check_output(f"cat /run/no502/*/{pid}.json"))
    (server,) = status["servers"]
    effective = server["effective"]
    header = host.check_output(f"curl -sSi http://{address}:{port}/")
    said = int(re.search(r"^keep-alive: timeout=(\d+)", header, re.M | re.I)[1])
    assert said == effective["keepAliveTimeout"] // 1000
    return {
        "keep_alive_timeout": effective["keepAliveTimeout"],
        "headers_timeout": effective["headersTimeout"],
        "request_timeout": effective["requestTimeout"],
        "idle_grace": status["drain"]["idle_grace_ms"],
        "max": status["drain"]["max_ms"],
        "stream_grace": status["drain"]["stream_grace_ms"],
    }


def unit(host, pid: int) -> dict[str, str]:
    """The properties of the systemd service that a process belongs to, as ``show`` prints them."""
    name = host.check_output(f"ps -o unit= -p {pid}").strip()
    shown = host.check_output("systemctl show %s", name)
    return dict(line.partition("=")[::2] for line in shown.splitlines())
