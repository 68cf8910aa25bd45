# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do a part of the reading in a process of its own, beside the rest.

What hangs there (a file on a network mount that is dead) or breaks takes nothing
else with it, and a second processor has something to do: a module's code is
compiled anew at each run, which takes as long as all the rest.
"""

from __future__ import annotations

import json
import os
import select
import signal
import time

_PIECE = 1024 * 1024


class Apart:
    """A function that runs in a child process; it returns what JSON can hold."""

    def __init__(self, function, *arguments):
        self._started = time.monotonic()
        self._pipe, answers = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            _serve(answers, function, arguments)
        os.close(answers)

    def result(self, seconds):
        """Return (what the function returned, None), or (None, why there is nothing).

        It may take `seconds` from its start on, and is ended then.
        """
        try:
            content = _read_until(self._pipe, self._started + seconds)
        finally:
            os.close(self._pipe)
            _end(self._pid)
        if content is None:
            return None, "not done within %d s" % seconds
        try:
            return tuple(json.loads(content))
        except ValueError:
            return None, "its process has ended half-way"


def _serve(answers, function, arguments):
    """Answer and end; nothing of the process that we were copied from may run here."""
    try:
        try:
            answer = (function(*arguments), None)
        except Exception as error:  # pylint: disable=broad-exception-caught
            answer = (None, "%s: %s" % (type(error).__name__, error))
        with os.fdopen(answers, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
    finally:
        os._exit(0)  # pylint: disable=protected-access


def _read_until(pipe, end):
    """Return all that a pipe gives until it is closed, None where time runs out."""
    content = []
    while True:
        remaining = max(0.0, end - time.monotonic())
        if not select.select([pipe], [], [], remaining)[0]:
            return None
        piece = os.read(pipe, _PIECE)
        if not piece:
            return b"".join(content)
        content.append(piece)


def _end(pid):
    """End the child; one that the kernel does not let go of is left to it."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, os.WNOHANG)
