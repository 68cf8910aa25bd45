# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have Node itself say its keep-alive time-out, without reaching the application.

Node answers a request that expects something it does not know with 417 by
itself: no handler runs and no log of the application grows. Its Keep-Alive
header holds `keepAliveTimeout` in whole seconds, rounded down, without the
buffer that newer versions add.
"""

from __future__ import annotations

import re
import socket
import time
from typing import NamedTuple, Optional

from ansible_collections.no502.node.plugins.module_utils.host.connections import accepted_by
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import over_tls, receive
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

MAX_SECONDS = 2.0
_MAX_VALUE = 2**31 // 1000
_REQUEST = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: no502.node\r\nExpect: no502\r\n\r\n"
)
_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3})[ \r]")
_HEADER = re.compile(rb"^keep-alive:([^\r\n]*)", re.I | re.M)
_TIMEOUT = re.compile(rb"timeout[ \t]*=[ \t]*(.*)", re.I | re.S)
_CLOSE = re.compile(rb"^connection:[ \t]*close[ \t]*\r?$", re.I | re.M)
_TLS_ALERT = b"\x15\x03"


class Answer(NamedTuple):
    """What the server at an endpoint said.

    `value` is `keep_alive_timeout`, in ms; `protocol` is `http`, `https` or None
    where it answers in neither; `connection` is open and idle since `at` (of
    `time.monotonic`) where Node will keep it so. `pid` is which of the endpoint's
    holders, if there are several, has answered, None where that does not show.
    """

    value: dict
    protocol: Optional[str] = None
    connection: Optional[socket.socket] = None
    at: float = 0.0
    pid: Optional[int] = None


def ask_keep_alive(endpoint, seconds=MAX_SECONDS):
    """Return (value, protocol, pid) of the Node that listens there, as `Answer` has them.

    The value is `unknown`, with the reason, where it does not answer as Node does.
    """
    answer = open_idle(endpoint, seconds)
    if answer.connection is not None:
        answer.connection.close()
    return answer.value, answer.protocol, answer.pid


def open_idle(endpoint, seconds=MAX_SECONDS):
    """Return the `Answer` of the server there, its connection kept open."""
    end = time.monotonic() + seconds
    try:
        connection, head, protocol = _first_answer(endpoint, end)
    except socket.timeout:
        return Answer(unknown("ms", "%s: no answer within %g s" % (endpoint.name, seconds)))
    except OSError as error:
        return Answer(unknown("ms", "%s: %s" % (endpoint.name, error.strerror or error)))
    at = time.monotonic()
    value = _value(head.partition(b"\r\n\r\n")[0], endpoint.name, protocol)
    if value["origin"] == "unknown":
        connection.close()
        return Answer(value, protocol)
    return Answer(value, protocol, connection, at, _who_answered(endpoint, connection))


def _who_answered(endpoint, connection):
    if len(endpoint.holders) < 2 or "port" not in endpoint.listen:
        return None
    network = "self" if endpoint.pid is None else endpoint.pid
    return accepted_by(connection, endpoint.holders, network)


def _first_answer(endpoint, end):
    """Return (connection, bytes, protocol): without TLS where that is understood, else with."""
    if endpoint.tls:
        return _exchange(endpoint, end, over_tls) + ("https",)
    connection, answer = _exchange(endpoint, end)
    if _STATUS.match(answer):
        return connection, answer, "http"
    # What serves HTTPS resets the connection, or says by an alert that this is no TLS.
    if answer and not answer.startswith(_TLS_ALERT):
        return connection, answer, None
    connection.close()
    try:
        connection, answer = _exchange(endpoint, end, over_tls)
    except OSError:
        # It speaks no TLS: what it said, or did not say, without is the answer.
        return connection, b"", None
    return connection, answer, "https" if _STATUS.match(answer) else None


def _exchange(endpoint, end, wrap=None):
    """Return (connection, what comes to the request), nothing where it is reset."""
    connection = endpoint.connect(end)
    try:
        if wrap is not None:
            connection = wrap(connection)
        connection.sendall(_REQUEST)
        return connection, receive(connection, end)
    except (ConnectionResetError, BrokenPipeError):
        return connection, b""
    except BaseException:
        connection.close()
        raise


def _value(head, name, protocol):
    status = _STATUS.match(head)
    if status is None:
        return unknown("ms", "%s: does not answer in HTTP/1.1, without TLS or with" % name)
    if status.group(1) != b"417":
        answer = status.group(1).decode()
        return unknown("ms", "%s: answers %s to an unknown Expect, not 417" % (name, answer))
    said = _timeouts(head)
    if not said:
        said = "closes the connection" if _CLOSE.search(head) else "has no Keep-Alive header"
        return unknown("ms", "%s: its 417 %s" % (name, said))
    # A sign, a fraction, or a second time-out: not what Node writes.
    if len(said) > 1 or not said[0].isdigit():
        return unknown("ms", "%s: its Keep-Alive header is not Node's" % name)
    if len(said[0]) > 10 or int(said[0]) > _MAX_VALUE:
        return unknown("ms", "%s: its Keep-Alive header is absurd" % name)
    if int(said[0]) == 0:
        # A server that never closes sends no header at all.
        return unknown("ms", "%s: less than 1 s, by its Keep-Alive header" % name)
    how = "TLS, whole seconds" if protocol == "https" else "whole seconds"
    return known(int(said[0]) * 1000, "ms", "live",
                 "Keep-Alive header of %s (%s)" % (name, how))


def _timeouts(head):
    """Return what each `timeout=` of the Keep-Alive headers says, whatever it is."""
    parameters = [each.strip() for line in _HEADER.findall(head) for each in line.split(b",")]
    return [match.group(1) for match in map(_TIMEOUT.match, parameters) if match]
