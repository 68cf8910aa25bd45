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
from datetime import datetime
from signal import Signals

from cells import Cell
from host import Host
from in_force import milliseconds, value
from start import TRUTH, guard_environment, has_unit, pm2

# "No limit" in a reading, and D-Bus's largest number, which is systemd's `infinity`.
UNLIMITED = 2**53 - 1
INFINITY = 2**64 - 1
# The longest idle time-out that is waited for.
IDLE_SECONDS = 75

SETTINGS = {
    "settings.keep_alive_timeout": "keepAliveTimeout",
    "settings.keep_alive_timeout_buffer": "keepAliveTimeoutBuffer",
    "settings.headers_timeout": "headersTimeout",
    "settings.request_timeout": "requestTimeout",
    "settings.server_timeout": "timeout",
    "settings.max_header_size": "maxHeaderSize",
    "settings.max_requests_per_socket": "maxRequestsPerSocket",
    "settings.connections_checking_interval": "connectionsCheckingInterval",
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
    "unit.type": ("Type", None),
    "unit.enabled": ("UnitFileState", None),
    "unit.oom_policy": ("OOMPolicy", None),
    "unit.main_pid": ("MainPID", None),
    "unit.n_restarts": ("NRestarts", 1),
    "unit.restart_sec": ("RestartUSec", 1000),
    "unit.watchdog": ("WatchdogUSec", 1000),
    "unit.tasks_max": ("TasksMax", 1),
    "unit.timeout_stop": ("TimeoutStopUSec", 1000),
    "unit.start_limit_interval": ("StartLimitIntervalUSec", 1000),
    "unit.start_limit_burst": ("StartLimitBurst", 1),
    "unit.memory_max": ("MemoryMax", 1),
    "unit.limit_nofile": ("LimitNOFILESoft", 1),
}


def nginx_time(text: str) -> int:
    """A time of nginx's in ms; a number alone is seconds."""
    return milliseconds(text + "s" if text.isdigit() else text)


# Settings of an app that PM2 keeps: those that were given, and some of its own defaults.
PM2_SETTINGS = ("kill_timeout", "listen_timeout", "min_uptime", "restart_delay", "max_restarts",
                "max_memory_restart", "autorestart", "wait_ready", "watch", "treekill")
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
        limits = [open_files(host, cell, pid) for pid in truth["workers"] or [truth["pid"]]]
        truth["open_files"], truth["open_files_hard"] = min(limits)
        truth.update(of_unit(host, unit_of(cell), open_files(host, cell, truth["pid"])[1]))
        truth["started"] = started(host, truth["pid"])
        truth.update(of_supervisor(cell))
        truth["memory_limit"] = min(truth.get("unit.memory_max", UNLIMITED), memory)
        if cell.mode == "guard":
            truth.update(of_guard(cell))
        if cell.supervisor == "pm2":
            truth.update(of_pm2(cell, *daemons[cell.node]))
        truth.update(of_nginx(cell, conf))
        truth["secret"] = "not shown"
        found[cell.name] = truth
    return found


# --- The processes themselves ----------------------------------------------------------------

def of_processes(cell: Cell, told: list[dict]) -> dict:
    """What the application's processes say, joined: the one that listens, and its workers."""
    servers_of = [each for each in told if each["server"]]
    servers = [each["server"] for each in servers_of]
    assert all(server == servers[0] for server in servers), f"{cell.full_name}: {servers}"
    primary = next((each for each in told if not each["server"]), told[0])
    truth = {
        "pid": primary["pid"],
        "version": numbers(primary["version"]),
        "binary": primary["program"],
        "user": primary["user"],
        "container": None,
        "binary_deleted": cell.fate == "binary replaced",
        "directory": {"path": servers_of[0]["directory"],
                      "deleted": cell.fate == "directory removed"},
        "mode": "cluster" if cell.workers else "single",
        "workers": sorted(primary["workers"]),
        "options": options(cell, servers_of[0]["options"]),
        "listens": [[servers[0]["address"]["address"], servers[0]["address"]["port"]]],
        "heap_limit": primary["heap_limit"],
        **{name: servers[0].get(theirs) for name, theirs in SETTINGS.items()},
    }
    if cell.in_pm2_cluster:
        # The daemon listens; of itself it says nothing.
        truth.update(pid=primary["parent"], workers=sorted(each["pid"] for each in told))
    return truth


def started(host: Host, pid: int) -> float:
    """When a process was started, in whole seconds since 1970: ps."""
    text = host.run("env", "TZ=UTC", "ps", "-o", "lstart=", "-p", str(pid)).strip()
    return datetime.strptime(f"{text} +0000", "%a %b %d %H:%M:%S %Y %z").timestamp()


def options(cell: Cell, arguments: list[str]) -> list[list[str]]:
    """Which options are in force, of those that matter: of NODE_OPTIONS first."""
    # In cluster mode PM2 sets variables when the worker runs already: too late for this one.
    variable = [] if cell.in_pm2_cluster else cell.options[1]
    return [[*option.split("="), source]
            for source, given in (("NODE_OPTIONS", variable), ("command line", arguments))
            for option in given if option.startswith("--max-")]


def idle_times(host: Host, cells: list[Cell]) -> dict:
    """How long an idle connection really stays open: see on_host/time_idle.py."""
    addresses = {cell.name: ["127.0.0.1", cell.port] for cell in cells}
    return host.python("time_idle.py", str(IDLE_SECONDS), json.dumps(addresses))


def open_files(host: Host, cell: Cell, pid: int) -> list[int]:
    """Soft and hard limit, from prlimit: as the process's user, which needs no capability."""
    limits = host.run("runuser", "-u", cell.user, "--", "prlimit", "--pid", str(pid), "--nofile",
                      "--raw", "--noheadings", "--output", "SOFT,HARD")
    return [int(limit) for limit in limits.split()]


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


def of_unit(host: Host, name: str | None, has_open_files: int) -> dict:
    """What systemd says over D-Bus: numbers, where `systemctl show` prints texts.

    `has_open_files` is the hard limit of the unit's process.
    """
    if name is None:
        return {"unit": None}
    path = "/org/freedesktop/systemd1/unit/" + re.sub(
        r"[^A-Za-z0-9]", lambda found: f"_{ord(found[0]):02x}", name)
    said = json.loads(host.run(
        "busctl", "--json=short", "call", "org.freedesktop.systemd1", path,
        "org.freedesktop.DBus.Properties", "GetAll", "s", ""))["data"][0]
    truth = {field: in_units(said[theirs]["data"], scale)
             for field, (theirs, scale) in UNIT.items()}
    codes, signals = said["SuccessExitStatus"]["data"]
    most = int(host.run("cat", "/proc/sys/fs/nr_open"))
    truth.update({
        "unit.kill_signal": Signals(said["KillSignal"]["data"]).name,
        "unit.success_exit_status": [*map(str, codes), *(Signals(each).name for each in signals)],
        "unit.limits_match": has_open_files == min(said["LimitNOFILE"]["data"], most),
        "unit.oom_kills": oom_kills(host, said["ControlGroup"]["data"]),
    })
    return truth


def oom_kills(host: Host, group: str) -> int:
    """How often the kernel killed in a cgroup for want of memory, with version 1 or 2."""
    said = host.run("sh", "-c", f"cat /sys/fs/cgroup/memory*{group}/memory.oom_control "
                                f"/sys/fs/cgroup{group}/memory.events 2>/dev/null; :")
    return int(re.search(r"^oom_kill (\d+)$", said, re.M)[1])


def of_supervisor(cell: Cell) -> dict:
    """Who starts it again when it ends."""
    names = {"none": None, "systemd": f"{cell.name}.service", "pm2": cell.name}
    return {"supervisor.kind": cell.supervisor, "supervisor.name": names[cell.supervisor]}


def in_units(said, scale: int | None):
    """A property as the reading has it: a number in its unit, or the word itself."""
    if scale is None:
        return said
    return UNLIMITED if said == INFINITY else said // scale


# --- PM2 -------------------------------------------------------------------------------------

def daemon(host: Host, cells: list[Cell]) -> tuple[list[dict], str]:
    """What the real pm2 prints of its apps (`pm2 jlist`), and its version."""
    version = host.run(*pm2(cells[0], "--version")).split()[-1]
    return json.loads(host.run(*pm2(cells[0], "jlist", "--silent"))), version


def of_pm2(cell: Cell, apps: list[dict], version: str) -> dict:
    """What PM2 says of the cell and of itself."""
    own = [app for app in apps if app["name"] == cell.name]
    kept = own[0]["pm2_env"]
    return {
        "pm2.user": cell.user,
        "pm2.home": f"/home/{cell.user}/.pm2",
        "pm2.version": numbers(version),
        "pm2.node_version": numbers(kept["node_version"]),
        "pm2.answers": True,
        "pm2.saved": not has_unit(cell.node),
        "app.pids": sorted(app["pid"] for app in own),
        "app.mode": kept["exec_mode"].removesuffix("_mode"),
        "app.node_options": [[*option.split("="), "node_args of PM2"]
                             for option in kept["node_args"]],
        "app.status": [app["pm2_env"]["status"] for app in own],
        "app.restarts": [app["pm2_env"]["restart_time"] for app in own],
        "app.unstable_restarts": [app["pm2_env"]["unstable_restarts"] for app in own],
        "app.instances.declared": max(kept["instances"], 1),
        "app.instances.running": sum(app["pm2_env"]["status"] == "online" for app in own),
        **{f"app.settings.{name}": kept.get(name) for name in PM2_SETTINGS},
    }


def numbers(version: str) -> list[int]:
    """v24.21.0 is [24, 21, 0]."""
    return [int(part) for part in version.lstrip("v").split(".")]


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
