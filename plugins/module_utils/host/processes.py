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
# What the kernel appends to the path of a program that an upgrade has replaced.
_DELETED = " (deleted)"
# Docker, Podman, CRI-O and containerd all name a container's cgroup by its id.
_CONTAINER = re.compile(r"[/-]([0-9a-f]{64})(?:\.scope)?(?:/|$)", re.MULTILINE)


class Process:
    """One process at one moment: `pid`, `parent`, `name`, `started` (epoch seconds),
    `uid`, `gid`, `cmdline` (bytes, cut at 4 KiB), `exe` (path or None)."""

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
        if self.exe is None:
            return self.name
        path = self.exe[:-len(_DELETED)] if self.exe.endswith(_DELETED) else self.exe
        return os.path.basename(path)


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
    """Return the id of the container that the process runs in as its cgroup has it, else None."""
    match = _CONTAINER.search(read_text(pid, "cgroup") or "")
    return match.group(1) if match else None


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
