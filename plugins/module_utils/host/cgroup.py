# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a process may use: the tightest limit on the way up its cgroup.

Version 1, version 2 and the hybrid of both. Within a container the paths in
/proc/PID/cgroup are often the host's, while only the container's own part is
mounted: the mount's root says which part that is.
"""

from __future__ import annotations

import os

from ansible_collections.no502.node.plugins.module_utils.host.processes import read_text
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

# What version 1 shows where no limit is set: the largest number of whole pages.
_V1_UNLIMITED = 2**62


def memory_limit(pid, memory_total):
    """Return the memory limit of a process in bytes, as a value.

    Where no cgroup has one it is all of the host's memory, `memory_total`.
    """
    try:
        limit, source = tightest_limit(
            read_text(pid, "cgroup") or "", read_text("self", "mountinfo", 1024 * 1024) or ""
        )
    except LookupError as error:
        return unknown("bytes", "pid %s: %s" % (pid, error))
    if limit is not None and (memory_total is None or limit <= memory_total):
        return known(limit, "bytes", "live", source)
    if memory_total is None:
        return unknown("bytes", "no cgroup limits pid %s, and /proc/meminfo is closed" % pid)
    return known(memory_total, "bytes", "live", "no limit but the host's: /proc/meminfo")


def tightest_limit(cgroups, mountinfo):
    """Return (bytes, file) of the tightest limit, (None, None) where there is none.

    `cgroups` is the text of the process's /proc/PID/cgroup, `mountinfo` that of
    our own /proc/self/mountinfo. Raises LookupError where limits cannot be seen.
    """
    version, mount_root, mount_point = _memory_mount(mountinfo)
    path = _memory_path(cgroups, version)
    if path is None:
        raise LookupError("no memory controller is mounted here")
    name = "memory.max" if version == 2 else "memory.limit_in_bytes"
    limits = []
    for directory in _upwards(_visible(path, mount_root), mount_point):
        limit = _read_limit(os.path.join(directory, name))
        if limit is not None:
            limits.append((limit, os.path.join(directory, name)))
    return min(limits, default=(None, None))


def _memory_mount(mountinfo):
    """Return (version, root, mount point) of the hierarchy that limits memory.

    Where several are mounted the last one counts: it lies on top of the others.
    """
    limiting, unified = None, None
    for line in mountinfo.splitlines():
        fields, _dash, rest = line.partition(" - ")
        mount_root, mount_point = fields.split(" ")[3:5]
        kind, _device, options = (rest.split(" ") + ["", ""])[:3]
        if kind == "cgroup" and "memory" in options.split(","):
            limiting = 1, mount_root, mount_point
        if kind == "cgroup2":
            unified = 2, mount_root, mount_point
    return limiting or unified or (None, None, None)


def _memory_path(cgroups, version):
    for line in cgroups.splitlines():
        _number, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if version == 1 and "memory" in controllers.split(","):
            return path
        if version == 2 and controllers == "":
            return path
    return None


def _visible(path, mount_root):
    """Return the path below the mount point, empty where only the mount itself is visible."""
    if mount_root in ("/", path):
        return path if mount_root == "/" else ""
    if path.startswith(mount_root + "/"):
        return path[len(mount_root):]
    return "" if path.startswith("/..") else path


def _upwards(path, mount_point):
    """Yield the directories from the cgroup up to the mount point."""
    parts = [part for part in path.split("/") if part]
    for length in range(len(parts), -1, -1):
        yield os.path.join(mount_point, *parts[:length])


def _read_limit(path):
    try:
        with open(path, "rb") as file:
            text = file.read(64).strip()
    except OSError:
        return None
    if not text.isdigit() or int(text) >= _V1_UNLIMITED:
        return None
    return int(text)
