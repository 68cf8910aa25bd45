# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting a host's cells, each in its mode, with an nginx in front of all of them."""
from __future__ import annotations

import json
import shlex
import signal
import subprocess
import time
from pathlib import Path

from cells import PM2, Cell
from host import ROOT, Failed, Host

PACKAGES = "/opt/matrix/node_modules"
TRUTH = "/run/matrix"
GUARD = "/usr/local/lib/matrix/guard.cjs"
READY_SECONDS = 60
# What the guard of a cell is told, in ms; its idle grace and deadlines differ by Node.
FLOORS = {"KEEP_ALIVE": 4000, "HEADERS": 30000, "REQUEST": 45000}


def node_of(cell: Cell) -> str:
    """The path of its Node."""
    return f"{PACKAGES}/node-{cell.node}/bin/node"


def own_node_of(cell: Cell) -> str:
    """The path of the Node of a cell that nobody supervises."""
    return f"/opt/{cell.name}/node"


def start(host: Host, cells: list[Cell]) -> None:
    """Have all cells run, and whatever then happens to some of them over."""
    prepare(host, cells)
    start_units(host, [cell for cell in cells if cell.supervisor == "systemd"])
    start_bare(host, [cell for cell in cells if cell.supervisor == "none"])
    start_pm2(host, [cell for cell in cells if cell.supervisor == "pm2"])
    wait_until_ready(host, cells)
    for fate, befall in FATES.items():
        befall(host, [cell for cell in cells if cell.fate == fate])
    wait_until_ready(host, cells)
    start_nginx(host, cells)


# --- What lies on the host -------------------------------------------------------------------

def prepare(host: Host, cells: list[Cell]) -> None:
    """Copy Nodes, PM2, the guard and the applications; make users."""
    packages = Path(subprocess.run([ROOT / "tools/nodes"], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.strip())
    nodes = [f"node-{node}/bin" for node in sorted({cell.node for cell in cells})]
    managers = {f"pm2-{PM2[cell.node]}" for cell in cells if cell.supervisor == "pm2"}
    host.copy(packages, nodes + sorted(with_dependencies(packages, managers)), PACKAGES)
    host.run("sh", "-c", "cat >/usr/lib/x86_64-linux-gnu/libatomic.so.1", stdin=libatomic())
    guard = (ROOT / "roles/node_service/files/guard.cjs").read_text("utf-8")
    app = (Path(__file__).parent / "app.js").read_text("utf-8")
    files = {GUARD: guard}
    for cell in cells:
        files[f"/srv/{cell.name}/app.js"] = app
        files[f"/srv/{cell.name}/cell.json"] = json.dumps({
            "port": cell.port, "address": cell.address, "how": cell.how, "set": cell.settings,
            "workers": cell.workers if cell.mode == "cluster" else 0,
            "truth": f"{TRUTH}/{cell.name}"})
    host.write(files)
    users = sorted({cell.user for cell in cells if cell.supervisor == "pm2"})
    lines = [f"useradd --create-home {user}" for user in users]
    for cell in cells:
        lines += [f"mkdir -p {TRUTH}/{cell.name}", f"chown {cell.user} {TRUTH}/{cell.name}"]
    host.run("sh", "-euc", "\n".join(lines))


def with_dependencies(packages: Path, names: set[str]) -> set[str]:
    """Those packages, and what they need of the others."""
    found: set[str] = set()
    while names:
        found |= names
        # Some carry packages of their own, which may need others too.
        manifests = [json.loads(path.read_text("utf-8"))
                     for name in names for path in (packages / name).rglob("package.json")]
        needed = {name for manifest in manifests for name in manifest.get("dependencies", {})}
        names = {name for name in needed - found if (packages / name).is_dir()}
    return found


def libatomic() -> bytes:
    """Node 26 is linked with it, and a minimal Debian does not have it."""
    return Path("/usr/lib/x86_64-linux-gnu/libatomic.so.1").read_bytes()


# --- Modes -----------------------------------------------------------------------------------

def start_bare(host: Host, cells: list[Cell]) -> None:
    """As a terminal does: no unit, no supervisor."""
    lines = []
    for cell in cells:
        arguments, variable = cell.options
        environment = [f"SECRET={cell.secret}"]
        if variable:
            environment.append(f"NODE_OPTIONS={' '.join(variable)}")
        command = shlex.join(["env", *environment, "setsid", "prlimit",
                              f"--nofile={cell.open_files}:", own_node_of(cell), *arguments,
                              "app.js", "cell.json"])
        lines += [
            # A name of its own for the same file, which another file may take over.
            f"mkdir -p /opt/{cell.name}",
            f"ln {node_of(cell)} {own_node_of(cell)}",
            f"cd /srv/{cell.name}",
            f"{command} </dev/null >/var/log/{cell.name} 2>&1 &",
        ]
    host.start("\n".join(lines) or ":")


def start_units(host: Host, cells: list[Cell]) -> None:
    """As systemd services, those of the guard on a socket that systemd holds."""
    files = {}
    for cell in cells:
        files[f"/etc/systemd/system/{cell.name}.service"] = service(cell)
        if "drop_in" in cell.unit:
            files[f"/etc/systemd/system/{cell.name}.service.d/a drop-in.conf"] = lines_of(
                "[Service]", cell.unit["drop_in"])
        if cell.mode == "guard":
            address = cell.address or "[::]"
            files[f"/etc/systemd/system/{cell.name}.socket"] = lines_of(
                "[Socket]", [f"ListenStream={address}:{cell.port}"])
    host.write(files)
    host.run("systemctl", "daemon-reload")
    if cells:
        host.run("systemctl", "start", *(f"{cell.name}.socket" for cell in cells
                                         if cell.mode == "guard"),
                 *(f"{cell.name}.service" for cell in cells))


def service(cell: Cell) -> str:
    """The text of its unit."""
    arguments, variable = cell.options
    own = [f"User={cell.user}", f"WorkingDirectory=/srv/{cell.name}",
           f"Environment=SECRET={cell.secret}"]
    if variable:
        own.append(f'Environment="NODE_OPTIONS={" ".join(variable)}"')
    if cell.mode == "guard":
        arguments = ["--require", GUARD, *arguments]
        own += [f"Environment={name}={value}" for name, value in guard_environment(cell).items()]
        own += ["NonBlocking=yes", f"RuntimeDirectory=no502/{cell.name}",
                f"Sockets={cell.name}.socket"]
    own.append(f"ExecStart={' '.join([node_of(cell), *arguments])} app.js cell.json")
    return (lines_of("[Unit]", cell.unit.get("unit", []))
            + lines_of("[Service]", own + cell.unit.get("service", [])))


def lines_of(heading: str, lines: list[str]) -> str:
    """A section of a unit."""
    return "\n".join([heading, *lines, "", ""])


def guard_environment(cell: Cell) -> dict[str, str]:
    """What the guard is told."""
    return {
        **{f"NO502_{name}_MS": str(value) for name, value in FLOORS.items()},
        "NO502_IDLE_GRACE_MS": str(3000 + cell.node),
        "NO502_STREAM_GRACE_MS": str(2500 + cell.node),
        "NO502_DRAIN_MAX_MS": str(20000 + cell.node),
        "NO502_RELEASE": f"r{cell.port}",
        "NO502_LISTEN": str(cell.port),
        "NO502_STATUS_DIR": f"/run/no502/{cell.name}",
    }


def start_pm2(host: Host, cells: list[Cell]) -> None:
    """One daemon for each Node, of a user of its own; some in a unit as `pm2 startup` has it."""
    for node in sorted({cell.node for cell in cells}):
        apps = [cell for cell in cells if cell.node == node]
        user = apps[0].user
        host.write({f"/home/{user}/apps.json": json.dumps({"apps": [pm2_app(c) for c in apps]})})
        if has_unit(node):
            host.write({f"/etc/systemd/system/pm2-{user}.service": pm2_unit(apps[0])})
            host.run("systemctl", "start", f"pm2-{user}")
        else:
            command = shlex.join(pm2(apps[0], "start", f"/home/{user}/apps.json"))
            host.start(f"cd /home/{user}; ulimit -Sn {apps[0].open_files}; "
                       f"{command} </dev/null >/var/log/pm2-{node} 2>&1")
            host.run(*pm2(apps[0], "save"))


def has_unit(node: int) -> bool:
    """Whether the PM2 daemon of that Node runs in a unit of systemd's."""
    return node in (18, 22, 26)


def pm2(cell: Cell, *arguments: str) -> list[str]:
    """The command line of a cell's real pm2 program, as that daemon's user."""
    home = f"/home/{cell.user}"
    return ["runuser", "-u", cell.user, "--", "env", f"HOME={home}", *pm2_environment(cell),
            node_of(cell), f"{PACKAGES}/pm2-{PM2[cell.node]}/bin/pm2", *arguments]


def pm2_environment(cell: Cell) -> list[str]:
    """Which Node and which daemon."""
    return [f"PATH={PACKAGES}/node-{cell.node}/bin:/usr/bin:/bin",
            f"PM2_HOME=/home/{cell.user}/.pm2"]


def pm2_app(cell: Cell) -> dict:
    """Its entry in PM2's file."""
    arguments, variable = cell.options
    mode = {"exec_mode": "cluster", "instances": cell.workers} if cell.workers else {
        "exec_mode": "fork"}
    return {"name": cell.name, "script": f"/srv/{cell.name}/app.js", "args": ["cell.json"],
            "cwd": f"/srv/{cell.name}", "node_args": arguments,
            "env": {"SECRET": cell.secret,
                    **({"NODE_OPTIONS": " ".join(variable)} if variable else {})},
            **mode, **cell.pm2_settings}


def pm2_unit(cell: Cell) -> str:
    """The text of a daemon's unit, as `pm2 startup systemd` has it."""
    home = f"/home/{cell.user}"
    program = f"{node_of(cell)} {PACKAGES}/pm2-{PM2[cell.node]}/bin/pm2"
    return lines_of("[Service]", [
        "Type=forking", f"User={cell.user}", "LimitNOFILE=infinity", "LimitNPROC=infinity",
        *(f"Environment={each}" for each in pm2_environment(cell)),
        f"PIDFile={home}/.pm2/pm2.pid", "Restart=on-failure",
        f"ExecStart={program} start {home}/apps.json", f"ExecStop={program} kill"])


def start_nginx(host: Host, cells: list[Cell]) -> None:
    """One server and one upstream for each cell."""
    host.write({"/etc/nginx/conf.d/matrix.conf": "\n".join(site(cell) for cell in cells)})
    host.run("systemctl", "restart", "nginx")


def site(cell: Cell) -> str:
    """A cell's part of nginx's configuration."""
    turn = cell.port % 7
    return f"""
upstream {cell.name} {{
    server 127.0.0.1:{cell.port} max_fails={turn} fail_timeout={turn + 1}s;
    keepalive {turn + 4};
    keepalive_timeout {turn + 1}s;
}}
server {{
    listen {cell.port + 10000};
    server_name {cell.name}.example.com;
    keepalive_timeout {60 + turn}s;
    proxy_read_timeout {turn + 30};
    location / {{
        proxy_pass http://{cell.name};
        proxy_connect_timeout {turn + 1}s;
        proxy_send_timeout 1m{turn}s;
        proxy_next_upstream_tries {turn};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }}
}}
"""


# --- Until it runs ---------------------------------------------------------------------------

def processes_of(cell: Cell) -> int:
    """How many processes run its code. The one that listens for PM2's workers is PM2's daemon."""
    return cell.workers + (cell.mode == "cluster") if cell.workers else 1


def wait_until_ready(host: Host, cells: list[Cell]) -> None:
    """Wait until every process listens and, where the code does so, has changed its time-outs."""
    deadline = time.monotonic() + READY_SECONDS
    waiting = list(cells)
    while waiting:
        there = alive(host)
        waiting = [cell for cell in waiting
                   if len(there.get(cell.name, ())) != processes_of(cell)]
        if waiting and time.monotonic() > deadline:
            names = ", ".join(f"{cell.name} ({len(there.get(cell.name, ()))} of "
                              f"{processes_of(cell)} processes)" for cell in waiting)
            raise Failed(f"{host.name}: not ready within {READY_SECONDS} s: {names}")
        time.sleep(0.2)


def alive(host: Host) -> dict[str, list[int]]:
    """Cell -> pids of its processes that are ready and still there."""
    listed = host.run("sh", "-c", f"cd {TRUTH}; for f in */*.json; do p=${{f#*/}}; "
                                  "kill -0 ${p%.json} 2>/dev/null && echo $f; done; :")
    found: dict[str, list[int]] = {}
    for line in listed.split():
        name, _slash, file = line.partition("/")
        if file != "*.json":
            found.setdefault(name, []).append(int(file.removesuffix(".json")))
    return found


# --- What happens to some of them ------------------------------------------------------------

def kill(host: Host, cells: list[Cell]) -> None:
    """Kill one process of each; its supervisor starts another."""
    there = alive(host)
    pids = [str(max(there[cell.name])) for cell in cells]
    if pids:
        host.run("kill", f"-{int(signal.SIGKILL)}", *pids)


def edit(host: Host, cells: list[Cell]) -> None:
    """Change the file of each unit, and do not tell systemd."""
    for cell in cells:
        host.run("sh", "-c", f"echo '# edited' >>/etc/systemd/system/{cell.name}.service")


def replace_binary(host: Host, cells: list[Cell]) -> None:
    """Put another file in the place of each Node, as an upgrade does."""
    for cell in cells:
        host.run("ln", "--force", "/bin/true", own_node_of(cell))


def remove_directory(host: Host, cells: list[Cell]) -> None:
    """Have each directory made anew, as some deployments do."""
    for cell in cells:
        host.run("sh", "-euc", f"cp -r /srv/{cell.name} /srv/new; rm -r /srv/{cell.name}; "
                               f"mv /srv/new /srv/{cell.name}")


FATES = {"killed": kill, "edited": edit, "binary replaced": replace_binary,
         "directory removed": remove_directory}
