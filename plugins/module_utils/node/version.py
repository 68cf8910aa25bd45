# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node a process is: asked of the very program that runs, else read in its file."""

from __future__ import annotations

import os
import re
import time

from ansible_collections.no502.node.plugins.module_utils.host.binary import Question
from ansible_collections.no502.node.plugins.module_utils.host.processes import shares_root

MAX_SECONDS = 3.0

_VERSION = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)")
# The archive of its own sources: Node's releases hold its address for process.release.
_SOURCES = re.compile(rb"/node-v([0-9]+)\.([0-9]+)\.([0-9]+)\.tar\.gz")
_PIECE = 1024 * 1024


class Versions:
    """The versions of programs, each found out once, and all within `MAX_SECONDS`.

    The program of `first`, a process whose version will be wanted, is asked at
    once and answers while its reader does something else: to start Node takes
    as long as half of a reading. `drop` ends it where nobody came to that.
    """

    def __init__(self, first=None):
        self._known = {}
        self._left = MAX_SECONDS
        self._asked = {}
        if first is not None and shares_root(first.pid):
            self._asked[_key(first)] = _ask(first)

    def of(self, process):
        """Return (version as [major, minor, patch] or None, reason)."""
        key = _key(process)
        if key not in self._known:
            began = time.monotonic()
            self._known[key] = _find_out(process, self._asked.pop(key, None), self._left)
            self._left -= time.monotonic() - began
        return self._known[key]

    def drop(self):
        """End what was asked and is not wanted."""
        for question in self._asked.values():
            question.drop()


def numbers(text):
    """Return `v24.21.0` as [24, 21, 0], None for anything else."""
    match = _VERSION.match(text or "")
    return [int(part) for part in match.groups()] if match else None


def _key(process):
    """Return what is the same for processes that run the same file as the same user.

    Its path is not: each container has a /usr/bin/node of its own.
    """
    try:
        program = os.stat(_program(process))
    except OSError:
        return process.pid
    return program.st_dev, program.st_ino, process.uid, shares_root(process.pid)


def _find_out(process, asked, seconds):
    if seconds <= 0:
        return None, "its version is not asked for: others took all of the time"
    if not shares_root(process.pid):
        # Its libraries are not ours, and a program of a container does not run on the host.
        return _in_file(_program(process), seconds)
    text, reason = (asked or _ask(process)).answer(min(seconds, 2.0))
    version = numbers(text)
    return version, None if version else reason or "%s --version says no version" % process.binary


def _ask(process):
    return Question(_program(process), ["--version"], process.uid, process.gid)


def _program(process):
    return "/proc/%d/exe" % process.pid


def _in_file(program, seconds):
    """Return (version, reason) of what is written in a program that cannot be asked."""
    end, rest = time.monotonic() + seconds, b""
    try:
        with open(program, "rb") as file:
            while time.monotonic() < end:
                piece = file.read(_PIECE)
                match = _SOURCES.search(rest + piece)
                if match:
                    return [int(part) for part in match.groups()], None
                if not piece:
                    break
                rest = piece[-64:]
    except OSError as error:
        return None, "its program cannot be read: %s" % error.strerror
    return None, "it runs under a root of its own, and its program does not hold its version"
