# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the inspector of a running Node, have it evaluate something, and close it again.

SIGUSR1 makes Node listen on 127.0.0.1:9229. While it does, anybody on the host
can run code as the process's user: so this is done only where it was asked for,
for a tenth of a second, for one process after another (they share the port),
and whether it is closed again is looked at.

Node says on its standard error that it listens. Nothing else of it changes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint, receive
from ansible_collections.no502.node.plugins.module_utils.node.options import last
from ansible_collections.no502.node.plugins.module_utils.node.websocket import WebSocket

MAX_SECONDS = 3.0
DEFAULT_PORT = 9229
# Longer than for the question: to leave it open would be worse than to wait.
_CLOSING_SECONDS = 5.0
_STEP = 0.01
_EVALUATION_MS = 1000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LENGTH = re.compile(rb"^content-length:[ \t]*([0-9]{1,5})[ \t]*\r?$", re.I | re.M)
_TARGET = re.compile(r"[0-9a-f-]{36}\Z")
# What talking to something that is no inspector may raise.
_NONSENSE = (OSError, ValueError, RecursionError)
# An exception within a timer of its own would end the application: none can get out.
# The inspector waits for this session to end before it closes, hence not at once.
_CLOSE = """(() => {
  const inspector = (process.getBuiltinModule || require)('inspector');
  setImmediate(() => { try { inspector.close(); } catch {} });
})()"""


class InspectorError(Exception):
    """The inspector was not used, or not to any avail; the text says why."""


class Inspector:
    """The inspector of one process, opened for the length of a `with`.

    `options` are those of `options.options_of`. Raises InspectorError. After
    the `with`, `problem` says whether it could not be closed.
    """

    def __init__(self, process, options):
        self.problem = None
        self._process = process
        self._host, self._port = _wanted_address(options)
        self._end = time.monotonic() + MAX_SECONDS
        self._inode, self._listen = None, None
        self._session = None

    def __enter__(self):
        self._refuse_if_unsafe()
        self._open(self._own_sockets())
        return self

    def __exit__(self, *_failure):
        end, asked = time.monotonic() + _CLOSING_SECONDS, False
        while self._inode in self._own_sockets():
            if time.monotonic() > end:
                self.problem = "its inspector is still open on port %d" % self._listen["port"]
                break
            asked = asked or self._ask_to_close(end)
            time.sleep(_STEP)
        self._end_session()

    def evaluate(self, expression):
        """Return what a JavaScript expression comes to; raises InspectorError."""
        try:
            self._begin_session(self._end)
            return self._session.evaluate(expression)
        except socket.timeout:
            raise InspectorError("its inspector does not answer in time") from None
        except _NONSENSE as error:
            raise InspectorError("its inspector: %s" % error) from None

    def _refuse_if_unsafe(self):
        process = self._process
        if self._host not in _LOOPBACK:
            raise InspectorError("its inspector would listen on %s" % self._host)
        # Without a handler the signal would end it: one that starts has none yet.
        if not processes.catches(process.pid, signal.SIGUSR1):
            raise InspectorError("it does not take SIGUSR1 (--disable-sigusr1, or just started)")
        if processes.is_stopped(process.pid):
            raise InspectorError("it is stopped")
        listening = Sockets(process.pid).listening.values()
        if self._port and any(each.get("port") == self._port for each in listening):
            raise InspectorError("port %d, which its inspector would take, is in use" % self._port)

    def _own_sockets(self):
        sockets = Sockets(self._process.pid)
        sockets.find_holders([self._process.pid])
        return sockets.held_by(self._process.pid)

    def _open(self, before):
        if not self._process.is_there():
            raise InspectorError("it is gone")
        try:
            os.kill(self._process.pid, signal.SIGUSR1)
        except OSError as error:
            raise InspectorError("it cannot be sent SIGUSR1: %s" % error.strerror) from None
        while time.monotonic() < self._end:
            for inode, listen in self._own_sockets().items():
                if inode not in before and self._may_be_it(listen):
                    self._inode, self._listen = inode, listen
                    return
            if not self._process.is_there():
                raise InspectorError("it is gone")
            time.sleep(_STEP)
        self.problem = "its inspector did not open in time; it may do so later, and stay open"
        raise InspectorError("its inspector did not open in time")

    def _may_be_it(self, listen):
        """Tell whether a socket that came up meanwhile may be the inspector's."""
        return listen.get("address") in _LOOPBACK and self._port in (0, listen["port"])

    def _begin_session(self, end):
        self._end_session()
        self._session = _Session(Endpoint(self._listen, self._process.pid), end)

    def _end_session(self):
        if self._session is not None:
            self._session.end()
        self._session = None

    def _ask_to_close(self, end):
        """Have Node close its inspector, over the session that is there or else a new one.

        Once it has taken that in, no session may come after: Node would wait for it,
        and for nothing else.
        """
        try:
            if self._session is None:
                self._begin_session(end)
            self._session.evaluate(_CLOSE)
        except _NONSENSE + (InspectorError,):
            return False
        finally:
            self._end_session()
        return True


class _Session:
    """A connection to an inspector over which it evaluates expressions."""

    def __init__(self, endpoint, end):
        host = "%s:%d" % (endpoint.listen["address"], endpoint.listen["port"])
        with endpoint.connect(end) as connection:
            connection.sendall(("GET /json/list HTTP/1.1\r\nHost: %s\r\n\r\n" % host).encode())
            target = _target(connection, end)
        self._requests = 0
        self._connection = endpoint.connect(end)
        try:
            self._socket = WebSocket(self._connection, host, "/" + target, end)
        except BaseException:
            self._connection.close()
            raise

    def end(self):
        self._connection.close()

    def evaluate(self, expression):
        self._requests += 1
        self._socket.send(json.dumps({
            "id": self._requests, "method": "Runtime.evaluate",
            "params": {"expression": expression, "returnByValue": True, "silent": True,
                       "includeCommandLineAPI": True, "timeout": _EVALUATION_MS},
        }))
        answer = {}
        while answer.get("id") != self._requests:
            answer = _dictionary(json.loads(self._socket.receive()))
        result = _dictionary(answer.get("result", {}))
        if "error" in answer or "exceptionDetails" in result:
            raise InspectorError("its inspector could not evaluate the question")
        return _dictionary(result.get("result")).get("value")


def _wanted_address(options):
    """Return (host, port) where the options have the inspector listen."""
    text = last(options, "--inspect-port") or last(options, "--inspect") or ""
    host, colon, port = text.rpartition(":")
    if not colon and not port.isdigit():
        host, port = port, ""
    return host.strip("[]") or "127.0.0.1", int(port) if port.isdigit() else DEFAULT_PORT


def _dictionary(value):
    if not isinstance(value, dict):
        raise ValueError("its answer has no such form")
    return value


def _target(connection, end):
    """Return the id of the only target that Node's inspector lists; raises ValueError."""
    head, _blank, body = receive(connection, end).partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    missing = int(length.group(1)) - len(body) if length else 0
    body += receive(connection, end, lambda content: len(content) >= missing)
    targets = json.loads(body.decode())
    if not isinstance(targets, list) or not targets:
        raise ValueError("lists no target")
    target = _dictionary(targets[0]).get("id")
    if not isinstance(target, str) or not _TARGET.match(target):
        raise ValueError("lists no target")
    return target
