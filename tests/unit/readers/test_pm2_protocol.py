# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a PM2 daemon may answer, and that whoever sits at its socket is bounded."""
from __future__ import annotations

import json
import os
import struct

import pytest

from ansible_collections.no502.node.plugins.module_utils.pm2 import protocol
from ansible_collections.no502.node.plugins.module_utils.pm2.protocol import (
    Connection,
    Pm2Error,
    parse_json,
)

from .pm2_daemon import Impostor

NAMES = frozenset(["name", "pm2_env"])


def message(*arguments):
    return bytes([16 + len(arguments)]) + b"".join(
        struct.pack(">I", len(each)) + each for each in arguments)


def reply(value, number=b"0"):
    return message(b"j:" + json.dumps(value).encode(), b"s:" + number)


@pytest.fixture
def answered(tmp_path):
    """Ask an impostor one question: `answered(bytes or a function)`."""
    impostors = []

    def ask(answer, methods=("getMonitorData",), seconds=5):
        path = tmp_path / ("%d.sock" % len(impostors))
        send = answer if callable(answer) else lambda connection: connection.sendall(answer)
        impostors.append(Impostor(path, send))
        with Connection(str(path), seconds) as connection:
            assert connection.pid == os.getpid()
            return connection.call(list(methods), NAMES)

    yield ask
    for each in impostors:
        each.end()


def test_answers_in_any_order_and_only_the_wanted_members(answered):
    first = [{"name": "shop", "env": {"name": "no", "KEY": "s3cret"},
              "pm2_env": {"KEY": "s3cret", "name": "shop"}}]
    assert answered(reply({"args": ["two"]}, b"1") + reply({"args": [first]}),
                    ["getMonitorData", "getReport"]) \
        == [[{"name": "shop", "pm2_env": {"name": "shop"}}], "two"]


def test_the_request_is_what_pm2s_own_client_sends(answered):
    sent = []

    def listen(connection):
        sent.append(connection.recv(4096))
        connection.sendall(reply({"args": [1]}))

    answered(listen)
    assert sent == [message(
        b'j:{"type": "call", "method": "getMonitorData", "args": [{}]}', b"s:0")]


@pytest.mark.parametrize("answer, reason", [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak PM2's protocol"),
    (message(b"j:1", b"s:0", b"s:0"), "does not speak PM2's protocol"),
    (message(b"\xff\xfe", b"s:0"), "does not speak PM2's protocol"),
    (reply({"args": []}), "does not speak PM2's protocol"),
    (reply([1]), "does not speak PM2's protocol"),
    (reply({"args": [1]}, b"7"), "does not speak PM2's protocol"),
    (message(b"j:{nonsense", b"s:0"), "answers with no JSON"),
    (message(b"j:\xff\xff", b"s:0"), "answers with no JSON"),
    (message(b"j:" + b"[" * 100000, b"s:0"), "answers with no JSON"),
    (message(b"j:[%s]" % b",".join([b"[]"] * 150_000), b"s:0"), "more than 200000 values"),
    (message(b"j:[%s]" % b",".join([b'"ab"'] * 250_000), b"s:0"), "more than 200000 values"),
    (message(b"j:[%s]" % b",".join([b"{}"] * 150_000), b"s:0"), "more than 200000 values"),
    (reply({"error": "s3cret", "stack": "s3cret"}), "refuses the request"),
    (b"\x12" + struct.pack(">I", 100 * 2**20), "answers with more than 8 MiB"),
    (b"\x12\xff\xff\xff\xff", "answers with more than 8 MiB"),
])
def test_what_is_no_answer(answered, answer, reason):
    with pytest.raises(Pm2Error, match=reason) as raised:
        answered(answer)
    assert "s3cret" not in str(raised.value)


def test_one_answer_again_and_again_is_too_much(answered, monkeypatch):
    monkeypatch.setattr(protocol, "MAX_BYTES", 1000)
    with pytest.raises(Pm2Error, match="answers with more"):
        answered(reply({"args": [1]}) * 100, ["getReport", "getMonitorData"])


def test_one_who_says_nothing_and_one_who_hangs_up(answered):
    with pytest.raises(Pm2Error, match="does not answer in time"):
        answered(lambda connection: None, seconds=0.2)
    with pytest.raises(Pm2Error, match="closes the connection"):
        answered(lambda connection: (connection.recv(4096), connection.close()))


def test_one_who_answers_byte_by_byte_has_no_more_time(answered):
    """Each byte comes within the time that there is, the last one never would."""
    def drip(connection):
        connection.settimeout(0.05)
        connection.sendall(b"\x12\x00\x00\xff\xff")
        while True:
            try:
                connection.recv(4096)
            except OSError:
                connection.sendall(b"x")

    with pytest.raises(Pm2Error, match="does not answer in time"):
        answered(drip, seconds=0.5)


def test_nobody_is_there(tmp_path):
    with pytest.raises(Pm2Error, match="No such file"):
        Connection(str(tmp_path / "rpc.sock"), 1)
    (tmp_path / "rpc.sock").write_text("")
    with pytest.raises(Pm2Error, match="Connection refused"):
        Connection(str(tmp_path / "rpc.sock"), 1)


def test_a_path_that_is_longer_than_a_sockets_name_may_be(tmp_path):
    home = tmp_path / ("x" * 120)
    home.mkdir()
    here = os.open(home, os.O_PATH)
    impostor = Impostor("/proc/self/fd/%d/rpc.sock" % here,
                        lambda connection: connection.sendall(reply({"args": [1]})))
    try:
        with Connection(str(home / "rpc.sock"), 5) as connection:
            assert connection.call(["getReport"], NAMES) == [1]
        with Connection("/%s/rpc.sock" % home.name, 5, str(tmp_path)) as connection:
            assert connection.pid == os.getpid()
    finally:
        impostor.end()
        os.close(here)


def test_a_number_of_a_million_digits_is_none():
    assert parse_json(b"[%s, 12, -3, 1.5]" % (b"9" * 10**6), NAMES) == [None, 12, -3, 1.5]
