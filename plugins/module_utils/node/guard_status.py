# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the status that the guard publishes for each Node process.

The file is written by the service's own user: nothing in it is believed before
it has been looked at, and no link of that user's is followed.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time

from ansible_collections.no502.node.plugins.module_utils.node.server_settings import (
    MAX_MS, address, number, settings, shorten,
)
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

DIRECTORY = "/run/no502"
MAX_BYTES = 65536
MAX_FILES = 64
# Seconds. The guard writes every 30; what it does not write for long it may no longer know.
MAX_AGE = 120
_MAX_TEXT = 200
_TEXT = re.compile(r"[\w.:+@/-]*\Z", re.ASCII)

_DRAIN = (("idle_grace", "idle_grace_ms"), ("max", "max_ms"), ("stream_grace", "stream_grace_ms"))
DRAIN_TIMES = tuple(ours for ours, _theirs in _DRAIN)
_DELAYS = ("p50", "p99", "max")


class StatusError(Exception):
    """A status file that is not to be believed; the text says why."""


def read_status(process, directory=DIRECTORY):
    """Return (statuses, problems) of a process.

    There is a status for the process and one for each of its worker threads that
    has a server: `{"guard": {...}, "servers": [{"address", "protocol", "settings",
    "requested"}], "heap_limit": value, "heap_used": value, "event_loop_delay":
    {"p50", "p99", "max"}, "thread": number, "node": text, "problems": [text]}`,
    without what an older guard does not say. `process` is a `processes.Process`.
    """
    statuses, problems = [], []
    for unit, name in _candidates(process.pid, directory):
        path = os.path.join(directory, unit, name)
        try:
            content = _read(directory, unit, name, process)
            statuses.append(_status(content, process))
        except (OSError, StatusError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            problems.append({"subject": path, "reason": reason})
    return statuses, problems


def _candidates(pid, directory):
    """Return (unit, file name) of what may be the status of the process."""
    name = re.compile(r"%d(-[0-9]+)?\.json\Z" % pid)
    found = []
    for unit in _names(directory):
        found += [(unit, each) for each in _names(os.path.join(directory, unit))
                  if name.match(each)]
    return sorted(found)[:MAX_FILES]


def _names(directory):
    try:
        return os.listdir(directory)
    except OSError:
        return []


def _read(directory, unit, name, process):
    """Return the file's bytes, following no link below `directory`."""
    opened = []
    try:
        opened.append(os.open(directory, os.O_RDONLY | os.O_DIRECTORY))
        flags = os.O_RDONLY | os.O_NOFOLLOW
        opened.append(os.open(unit, flags | os.O_DIRECTORY, dir_fd=opened[-1]))
        opened.append(os.open(name, flags | os.O_NONBLOCK, dir_fd=opened[-1]))
        _check(os.fstat(opened[-1]), process)
        content = os.read(opened[-1], MAX_BYTES + 1)
    finally:
        for descriptor in opened:
            os.close(descriptor)
    if len(content) > MAX_BYTES:
        raise StatusError("larger than %d KiB" % (MAX_BYTES // 1024))
    return content


def _check(status, process):
    if not stat.S_ISREG(status.st_mode):
        raise StatusError("not a regular file")
    if status.st_uid not in (0, process.uid):
        raise StatusError("belongs to uid %d, not to the process's user" % status.st_uid)
    # Clocks of files and of process starts tick differently: a second's tolerance.
    if status.st_mtime < process.started - 1:
        raise StatusError("older than the process")
    age = time.time() - status.st_mtime
    if age > MAX_AGE:
        raise StatusError("stale: written %d s ago, not within %d s" % (age, MAX_AGE))


def _status(content, process):
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise StatusError("is no JSON, or only part of it") from None
    if not isinstance(document, dict) or document.get("pid") != process.pid:
        raise StatusError("does not speak of pid %d" % process.pid)
    source = "guard, pid %d" % process.pid
    drain = document.get("drain")
    guard = {
        "version": _text(document.get("guard")),
        "release": _text(document.get("release")),
        "draining": document.get("draining") is True,
    }
    for ours, theirs in _DRAIN:
        guard[ours] = number(drain, theirs, "ms", MAX_MS, source)
    status = {
        "guard": guard,
        "servers": _servers(document.get("servers"), source),
        "heap_limit": number(document, "heap_limit_bytes", "bytes", UNLIMITED, source),
        "thread": _thread(document.get("thread")),
        "node": _text(document.get("node")),
        "problems": [shorten(each) for each in _list(document.get("problems"))
                     if isinstance(each, str)],
    }
    if "heap_used_bytes" in document:
        status["heap_used"] = number(document, "heap_used_bytes", "bytes", UNLIMITED, source)
    delays = document.get("event_loop_delay_ms")
    if isinstance(delays, dict):
        status["event_loop_delay"] = {
            name: number(delays, name, "ms", MAX_MS, source) for name in _DELAYS
        }
    return status


def _servers(servers, source):
    found = []
    for server in _list(servers):
        if not isinstance(server, dict):
            continue
        found.append({
            "protocol": _text(server.get("protocol")),
            "address": address(server.get("address")),
            "settings": settings(server.get("effective"), source),
            "requested": settings(server.get("requested"), source),
        })
    return found


def _thread(value):
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _list(value):
    return value[:MAX_FILES] if isinstance(value, list) else []


def _text(value):
    if isinstance(value, str) and len(value) <= _MAX_TEXT and _TEXT.match(value):
        return value
    return None
