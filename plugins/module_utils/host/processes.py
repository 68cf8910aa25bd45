# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /proc says of a process, without disturbing it.

Everything may vanish while it is read, and a process of another user may be
closed to us: readers here return None for what they cannot see.
"""

from __future__ import annotations

import os
import re
import time

_TICKS = os.sysconf("SC_CLK_TCK")
_MAX_CMDLINE = 4096
_MAX_ENVIRONMENT = 1024 * 1024
# What the kernel appends to the path of a file that has been removed or replaced.
_DELETED = " (deleted)"
# Docker, Podman, CRI-O and containerd all name a container's cgroup by its id; LXC
# and systemd-nspawn by the container's name.
_CONTAINER = re.compile(
    r"[/-]([0-9a-f]{64})(?:\.scope)?(?:/|$)"
    r"|/lxc(?:\.payload\.|/)([\w.-]+)"
    r"|/machine-([\w.\\-]+)\.scope(?:/|$)",
    re.MULTILINE,
)
_CAUGHT = re.compile(r"^SigCgt:\s*([0-9a-fA-F]+)$", re.MULTILINE)
_STATE = re.compile(r"^State:\s*(\S)", re.MULTILINE)


class Process:
    """One process at one moment: `pid`, `parent`, `name`, `started` (epoch seconds),
    `uid`, `gid`, `cmdline` (bytes, cut at 4 KiB), `exe` (what the link /proc/PID/exe
    says, or None)."""

    __slots__ = ("pid", "parent", "name", "started", "uid", "gid", "cmdline", "exe")

    def __init__(self, pid):
        self.pid = pid
        self.name, self.parent, self.started = _stat(pid)
        self.uid, self.gid = _ids(pid)
        self.cmdline = read_bytes(pid, "cmdline", _MAX_CMDLINE) or b""
        self.exe = link(pid, "exe")

    @property
    def program(self):
        """Return the file name of the program, where that is closed the process's own name.

        The name alone misleads: newer versions of Node call themselves MainThread.
        """
        return self.name if self.exe is None else os.path.basename(self.binary)

    @property
    def binary(self):
        """Return the path of the program, also where the file is gone from there; or None."""
        return None if self.exe is None else without_deleted(self.exe)[0]

    @property
    def binary_deleted(self):
        """Tell whether the program's file was removed or replaced (by an upgrade); or None."""
        return None if self.exe is None else without_deleted(self.exe)[1]

    def is_there(self):
        """Tell whether this very process still runs, and not another with its number."""
        try:
            # The clock that it is reckoned from is adjusted now and then.
            return abs(_stat(self.pid)[2] - self.started) < 1
        except OSError:
            return False


def all_processes():
    """Return {pid: Process} of every process that is there and has a command line.

    Kernel threads have none and are left out.
    """
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            process = Process(int(entry))
        except OSError:
            continue
        if process.cmdline:
            found[process.pid] = process
    return found


def read_bytes(pid, name, limit=65536):
    """Return at most `limit` bytes of /proc/PID/NAME, or None."""
    try:
        with open("/proc/%s/%s" % (pid, name), "rb") as file:
            return file.read(limit)
    except OSError:
        return None


def read_text(pid, name, limit=65536):
    """Return /proc/PID/NAME as text, or None."""
    content = read_bytes(pid, name, limit)
    return None if content is None else content.decode("utf-8", "surrogateescape")


def is_cmdline_cut(process):
    """Tell whether the command line may be longer than what was read of it."""
    return len(process.cmdline) >= _MAX_CMDLINE and not process.cmdline.endswith(b"\0")


def argument_room(pid):
    """Return the bytes of the process's arguments and environment; None where closed or gone."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return None
    # Fields 48 (arg_start) and 51 (env_end) of proc(5), the third being the first here.
    return int(fields[48]) - int(fields[45]) or None


def variable(pid, name):
    """Return a variable (by name as bytes) of the environment that a process was started with.

    None where it has none of that name. Only this one is looked for: the rest of
    an environment goes nowhere. Raises OSError where it is closed or gone.
    """
    with open("/proc/%d/environ" % pid, "rb") as file:
        environment = file.read(_MAX_ENVIRONMENT)
    for entry in environment.split(b"\0"):
        if entry.startswith(name + b"="):
            return entry[len(name) + 1:].decode("utf-8", "surrogateescape")
    return None


def link(pid, name):
    """Return where the link /proc/PID/NAME points, or None."""
    try:
        return os.readlink("/proc/%s/%s" % (pid, name))
    except OSError:
        return None


def shares_root(pid):
    """Tell whether the process sees the same files as we do; None where that is hidden.

    The root directory is compared and not the mount namespace, which systemd
    makes anew for any service with PrivateTmp or ProtectSystem.
    """
    try:
        theirs, ours = os.stat("/proc/%s/root/" % pid), os.stat("/")
    except OSError:
        return None
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def container_of(pid):
    """Return the id of the container that the process runs in as its cgroup has it, else None.

    A container whose first process is ours too is this host, by whatever way we came in.
    """
    theirs = _container(pid)
    return theirs if theirs != _container(1) else None


def _container(pid):
    # The innermost counts: a container's own cgroups lie below it.
    found = _CONTAINER.findall(read_text(pid, "cgroup") or "")
    return next(filter(None, found[-1])) if found else None


def without_deleted(path):
    """Return (path, deleted) of where a link of /proc points."""
    if path.endswith(_DELETED):
        return path[:-len(_DELETED)], True
    return path, False


def working_directory(pid):
    """Return `{"path", "deleted"}` of the directory in which the process works, or None."""
    path = link(pid, "cwd")
    if path is None:
        return None
    path, deleted = without_deleted(path)
    return {"path": path, "deleted": deleted}


def catches(pid, number):
    """Tell whether the process has a handler for the signal; None where it is closed or gone."""
    match = _CAUGHT.search(read_text(pid, "status") or "")
    return None if match is None else bool(int(match.group(1), 16) >> (number - 1) & 1)


def is_stopped(pid):
    """Tell whether the process was stopped (SIGSTOP, a debugger) and so cannot answer."""
    match = _STATE.search(read_text(pid, "status") or "")
    return match is not None and match.group(1) in "tT"


def _stat(pid):
    with open("/proc/%d/stat" % pid, "rb") as file:
        content = file.read().decode("utf-8", "surrogateescape")
    # The name may hold blanks and parentheses: what follows the last one is numbers.
    name, _paren, rest = content.partition("(")[2].rpartition(")")
    fields = rest.split()
    booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    return name, int(fields[1]), round(booted + int(fields[19]) / _TICKS, 2)


def _ids(pid):
    """Return the effective user and group of a process."""
    with open("/proc/%d/status" % pid, "rb") as file:
        content = file.read()
    lines = dict(line.partition(b":")[::2] for line in content.splitlines())
    return int(lines[b"Uid"].split()[1]), int(lines[b"Gid"].split()[1])
