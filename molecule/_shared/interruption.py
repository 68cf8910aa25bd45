# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that are killed half-way: Ansible here, and its module on the host, without a warning.

Nothing in the product helps with it: a module is killed by a program on its host that waits for
the kernel to tell of a change in a directory. It runs before anything else, and knows its prey
already: a fraction of a millisecond passes.
"""
from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

from entry import entry
from playbook import command, environment

# Runs on the host: PROGRAM DIRECTORY NAME. A module is a Python without arguments, since Ansible
# pipes it in.
KILLER = r"""
import ctypes, os, select, signal, struct, sys

MOVED_TO, CREATE, DELETE = 0x80, 0x100, 0x200
directory, awaited = sys.argv[1:]
libc = ctypes.CDLL(None, use_errno=True)
watch = libc.inotify_init()
if libc.inotify_add_watch(watch, directory.encode(), MOVED_TO | CREATE | DELETE) < 0:
    sys.exit("%s: %s" % (directory, os.strerror(ctypes.get_errno())))

def changed():
    events = os.read(watch, 65536)
    while events:
        length = struct.unpack_from("iIII", events)[3]
        yield events[16:16 + length].rstrip(b"\0").decode()
        events = events[16 + length:]

def modules():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                arguments = file.read().split(b"\0")[:-1]
        except OSError:
            continue
        if len(arguments) == 1 and os.path.basename(arguments[0]).startswith(b"python3"):
            yield int(pid)

def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            yield pid
        except ProcessLookupError:
            pass

try:
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
except PermissionError:
    os.setpriority(os.PRIO_PROCESS, 0, -20)
print("ready", flush=True)
known = set()
while True:
    if not select.select([watch], [], [], 0.02)[0]:
        known = set(modules())
    elif awaited in changed():
        break
killed = set(kill(known)) | set(kill(set(modules())))
print("killed", len(killed), flush=True)
"""


def kill_at_task(task: str, playbook: str, **variables) -> None:
    """Run a playbook, and kill it as soon as a task of that name begins, in a role or not."""
    with started(playbook, variables, subprocess.PIPE) as run:
        seen = []
        for line in run.stdout:
            seen.append(line)
            if re.match(rf"TASK \[(.* : )?{re.escape(task)}\]", line):
                kill(run)
                return
    raise AssertionError(f"the run ended before {task!r}:\n{''.join(seen)}")


def kill_at_change(host, path: str, playbook: str, **variables) -> None:
    """Run a playbook, and kill it with its module on `host` when `path` comes or goes there."""
    argv = [*entry(host.backend.container), "python3", "-c", KILLER, *os.path.split(path)]
    with (tempfile.TemporaryFile("w+") as output,
          subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as killer):
        assert killer.stdout.readline() == "ready\n"
        with started(playbook, variables, output) as run:
            while run.poll() is None and killer.poll() is None:
                wait_a_moment(run)
            kill(run)
        kill(killer)
        said = killer.stdout.read()
        output.seek(0)
        assert re.match(r"killed [1-9]", said), f"{said!r} at {path}:\n{output.read()}"


def started(playbook: str, variables: dict, output) -> subprocess.Popen:
    """The playbook, running."""
    return subprocess.Popen(command(playbook, **variables), cwd=tempfile.gettempdir(),
                            env=environment(), text=True, stdin=subprocess.DEVNULL,
                            stdout=output, stderr=subprocess.STDOUT)


def wait_a_moment(run: subprocess.Popen) -> None:
    """Wait a little for the end of the run."""
    try:
        run.wait(0.02)
    except subprocess.TimeoutExpired:
        pass


def kill(program: subprocess.Popen) -> None:
    """Kill a program and all that it has started, on the hosts too: they are of this machine."""
    if program.poll() is None:
        program.send_signal(signal.SIGSTOP)
        for pid in [*descendants(program.pid), program.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def descendants(pid: int) -> list[int]:
    """The process's children, and theirs."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(child) for child in task.read_text().split()]
        except OSError:
            continue
        found += children + [each for child in children for each in descendants(child)]
    return found
