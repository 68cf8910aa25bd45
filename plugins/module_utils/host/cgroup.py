# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a process may use, and how often the kernel has killed for want of it.

The limit is the tightest on the way up the process's cgroup; kills are counted
by the cgroup of its systemd unit.

Version 1, version 2 and the hybrid of both. Within a container the paths in
/proc/PID/cgroup are often the host's, while only the container's own part is
mounted: the mount's root says which part that is.
"""

from __future__ import annotations

import os
import re

from ansible_collections.no502.node.plugins.module_utils.host.processes import read_text
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

# What version 1 shows where no limit is set: the largest number of whole pages.
_V1_UNLIMITED = 2**62
# In both versions (4.13 and later), among others such as `oom` and `oom_group_kill`.
_OOM_KILL = re.compile(rb"^oom_kill ([0-9]+)$", re.MULTILINE)


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
    version, path, mount_point = _memory_cgroup(cgroups, mountinfo)
    name = "memory.max" if version == 2 else "memory.limit_in_bytes"
    limits = []
    for directory in _upwards(path, mount_point):
        limit = _read_limit(os.path.join(directory, name))
        if limit is not None:
            limits.append((limit, os.path.join(directory, name)))
    return min(limits, default=(None, None))


def oom_kills(pid, unit):
    """Return how many processes of a process's unit were killed for want of memory, as a value.

    systemd removes the cgroup when the unit stops: what is counted is since
    the unit's last start.
    """
    try:
        count, source = killed(
            read_text(pid, "cgroup") or "", read_text("self", "mountinfo", 1024 * 1024) or "", unit
        )
    except LookupError as error:
        return unknown("count", "pid %s: %s" % (pid, error))
    # The directory is long, and the unit's name tells it.
    return known(count, "count", "live", "%s of %s" % (os.path.basename(source), unit))


def killed(cgroups, mountinfo, unit):
    """Return (count, file) of the kills in a unit's cgroup; arguments as in `tightest_limit`.

    Raises LookupError where they are not counted for the unit alone.
    """
    version, path, mount_point = _memory_cgroup(cgroups, mountinfo)
    parts = path.split("/")
    if unit not in parts:
        raise LookupError("memory is not accounted for %s alone" % unit)
    below = parts[len(parts) - parts[::-1].index(unit):]
    if version == 1 and below:
        # Version 1 counts a kill in the cgroup of its victim only.
        raise LookupError("%s has cgroups of its own" % unit)
    directory = "/".join([mount_point] + [part for part in parts[:len(parts) - len(below)] if part])
    source = os.path.join(directory, "memory.events" if version == 2 else "memory.oom_control")
    match = _OOM_KILL.search(_read(source, 4096) or b"")
    if match is None:
        raise LookupError("%s is closed, gone or does not count" % source)
    return int(match.group(1)), source


def _memory_cgroup(cgroups, mountinfo):
    """Return (version, path of the process's memory cgroup below the mount point, mount point)."""
    version, mount_root, mount_point = _memory_mount(mountinfo)
    path = _memory_path(cgroups, version)
    if path is None:
        raise LookupError("no memory controller is mounted here")
    return version, _visible(path, mount_root), mount_point


def _memory_mount(mountinfo):
    """Return (version, root, mount point) of the hierarchy that limits memory.

    Where several are mounted the last one counts: it lies on top of the others.
    """
    limiting, unified = None, None
    for line in mountinfo.splitlines():
        fields, _dash, rest = line.partition(" - ")
        fields = fields.split(" ")
        if len(fields) < 5:  # the last line of a text that was cut
            continue
        mount_root, mount_point = fields[3:5]
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
    text = (_read(path, 64) or b"").strip()
    if not text.isdigit() or int(text) >= _V1_UNLIMITED:
        return None
    return int(text)


def _read(path, limit):
    try:
        with open(path, "rb") as file:
            return file.read(limit)
    except OSError:
        return None
