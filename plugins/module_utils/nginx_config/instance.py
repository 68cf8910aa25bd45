# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nginx of this host: which one it is, its workers, and how it is told to reload."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import List, NamedTuple, Optional

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.nginx import process as nginx_process
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused


class Nginx(NamedTuple):
    """``pid`` is that of the running master, or None; ``version`` a list of numbers."""

    pid: Optional[int]
    binary: str
    version: Optional[list]
    conf: str
    prefix: str
    options: str


class Worker(NamedTuple):
    pid: int
    shutting_down: bool


def find(conf: Optional[str]) -> Optional[Nginx]:
    """The nginx that runs with ``conf`` (or the only one), else the one that is installed."""
    running = [each for each in nginx_process.running_nginx() if each["conf"]]
    matching = [each for each in running if conf in (None, each["conf"])]
    if len(matching) > 1 and conf is None:
        raise Refused("Several nginx run here: name the one that is meant, conf: %s."
                      % " or ".join(sorted({each["conf"] for each in matching})))
    found = matching[0] if matching else nginx_process.installed_nginx()
    if found is None:
        return None
    return Nginx(found.get("pid") if matching else None, _program(found), found["version"],
                 conf or found["conf"], found["prefix"], found["globals"])


def workers(master: int) -> List[Worker]:
    """The worker processes of a master, those that are shutting down too."""
    found = processes.all_processes().values()
    return [Worker(each.pid, b"shutting down" in each.cmdline) for each in found
            if each.parent == master and b"worker process" in each.cmdline]


def reload(master: int) -> None:
    os.kill(master, signal.SIGHUP)


def wait_for(question, seconds: float, pause: float = 0.05):
    """What ``question`` returns as soon as that is true, else what it returned last."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() >= end:
            return answer
        time.sleep(pause)


def start(unit: str) -> None:
    """Start nginx's unit; refuses where there is none, with the journal's words if it fails."""
    if not os.path.isdir("/run/systemd/system"):
        raise Refused("nginx does not run, and this host has no systemd to start it with. Start "
                      "nginx first.")
    code, said = _run("systemctl", "start", unit)
    if code != 0:
        _code, lines = _run("journalctl", "-u", unit, "-n", "10", "--no-pager", "-o", "cat")
        raise Refused("nginx did not start (systemctl start %s):\n%s" % (unit, lines or said))


def _run(*command: str):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()


def _program(found: dict) -> str:
    """The program on disk: a master that runs an older one has ``(deleted)`` in its name."""
    path = found["binary"]
    if path.endswith(" (deleted)"):
        path = path[:-len(" (deleted)")]
    return path
