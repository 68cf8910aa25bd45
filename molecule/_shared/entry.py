# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to run a command in one of the tests' hosts.

``podman exec`` takes a fifth of a second of processor time for each command. Entering the
namespaces of the container's init process takes some milliseconds, and leaves root with all of its
capabilities, as on a real host. This machine's root is needed, as it is for podman's hosts.
"""
from __future__ import annotations

import os
import subprocess
from pathlib import Path

STATE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "no502/hosts/pids"
ENVIRONMENT = ("HOME=/root", "USER=root", "LOGNAME=root", "LANG=C.UTF-8",
               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")


class NotRunning(Exception):
    """There is no such container, or it does not run."""


def entry(container: str) -> list[str]:
    """The beginning of a command line; what follows runs in the container.

    Raises NotRunning.
    """
    return ["nsenter", "--target", str(init_pid(container)), "--all",
            "env", "--ignore-environment", *ENVIRONMENT]


def init_pid(container: str) -> int:
    """The process id of the container's init, as this machine counts."""
    remembered = STATE / container
    try:
        pid, identity = remembered.read_text(encoding="utf-8").split()
        if is_of(int(pid), identity):
            return int(pid)
    except (OSError, ValueError):
        pass
    pid, identity = inspect(container)
    remembered.parent.mkdir(parents=True, exist_ok=True)
    # Renamed into place: several connections may write it at once.
    temporary = remembered.with_suffix(f".{os.getpid()}")
    temporary.write_text(f"{pid} {identity}\n", encoding="utf-8")
    temporary.rename(remembered)
    return pid


def inspect(container: str) -> tuple[int, str]:
    """Ask podman for the process id and the container's identity."""
    done = subprocess.run(
        ["podman", "container", "inspect", "--format", "{{.State.Pid}} {{.Id}}", container],
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotRunning(done.stderr.strip() or f"no container {container}")
    pid, identity = done.stdout.split()
    if not is_of(int(pid), identity):
        raise NotRunning(f"container {container} does not run")
    return int(pid), identity


def is_of(pid: int, identity: str) -> bool:
    """Whether that process is in that container, and not another's with a number used again."""
    try:
        return pid > 0 and identity in Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8")
    except OSError:
        return False
