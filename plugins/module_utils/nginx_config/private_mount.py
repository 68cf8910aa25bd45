# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run something against a private, writable view of directories.

A forked child gets a mount namespace of its own, in which each directory is covered by an
overlay whose upper layer is a tmpfs. Whatever the child writes there keeps its real name, is
seen by the programs that the child starts, and is gone with it: the rest of the machine sees
nothing of it. Absolute symlinks and files elsewhere that lead back into a directory lead to the
private view, which no copy of a tree can offer.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import signal
import stat
import tempfile
import traceback
from typing import Any, Callable, Iterable, List, Tuple

from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

# <linux/sched.h>, <linux/mount.h>, <linux/prctl.h>
CLONE_NEWNS = 0x00020000
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 1 << 18
PR_SET_PDEATHSIG = 1

# The longest that ``work`` may take; nginx looks up every name that it is given.
SECONDS = 300

# What is covered in this process; empty everywhere but in the child.
_covered: List[str] = []


def run(directories: Iterable[str], work: Callable[[], Any]) -> Tuple[Any, str]:
    """Return what ``work`` returns (as JSON carries it) and the method: ``overlay`` or ``copy``.

    Directories that do not exist are created in the private view only. ``Refused`` raised by
    ``work`` is raised here again; the same where the kernel permits no mount namespace.
    """
    scratch = tempfile.mkdtemp(prefix="no502-")
    try:
        answer = _ask_child(scratch, list(directories), work)
    finally:
        # The child's mounts never show here, so this directory is empty.
        os.rmdir(scratch)
    if "refused" in answer:
        raise Refused(answer["refused"])
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"], answer["method"]


def is_private(path: str) -> bool:
    """Whether what is written to ``path`` stays in the private view that this process has."""
    parent = os.path.realpath(os.path.dirname(path))
    return any(parent == point or _is_below(parent, point) for point in _covered)


def _ask_child(scratch: str, directories: List[str], work: Callable[[], Any]) -> dict:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _answer(writing, scratch, directories, work)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    status = os.waitpid(pid, 0)[1]
    if not text:
        return {"error": "the private test ended without an answer (wait status %d)" % status}
    return json.loads(text.decode("utf-8"))


def _answer(writing: int, scratch: str, directories: List[str], work: Callable[[], Any]) -> None:
    """The child's whole life: never returns."""
    signal.alarm(SECONDS)
    try:
        method = _cover(scratch, directories)
        answer = {"result": work(), "method": method}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except BaseException:  # whatever it is, the parent must hear of it
        answer = {"error": traceback.format_exc()}
    try:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(answer).encode("utf-8"))
    finally:
        os._exit(0)


def _cover(scratch: str, directories: List[str]) -> str:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if libc.unshare(CLONE_NEWNS) != 0:
        _refuse("unshare", ctypes.get_errno())
    _mount(libc, "none", "/", None, MS_REC | MS_PRIVATE)
    _mount(libc, "tmpfs", scratch, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700")
    points = _mount_points(directories)
    layers = [_Layer(libc, scratch, number, point) for number, point in enumerate(points)]
    # Every point is kept reachable before the first is covered: a cover hides what is below it.
    for layer in layers:
        layer.keep()
    methods = {layer.cover() for layer in layers}
    _covered.extend(points)
    for directory in directories:
        os.makedirs(directory, exist_ok=True)
    return "copy" if "copy" in methods else "overlay"


class _Layer:
    """One mount point's private cover."""

    def __init__(self, libc: ctypes.CDLL, scratch: str, number: int, point: str) -> None:
        self.libc = libc
        self.point = point
        self.base = os.path.join(scratch, str(number))
        self.lower = os.path.join(self.base, "lower")
        os.mkdir(self.base)

    def keep(self) -> None:
        if os.path.isdir(self.point):
            os.mkdir(self.lower)
        else:
            with open(self.lower, "wb"):
                pass
        _mount(self.libc, self.point, self.lower, None, MS_BIND)

    def cover(self) -> str:
        if not os.path.isdir(self.lower):
            # A bind-mounted file stays what it is: it can be replaced here as little as outside.
            _mount(self.libc, self.lower, self.point, None, MS_BIND)
            return "overlay"
        upper, work = os.path.join(self.base, "upper"), os.path.join(self.base, "work")
        os.mkdir(upper)
        os.mkdir(work)
        shutil.copystat(self.lower, upper)
        options = "lowerdir=%s,upperdir=%s,workdir=%s" % (self.lower, upper, work)
        try:
            _mount(self.libc, "overlay", self.point, "overlay", MS_NOSUID | MS_NODEV, options)
            return "overlay"
        except Refused:
            return self._copy()

    def _copy(self) -> str:
        copy = os.path.join(self.base, "copy")
        shutil.copytree(self.lower, copy, symlinks=True, ignore=_special_files)
        _mount(self.libc, copy, self.point, None, MS_BIND)
        return "copy"


def _special_files(directory: str, names: List[str]) -> List[str]:
    """Sockets, pipes and devices: nothing that a configuration reads."""
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    modes = {name: os.lstat(os.path.join(directory, name)).st_mode for name in names}
    return [name for name, mode in modes.items() if not any(kind(mode) for kind in kinds)]


def _mount_points(directories: Iterable[str]) -> List[str]:
    """What must be covered, parents first: each directory, and what is mounted below it."""
    wanted = sorted({_existing(os.path.realpath(directory)) for directory in directories})
    tops: List[str] = []
    for directory in wanted:
        if not any(_is_below(directory, top) for top in tops):
            tops.append(directory)
    below = [point for point in _mounted() if any(_is_below(point, top) for top in tops)]
    return sorted(set(tops) | set(below))


def _existing(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _mounted() -> List[str]:
    """Mount points of this process; see proc_pid_mountinfo(5) for the escapes."""
    with open("/proc/self/mountinfo", "rb") as lines:
        fields = [line.split()[4] for line in lines]
    return [os.fsdecode(field.decode("unicode_escape").encode("latin-1")) for field in fields]


def _mount(libc: ctypes.CDLL, source: str, target: str, kind: str = None, flags: int = 0,
           options: str = None) -> None:
    arguments = [None if text is None else os.fsencode(text)
                 for text in (source, target, kind, options)]
    if libc.mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags),
                  arguments[3]) != 0:
        _refuse("mount %s" % target, ctypes.get_errno())


def _refuse(call: str, number: int) -> None:
    hint = ""
    if number in (errno.EPERM, errno.EACCES):
        hint = " It takes root with CAP_SYS_ADMIN (in a container: --cap-add SYS_ADMIN)."
    raise Refused(
        "The configuration can only be tested in a private mount namespace, which this host "
        "does not permit (%s: %s).%s Nothing was changed." % (call, os.strerror(number), hint))
