# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a program for its version without giving it anything it did not have.

The running program is asked through /proc/PID/exe: the very file that runs,
even where a package upgrade has replaced it on disk. It runs as the user that
the process runs as, so that a process which merely calls itself nginx is not
handed root; it gets no environment, no terminal and two seconds.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time

MAX_SECONDS = 2.0
MAX_BYTES = 65536


def ask(program, arguments, uid=None, gid=None, seconds=MAX_SECONDS, environment=None):
    """Run a program that prints something about itself; return (text, reason).

    As `Question`, answered within `seconds`.
    """
    return Question(program, arguments, uid, gid, environment).answer(seconds)


class Question:
    """A program that prints something about itself, and runs from now on.

    `uid` and `gid` say as whom, where we are root; `environment` is what it is
    given besides its PATH. It is ended when the answer is taken, or by `drop`.
    """

    def __init__(self, program, arguments, uid=None, gid=None, environment=None):
        self._name = "%s %s" % (program, " ".join(arguments))
        self._process, self._reason = _start(program, arguments, uid, gid, environment)

    def answer(self, seconds):
        """Return (text, reason), waiting for `seconds` at most.

        The text is what it wrote on both outputs, at most `MAX_BYTES`; on a
        failure it is None and `reason` says why.
        """
        if self._process is None:
            return None, self._reason
        try:
            output = _read_until(self._process.stdout, time.monotonic() + seconds)
        finally:
            self.drop()
        if output is None:
            return None, "%s did not answer within %d s" % (self._name, seconds)
        return output.decode("utf-8", "replace"), None

    def drop(self):
        """End the program, whatever it does."""
        if self._process is not None:
            _end(self._process)
            self._process = None


def _start(program, arguments, uid, gid, environment):
    """Return (process, None), or (None, why it does not run)."""
    try:
        # Opened as ourselves: that user may not be allowed to look into /proc/PID.
        descriptor = os.open(program, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        return None, "%s cannot be run: %s" % (program, error.strerror)
    try:
        return subprocess.Popen(
            [os.path.basename(program)] + arguments,
            executable="/proc/self/fd/%d" % descriptor,
            pass_fds=[descriptor],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(environment or {}, LC_ALL="C", PATH="/usr/sbin:/usr/bin:/sbin:/bin"),
            cwd="/",
            # A session of its own: no terminal to type into, and one group to end.
            start_new_session=True,
            preexec_fn=None if uid is None or os.geteuid() != 0 else _become(uid, gid),
        ), None
    except (OSError, subprocess.SubprocessError) as error:
        return None, "%s cannot be run: %s" % (program, getattr(error, "strerror", None) or error)
    finally:
        os.close(descriptor)


def _become(uid, gid):
    def become():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    return become


def _read_until(stream, end):
    """Return what a stream gives before it is closed or full, None where time runs out."""
    output = b""
    while len(output) < MAX_BYTES:
        remaining = end - time.monotonic()
        if remaining <= 0 or not select.select([stream], [], [], remaining)[0]:
            return None
        piece = os.read(stream.fileno(), MAX_BYTES)
        if not piece:
            break
        output += piece
    return output[:MAX_BYTES]


def _end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.stdout.close()
    process.wait()
