# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true of each cell, asked of the process, systemd, nginx, PM2 and the kernel's own tools.

Nothing here uses the collection's readers. A truth is a value under the name that the reading has
for it ("settings.keep_alive_timeout"), in the reading's units: ms, bytes, seconds since 1970.
"""
from __future__ import annotations

import json
import re

from cells import Cell
from host import Host
from in_force import milliseconds, value
from start import FLOORS, TRUTH, guard_environment, has_unit, node_of, pm2

# "No limit" in a reading, and D-Bus's largest number, which is systemd's `infinity`.
UNLIMITED = 2**53 - 1
INFINITY = 2**64 - 1
# The longest idle time-out that is waited for.
IDLE_SECONDS = 9

SETTINGS = {
    "settings.keep_alive_timeout": "keepAliveTimeout",
    "settings.keep_alive_timeout_buffer": "keepAliveTimeoutBuffer",
    "settings.headers_timeout": "headersTimeout",
    "settings.request_timeout": "requestTimeout",
    "settings.server_timeout": "timeout",
    "settings.max_header_size": "maxHeaderSize",
}
# Name in the reading: D-Bus property, and how much of its unit is one of the reading's.
UNIT = {
    "unit.name": ("Id", None),
    "unit.active_state": ("ActiveState", None),
    "unit.sub_state": ("SubState", None),
    "unit.restart": ("Restart", None),
    "unit.kill_mode": ("KillMode", None),
    "unit.result": ("Result", None),
    "unit.fragment": ("FragmentPath", None),
    "unit.drop_ins": ("DropInPaths", None),
    "unit.need_daemon_reload": ("NeedDaemonReload", None),
    "unit.n_restarts": ("NRestarts", 1),
    "unit.timeout_stop": ("TimeoutStopUSec", 1000),
    "unit.start_limit_interval": ("StartLimitIntervalUSec", 1000),
    "unit.start_limit_burst": ("StartLimitBurst", 1),
    "unit.memory_max": ("MemoryMax", 1),
    "unit.limit_nofile": ("LimitNOFILESoft", 1),
}


def nginx_time(text: str) -> int:
    """A time of nginx's in ms; a number alone is seconds."""
    return milliseconds(text + "s" if text.isdigit() else text)


UPSTREAM = {"keepalive": int, "keepalive_timeout": nginx_time}
PEER = {"max_fails": int, "fail_timeout": nginx_time}
ROUTE = {"proxy_read_timeout": nginx_time, "proxy_connect_timeout": nginx_time,
         "proxy_send_timeout": nginx_time, "proxy_next_upstream_tries": int,
         "keepalive_timeout": nginx_time}


def truths(host: Host, cells: list[Cell]) -> dict[str, dict]:
    """Cell's name -> name in the reading -> what is true."""
    told = host.python("ask.py", TRUTH)
    daemons = {node: daemon(host, [cell for cell in cells if cell.node == node
                                   and cell.supervisor == "pm2"])
               for node in {cell.node for cell in cells if cell.supervisor == "pm2"}}
    conf = host.run("nginx", "-T")
    memory = int(host.run("free", "--bytes").split("Mem:")[1].split()[0])
    found = {}
    for cell in cells:
        truth = of_processes(cell, told[cell.name])
        truth["open_files"] = open_files(host, cell, truth["pid"])
        truth.update(of_unit(host, unit_of(cell)))
        truth["memory_limit"] = min(truth.get("unit.memory_max", UNLIMITED), memory)
        if cell.mode == "guard":
            truth.update(of_guard(cell))
        if cell.supervisor == "pm2":
            truth.update(of_pm2(cell, daemons[cell.node]))
        truth.update(of_nginx(cell, conf))
        found[cell.name] = truth
    return found


# --- The processes themselves ----------------------------------------------------------------

def of_processes(cell: Cell, told: list[dict]) -> dict:
    """What the application's processes say, joined: the one that listens, and its workers."""
    servers = [each["server"] for each in told if each["server"]]
    assert all(server == servers[0] for server in servers), f"{cell.full_name}: {servers}"
    primary = next((each for each in told if not each["server"]), told[0])
    truth = {
        "pid": primary["pid"],
        "version": [int(part) for part in primary["version"].lstrip("v").split(".")],
        "binary": primary["program"],
        "user": primary["user"],
        "container": None,
        "workers": sorted(primary["workers"]),
        "listens": [[servers[0]["address"]["address"], servers[0]["address"]["port"]]],
        "heap_limit": primary["heap_limit"],
        **{name: servers[0].get(theirs) for name, theirs in SETTINGS.items()},
    }
    if cell.mode == "pm2-cluster":
        # The daemon listens; of itself it says nothing.
        truth.update(pid=primary["parent"], workers=sorted(each["pid"] for each in told))
    else:
        truth["started"] = primary["started"]
    return truth


def idle_times(host: Host, cells: list[Cell]) -> dict[str, int | None]:
    """How long an idle connection really stays open, in ms; None for longer than is waited for."""
    addresses = {cell.name: ["127.0.0.1", cell.port] for cell in cells}
    return host.python("time_idle.py", str(IDLE_SECONDS), json.dumps(addresses))


def open_files(host: Host, cell: Cell, pid: int) -> int:
    """The soft limit, from prlimit: as the process's user, which needs no capability."""
    return int(host.run("runuser", "-u", cell.user, "--", "prlimit", "--pid", str(pid), "--nofile",
                        "--raw", "--noheadings", "--output", "SOFT"))


def of_guard(cell: Cell) -> dict:
    """What the guard was told; its floors show in what the process says of its time-outs."""
    told = guard_environment(cell)
    return {
        "guard.draining": False,
        "guard.release": told["NO502_RELEASE"],
        "guard.idle_grace": int(told["NO502_IDLE_GRACE_MS"]),
        "guard.stream_grace": int(told["NO502_STREAM_GRACE_MS"]),
        "guard.max": int(told["NO502_DRAIN_MAX_MS"]),
    }


# --- systemd ---------------------------------------------------------------------------------

def unit_of(cell: Cell) -> str | None:
    """The service that its processes belong to."""
    if cell.supervisor == "systemd":
        return f"{cell.name}.service"
    return f"pm2-{cell.user}.service" if cell.supervisor == "pm2" and has_unit(cell.node) else None


def of_unit(host: Host, name: str | None) -> dict:
    """What systemd says over D-Bus: numbers, where `systemctl show` prints texts."""
    if name is None:
        return {"unit": None}
    path = "/org/freedesktop/systemd1/unit/" + re.sub(
        r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):02x}", name)
    said = json.loads(host.run(
        "busctl", "--json=short", "call", "org.freedesktop.systemd1", path,
        "org.freedesktop.DBus.Properties", "GetAll", "s", ""))["data"][0]
    return {field: in_units(said[theirs]["data"], scale)
            for field, (theirs, scale) in UNIT.items()}


def in_units(said, scale: int | None):
    """A property as the reading has it: a number in its unit, or the word itself."""
    if scale is None:
        return said
    return UNLIMITED if said == INFINITY else said / scale


# --- PM2 -------------------------------------------------------------------------------------

def daemon(host: Host, cells: list[Cell]) -> list[dict]:
    """What the real pm2 prints of its apps: `pm2 jlist`."""
    printed = host.run(*pm2(cells[0], "jlist"))
    return json.loads(printed[printed.index("["):])


def of_pm2(cell: Cell, apps: list[dict]) -> dict:
    """What PM2 says of the cell."""
    return {}


# --- nginx -----------------------------------------------------------------------------------

def of_nginx(cell: Cell, conf: str) -> dict:
    """What the text of `nginx -T` says of the cell's upstream and route."""
    upstream = block(conf, f"upstream {cell.name}")
    server = re.search(r"^    server (\S+) (.*);$", upstream, re.M)
    words = dict(word.split("=") for word in server[2].split())
    (site,) = [text for text in re.split(r"^(?=server \{)", conf, flags=re.M)
               if f"server_name {cell.name}.example.com;" in text]
    site = block(site, "server")
    return {
        "upstream.peer": server[1],
        **{f"upstream.{name}": convert(value(upstream, name))
           for name, convert in UPSTREAM.items()},
        **{f"upstream.peer.{name}": convert(words[name]) for name, convert in PEER.items()},
        "route.upstream": value(site, "proxy_pass").removeprefix("http://"),
        "route.port": int(value(site, "listen")),
        **{f"route.{name}": convert(value(site, name)) for name, convert in ROUTE.items()},
    }


def block(text: str, head: str) -> str:
    """The text of a block that begins at the left margin."""
    return re.search(rf"^{re.escape(head)} \{{\n(.*?)^\}}", text, re.M | re.S)[1]


def versions(host: Host) -> str:
    """What a host has, in a line."""
    systemd = host.run("systemctl", "--version").split()[1]
    nginx = host.run("sh", "-c", "nginx -v 2>&1").strip().rpartition("/")[2]
    return f"{host.suite}: nginx {nginx}, systemd {systemd}"
