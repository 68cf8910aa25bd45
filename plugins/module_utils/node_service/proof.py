# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove that a new process serves: its own status, and an answer that it gave itself."""

from __future__ import annotations

import socket
import time

from ansible_collections.no502.node.plugins.module_utils.host.connections import accepted_by
from ansible_collections.no502.node.plugins.module_utils.node.guard_status import read_status
from ansible_collections.no502.node.plugins.module_utils.node_service.files import STATUS
from ansible_collections.no502.node.plugins.module_utils.host.processes import Process, read_bytes

# systemd starts a crashed process again: this often counts as "does not come up".
MOST_RESTARTS = 3
_STEP = 0.1
_AT_ONCE = 16
_ANSWER_SECONDS = 5.0
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}
# Node answers this itself with 417: no handler of the application runs.
_REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: no502.node\r\nExpect: no502\r\n\r\n"


class Unproven(Exception):
    """The process does not serve as it should; the text says what is wrong."""


class Proof:
    """What a process has to show. `expected` are milliseconds by the names of the plan,
    for example `keep_alive_timeout` and `idle_grace`."""

    def __init__(self, systemd, address, release, expected, seconds):
        self._systemd = systemd
        self._address = address
        self._release = release
        self._expected = expected
        self._seconds = seconds

    def of(self, unit, port):
        """Raise Unproven unless the service's process listens, has the values and answers."""
        end = time.monotonic() + self._seconds
        pids = self._listening(unit, port, end)
        for pid in pids:
            self._check_values(pid)
        self._ask(unit, port, pids, end)

    def _listening(self, unit, port, end):
        while True:
            shown = self._systemd.show(unit)
            if shown.get("ActiveState") in ("failed", "inactive"):
                raise Unproven("it ended (%s, exit status %s) without listening"
                               % (shown.get("Result"), shown.get("ExecMainStatus")))
            if int(shown.get("NRestarts") or 0) >= MOST_RESTARTS:
                raise Unproven("it ended %d times without listening" % MOST_RESTARTS)
            pids = [pid for pid in family(int(shown.get("MainPID") or 0))
                    if is_listening(pid, port, self._release)]
            if pids:
                return pids
            if time.monotonic() > end:
                raise Unproven("it did not listen on port %d within %d s%s" % (
                    port, self._seconds,
                    ", and ended meanwhile" if int(shown.get("NRestarts") or 0) else ""))
            time.sleep(_STEP)

    def _check_values(self, pid):
        guard, settings = _status(pid)
        for name, least in sorted(self._expected.items()):
            has = (guard.get(name) or settings.get(name) or {}).get("value")
            # An application may ask for more than the plan's floor, or for no limit at all.
            if has is None or (0 < has < least) or (name in guard and has != least):
                raise Unproven("its %s is %s ms, not %d ms" % (name, has, least))

    def _ask(self, unit, port, pids, end):
        """Connect until the new process, not the old one on the same socket, has accepted."""
        address = _LOOPBACK.get(self._address, self._address)
        while True:
            connections = []
            try:
                for _number in range(_AT_ONCE):
                    connections.append(socket.create_connection((address, port), _ANSWER_SECONDS))
                time.sleep(_STEP)
                for connection in connections:
                    if accepted_by(connection, pids):
                        _check_answer(connection)
                        return
            except OSError as error:
                raise Unproven("no answer from %s port %d: %s" % (address, port, error)) from None
            finally:
                for connection in connections:
                    connection.close()
            if time.monotonic() > end:
                raise Unproven("it accepted no connection on port %d within %d s"
                               % (port, self._seconds))


def family(pid):
    """Return the process and its children: a cluster's workers, not its primary, serve."""
    if pid <= 0:
        return []
    children = read_bytes(pid, "task/%d/children" % pid)
    if children is None:
        return [pid]
    return [pid] + [int(child) for child in children.split()]


def release_of(pid):
    """Return the release that a process was started with, None where it has none."""
    for entry in (read_bytes(pid, "environ", 1024 * 1024) or b"").split(b"\0"):
        if entry.startswith(b"NO502_RELEASE="):
            return entry.partition(b"=")[2].decode("ascii", "replace")
    return None


def is_listening(pid, port, release):
    """Return whether the guard of a process of that release says that it listens there."""
    for status in _statuses(pid):
        if status["guard"]["release"] != release or status["guard"]["draining"]:
            continue
        if any((server["address"] or {}).get("port") == port for server in status["servers"]):
            return True
    return False


def _statuses(pid):
    try:
        return read_status(Process(pid), STATUS)[0]
    except OSError:
        return []


def _status(pid):
    statuses = [status for status in _statuses(pid) if status["servers"]]
    if not statuses:
        return {}, {}
    return statuses[0]["guard"], statuses[0]["servers"][0]["settings"]


def _check_answer(connection):
    connection.settimeout(_ANSWER_SECONDS)
    connection.sendall(_REQUEST)
    answer = connection.recv(4096)
    if not answer.startswith(b"HTTP/1."):
        raise OSError("it does not speak HTTP/1.1")
