# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the inspector of a running Node, have it evaluate something, and close it again.

SIGUSR1 makes Node listen on 127.0.0.1:9229. While it does, anybody on the host
can run code as the process's user: so this is done only where it was asked for,
for a tenth of a second, for one process after another (they share the port),
and whether it is closed again is looked at. Where options that could not be seen
have it listen for other hosts, it is closed at once and nothing is asked.

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
from ansible_collections.no502.node.plugins.module_utils.node.websocket import WebSocket

MAX_SECONDS = 3.0
DEFAULT_PORT = 9229
# Longer than for the question: to leave it open would be worse than to wait.
_CLOSING_SECONDS = 5.0
_STEP = 0.01
_EVALUATION_MS = 1000
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_ADDRESS_OPTIONS = ("--inspect-port", "--inspect", "--inspect-brk", "--inspect-wait")
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
        self._before = {}
        self._listen = None
        self._session = None

    def __enter__(self):
        self._before = self._own_sockets()
        self._signal()
        try:
            self._wait_for_it()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, *_failure):
        self._close()

    def _close(self):
        """Have whatever has come up since the signal closed, and wait until it is."""
        end, asked = time.monotonic() + _CLOSING_SECONDS, set()
        opened = self._opened()
        while opened:
            if time.monotonic() > end:
                self.problem = "its inspector is still open on port %s" % ", ".join(
                    str(listen["port"]) for listen in opened.values())
                break
            for inode, listen in opened.items():
                if inode not in asked and self._ask_to_close(listen, end):
                    asked.add(inode)
            time.sleep(_STEP)
            opened = self._opened()
        self._end_session()

    def evaluate(self, expression):
        """Return what a JavaScript expression comes to; raises InspectorError."""
        try:
            self._begin_session(self._listen, self._end)
            return self._session.evaluate(expression)
        except socket.timeout:
            raise InspectorError("its inspector does not answer in time") from None
        except _NONSENSE as error:
            raise InspectorError("its inspector: %s" % error) from None

    def _own_sockets(self):
        sockets = Sockets(self._process.pid)
        sockets.find_holders([self._process.pid])
        return sockets.held_by(self._process.pid)

    def _opened(self):
        """Return {inode: listening address} of what came up since the signal, the likeliest first.

        Any port and address may be the inspector's: an option that could not be
        seen, or `process.debugPort`, has it listen where it likes.
        """
        opened = [(inode, listen) for inode, listen in self._own_sockets().items()
                  if inode not in self._before and "port" in listen]
        return dict(sorted(opened, key=lambda pair: not self._is_where_wanted(pair[1])))

    def _is_where_wanted(self, listen):
        return listen["address"] in _LOOPBACK and self._port in (0, listen["port"])

    def _signal(self):
        descriptor = _pidfd(self._process.pid)
        try:
            # Who is looked at from here on is who will get the signal.
            self._refuse_if_unsafe()
            if descriptor is None:
                os.kill(self._process.pid, signal.SIGUSR1)
            else:
                signal.pidfd_send_signal(descriptor, signal.SIGUSR1)
        except OSError as error:
            raise InspectorError("it cannot be sent SIGUSR1: %s" % error.strerror) from None
        finally:
            if descriptor is not None:
                os.close(descriptor)

    def _refuse_if_unsafe(self):
        process = self._process
        if self._host not in _LOOPBACK:
            raise InspectorError("its inspector would listen on %s" % self._host)
        listening = Sockets(process.pid).listening.values()
        if self._port and any(each.get("port") == self._port for each in listening):
            raise InspectorError("port %d, which its inspector would take, is in use" % self._port)
        if processes.is_stopped(process.pid):
            raise InspectorError("it is stopped")
        # Without a handler the signal would end it: one that starts has none yet.
        if not processes.catches(process.pid, signal.SIGUSR1):
            raise InspectorError("it does not take SIGUSR1 (--disable-sigusr1, or just started)")
        if not process.is_there() or processes.Process(process.pid).binary != process.binary:
            raise InspectorError("it is gone")

    def _wait_for_it(self):
        while time.monotonic() < self._end:
            for listen in self._opened().values():
                if listen["address"] not in _LOOPBACK:
                    raise InspectorError("its inspector listens on %s" % listen["address"])
                self._listen = listen
                return
            if not self._process.is_there():
                raise InspectorError("it is gone")
            time.sleep(_STEP)
        self.problem = "its inspector did not open in time; it may do so later, and stay open"
        raise InspectorError("its inspector did not open in time")

    def _begin_session(self, listen, end):
        self._end_session()
        self._session = _Session(Endpoint(listen, self._process.pid), end)

    def _end_session(self):
        if self._session is not None:
            self._session.end()
        self._session = None

    def _ask_to_close(self, listen, end):
        """Have Node close its inspector, over the session that is there or else a new one.

        Return whether that is not to be tried again. Once it has taken that in, no
        session may come after: Node would wait for it, and for nothing else.
        """
        try:
            if self._session is None or listen != self._listen:
                self._begin_session(listen, end)
            self._session.evaluate(_CLOSE)
        except ValueError:
            pass  # a server of the application, to be asked no more
        except _NONSENSE + (InspectorError,):
            return False
        finally:
            self._end_session()
        return True


class _Session:
    """A connection to an inspector over which it evaluates expressions."""

    def __init__(self, endpoint, end):
        # Node answers to no other names, and to few forms of an address.
        host = "localhost:%d" % endpoint.listen["port"]
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


def _pidfd(pid):
    """Return a descriptor that stands for this process alone, None where there is no such thing.

    Python has it from 3.9 on, Linux from 5.3.
    """
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _wanted_address(options):
    """Return (host, port) where the options have the inspector listen.

    Each option changes what it names, a host or a port, and leaves the other.
    """
    wanted_host, wanted_port = "127.0.0.1", DEFAULT_PORT
    for option in options:
        if option["name"] in _ADDRESS_OPTIONS:
            host, colon, port = (option["value"] or "").rpartition(":")
            if not colon and not port.isdigit():
                host, port = port, ""
            wanted_host = host.strip("[]") or wanted_host
            wanted_port = int(port) if port.isdigit() else wanted_port
    return wanted_host, wanted_port


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
