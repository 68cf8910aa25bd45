# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a PM2 daemon over its rpc.sock, as PM2 5 to 7 speak there.

A message is amp's: one byte (the protocol's version, 1, and the number of
arguments, four bits each), then every argument after its length in four bytes,
big-endian. An argument is JSON behind `j:` or text behind `s:` (amp-message).
The last one is the request's id, which the reply repeats (pm2-axon); the one
before is `{"type": "call", "method", "args"}`, and in a reply `{"args"}` or
`{"error"}` (pm2-axon-rpc).

Whoever listens there is not trusted: what it says is bounded in time and size.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time

from ansible_collections.no502.node.plugins.module_utils.host import unix_socket

# An application takes 10 to 40 KiB, most of it its environment, which comes twice.
MAX_BYTES = 8 * 1024 * 1024
# An application has some 400. A value may be written with two bytes and take a hundred.
_MAX_VALUES = 200_000
_ONE_AT_A_TIME = threading.Lock()  # several daemons are asked at once
_AMP_VERSION = 1
_MAX_DIGITS = 18
_NOT_PM2 = "does not speak PM2's protocol"


class Pm2Error(Exception):
    """A daemon that cannot be asked or does not answer as PM2 does; the text says why."""


class Connection:
    """A connection to a socket file that must be over within some seconds.

    `root` is the directory under which the listener sees `path`. Raises
    Pm2Error where nobody can be reached. Nothing is sent yet: `pid` says who
    listens, by the kernel's word.
    """

    def __init__(self, path, seconds, root="/"):
        self._end = time.monotonic() + seconds
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._received = 0
        try:
            self._wait()
            self.pid = unix_socket.connect(self._socket, path, root)
        except OSError as error:
            self._socket.close()
            raise Pm2Error("%s: %s" % (path, error.strerror or error)) from error

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self._socket.close()

    def call(self, methods, names):
        """Return what each of `methods` answers, in their order; one error fails all.

        Each is called with an empty object, as PM2's own client does. Of every
        object in the answers only the members called one of `names` are kept;
        all others are dropped while the text is parsed.
        """
        numbers = [str(number) for number in range(len(methods))]
        answers = {}
        try:
            self._socket.sendall(b"".join(map(_request, methods, numbers)))
            while len(answers) < len(methods):
                number, answer = self._reply(names)
                if number not in numbers:
                    raise Pm2Error(_NOT_PM2)
                answers[number] = answer
        except socket.timeout as error:
            raise Pm2Error("does not answer in time") from error
        except OSError as error:
            raise Pm2Error(error.strerror or str(error)) from error
        return [_result(answers[number]) for number in numbers]

    def _wait(self):
        """Have the socket wait no longer than there is time."""
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise socket.timeout()
        self._socket.settimeout(remaining)

    def _read(self, length):
        """Return exactly that many bytes."""
        self._received += length
        if self._received > MAX_BYTES:
            raise Pm2Error("answers with more than %d MiB" % (MAX_BYTES >> 20))
        content = bytearray()
        while len(content) < length:
            self._wait()
            piece = self._socket.recv(min(length - len(content), 65536))
            if not piece:
                raise Pm2Error("closes the connection before it has answered")
            content += piece
        return bytes(content)

    def _reply(self, names):
        """Return (id, answer) of the next reply."""
        version, count = divmod(self._read(1)[0], 16)
        if version != _AMP_VERSION or count != 2:
            raise Pm2Error(_NOT_PM2)
        answer, number = [self._read(struct.unpack(">I", self._read(4))[0])
                          for _unused in range(count)]
        if answer[:2] != b"j:" or number[:2] != b"s:":
            raise Pm2Error(_NOT_PM2)
        return number[2:].decode("ascii", "replace"), _parse(answer[2:], names)


def _request(method, number):
    call = json.dumps({"type": "call", "method": method, "args": [{}]})
    arguments = [b"j:" + call.encode("ascii"), b"s:" + number.encode("ascii")]
    head = struct.pack(">B", _AMP_VERSION << 4 | len(arguments))
    return head + b"".join(struct.pack(">I", len(each)) + each for each in arguments)


def parse_json(text, names):
    """Return JSON with only those members of its objects that are called one of `names`.

    `text` is bytes. Raises Pm2Error for what is none, and for too much. Whole numbers of more digits than any of
    PM2's are None: to convert a million digits takes minutes.
    """
    # Each value stands behind one of these.
    if sum(map(text.count, (b"[", b"{", b","))) > _MAX_VALUES:
        raise Pm2Error("answers with more than %d values" % _MAX_VALUES)
    try:
        with _ONE_AT_A_TIME:
            return json.loads(
                text,
                object_pairs_hook=lambda pairs: {name: value for name, value in pairs
                                                 if name in names},
                parse_int=lambda digits: int(digits) if len(digits) <= _MAX_DIGITS else None,
            )
    # RecursionError: nested by the thousands.
    except (ValueError, RecursionError) as error:
        raise Pm2Error("answers with no JSON") from error


def _parse(text, names):
    return parse_json(text, names | {"args", "error"})


def _result(answer):
    """Return the first value of a reply's `args`."""
    if isinstance(answer, dict) and "error" in answer:
        # Not repeated: an error's text may quote anything.
        raise Pm2Error("refuses the request")
    if not isinstance(answer, dict) or not isinstance(answer.get("args"), list) \
            or not answer["args"]:
        raise Pm2Error(_NOT_PM2)
    return answer["args"][0]
