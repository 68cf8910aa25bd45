# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The load's accounting, against a server that misbehaves as it is told."""
from __future__ import annotations

import asyncio
import importlib.machinery
import importlib.util
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

LOAD = Path(__file__).resolve().parents[3] / "tools/load"
_loader = importlib.machinery.SourceFileLoader("load", str(LOAD))
load = importlib.util.module_from_spec(importlib.util.spec_from_loader("load", _loader))
_loader.exec_module(load)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
ANSWERS = {
    "ok": OK,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    "created": b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
    "missing": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "bad gateway": b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
    "time-out": b"HTTP/1.1 504 Gateway Time-out\r\nContent-Length: 0\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    "to the end": b"HTTP/1.1 200 OK\r\n\r\nok",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
    "chunk cut": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok",
    "header cut": b"HTTP/1.1 200 OK\r\nConte",
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "nothing": b"",
    "close when idle": OK,
}
ENDS = {"close", "to the end", "short", "chunk cut", "header cut", "no http", "nothing",
        "close when idle"}


class Server:
    """Answers the nth request of all as the nth word of its script says; then with ok."""

    def __init__(self, *script):
        self.script = list(script)
        self.requests = []
        self.connections = 0

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_error):
        self._server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(dict(line.lower().split(b": ") for line in head[:-4].split(b"\r\n")[1:])
                     .get(b"content-length", 0))
        self.requests.append((head.split(b" ")[0].decode(), len(await reader.readexactly(length))))
        kind = self.script.pop(0) if self.script else "ok"
        if kind == "hang":
            await reader.read(-1)
            return False
        if kind == "reset":
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        writer.write(ANSWERS[kind])
        await writer.drain()
        return kind not in ENDS

    def target(self, **changes):
        settings = {"url": f"http://127.0.0.1:{self.port}/x?y=1", "host": "shop.example.com",
                    "body": 5, "patience": 60, **changes}
        return load.Target(**settings)


def asked(*script, post=True):
    """The tally of a request for each word of the script, one after the other, by one client."""
    async def ask():
        async with Server(*script) as server:
            tally = load.Tally()
            patience = 2 if "hang" in script else 60
            client = load.Client(server.target(patience=patience), tally)
            for answer in script:
                await client.request(post)
                while answer == "close when idle" and not client._reader.at_eof():
                    await asyncio.sleep(0.005)
            await client.close()
            return tally, server
    return asyncio.run(ask())


def outcomes(tally):
    return {name: n for name, n in tally.outcomes.items() if n}


@pytest.mark.parametrize("answer, status", [
    ("ok", 200), ("chunked", 200), ("continue", 200), ("created", 201), ("missing", 404),
    ("bad gateway", 502), ("time-out", 504), ("close", 200), ("to the end", 200),
])
def test_a_whole_answer(answer, status):
    tally, _server = asked(answer)
    assert (outcomes(tally), tally.statuses) == ({"answered": 1}, {status: 1})
    assert tally.failed == (1 if status >= 500 else 0)


@pytest.mark.parametrize("answer, outcome", [
    ("short", "truncated"), ("chunk cut", "truncated"), ("header cut", "truncated"),
    ("no http", "malformed"), ("no length", "malformed"),
    ("nothing", "reset_fresh"), ("reset", "reset_fresh"), ("hang", "timed_out"),
])
def test_a_lost_answer(answer, outcome):
    tally, _server = asked(answer)
    assert (outcomes(tally), tally.sent, tally.failed) == ({outcome: 1}, 1, 1)
    assert [failure["outcome"] for failure in tally.failures] == [outcome]
    assert tally.latencies == []


@pytest.mark.parametrize("answer", ["nothing", "reset"])
def test_a_used_connection_that_closes_under_a_request_is_counted_apart(answer):
    tally, _server = asked("ok", answer, "ok")
    assert outcomes(tally) == {"answered": 2, "reused_closed": 1}
    assert (tally.failed, tally.fresh) == (0, 2)


def test_a_used_connection_that_breaks_off_an_answer_is_a_loss():
    tally, _server = asked("ok", "short")
    assert outcomes(tally) == {"answered": 1, "truncated": 1}
    assert tally.failed == 1


def test_a_connection_that_was_closed_while_idle_is_opened_anew():
    tally, server = asked("close when idle", "ok")
    assert outcomes(tally) == {"answered": 2}
    assert (tally.fresh, tally.reopened, server.connections) == (2, 1, 2)


@pytest.mark.parametrize("answer", ["close", "to the end"])
def test_an_answer_that_announces_the_end_is_believed(answer):
    tally, server = asked(answer, "ok")
    assert outcomes(tally) == {"answered": 2}
    assert (tally.fresh, tally.reopened, server.connections) == (2, 0, 2)


def test_connections_are_kept():
    tally, server = asked(*["ok"] * 5)
    assert (tally.sent, tally.fresh, tally.reopened, server.connections) == (5, 1, 0, 1)


def test_nobody_listens():
    async def ask():
        async with Server() as server:
            target = server.target()
        tally = load.Tally()
        await load.Client(target, tally).request(True)
        return tally
    tally = asyncio.run(ask())
    assert (outcomes(tally), tally.failed, tally.fresh) == ({"reset_fresh": 1}, 1, 0)


def test_what_is_sent():
    assert asked("ok")[1].requests == [("POST", 5)]
    assert asked("ok", post=False)[1].requests == [("GET", 0)]


@pytest.mark.parametrize("share, posts", [(0, 8), (0.5, 4), (0.25, 6), (1, 0)])
def test_the_share_of_get(share, posts):
    assert sum(load._is_post(number, share) for number in range(8)) == posts


def test_the_sweep_goes_around_the_limit():
    assert load.sweep(5, 0.010) == pytest.approx([-0.010, -0.005, 0, 0.005, 0.010])
    assert load.sweep(1, 0.010) == [0]


def test_every_request_has_one_outcome_and_the_json_says_so():
    script = ["ok", "short", "ok", "nothing", "bad gateway", "hang", "created", "missing", "reset"]
    tally, _server = asked(*script)
    told = tally.as_dict()
    assert told["sent"] == len(script) == sum(tally.outcomes.values())
    assert {name: told[name] for name in (
        "2xx", "4xx", "5xx", "truncated", "reset_fresh", "reused_closed", "timed_out", "malformed",
        "failed")} == {
        "2xx": 3, "4xx": 1, "5xx": 1, "truncated": 1, "reset_fresh": 0, "reused_closed": 2,
        "timed_out": 1, "malformed": 0, "failed": 3}
    assert told["statuses"] == {"200": 2, "201": 1, "404": 1, "502": 1}


def test_tallies_add_up():
    first, _server = asked("ok", "bad gateway")
    second, _server = asked("ok", "nothing", "hang")
    both = load.Tally()
    both.add(first)
    both.add(second)
    for name in ("sent", "failed", "fresh", "reopened"):
        assert getattr(both, name) == getattr(first, name) + getattr(second, name), name
    assert both.statuses == {200: 2, 502: 1}
    assert len(both.latencies) == 3
    assert [failure["outcome"] for failure in both.failures] == ["answered", "timed_out"]


def test_percentiles():
    tally = load.Tally()
    for milliseconds in range(1, 101):
        tally.count("answered", 200, milliseconds / 1000)
    assert tally.as_dict()["latency_ms"] == {"p50": 50, "p90": 90, "p99": 99, "max": 100}
    assert load.Tally().as_dict()["latency_ms"]["p99"] is None


def command(*arguments, script=(), end=None):
    """The command's result and what it printed beside, against a server of this script."""
    async def run():
        async with Server(*script) as server:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(LOAD), *arguments, f"http://127.0.0.1:{server.port}/",
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if end is not None:
                while len(server.requests) < end:
                    await asyncio.sleep(0.01)
                os.kill(process.pid, signal.SIGTERM)
            out, err = await process.communicate()
            return json.loads(out), err.decode(), server
    return asyncio.run(run())


def test_bursts():
    result, err, server = command(
        "bursts", "--clients", "8", "--idle", "0.4x2", "--idle", "0.5", "--rounds", "1",
        "--new-rate", "0", script=["ok"] * 5 + ["bad gateway"])
    assert [(limit["idle"], limit["sent"], limit["5xx"]) for limit in result["limits"]] == [
        (0.4, 24, 1), (0.5, 16, 0)]
    assert (result["sent"], result["2xx"], result["5xx"], result["failed"]) == (40, 39, 1, 1)
    assert err.splitlines()[0].startswith("idle 0.4 s: 24 sent, 23 2xx, 1 5xx, 0 truncated, ")
    assert server.requests == [("POST", 200)] * 40


def test_bursts_with_new_connections_mixed_in():
    result, _err, server = command("bursts", "--clients", "4", "--idle", "0.3x1",
                                   "--new-rate", "50", "--get-share", "0.5")
    assert result["sent"] == result["2xx"] == len(server.requests) > 8
    assert result["connections"]["fresh"] == server.connections == result["sent"] - 4
    assert {method for method, _length in server.requests} == {"GET", "POST"}


def test_steady_ends_by_itself():
    result, _err, server = command("steady", "--for", "0.3", "--clients", "3", "--new-rate", "20")
    assert result["sent"] == result["2xx"] == len(server.requests) > 3
    assert not result["stopped"]


@pytest.mark.parametrize("kind", [("steady", "--for", "600"), ("bursts", "--idle", "600")])
def test_a_signal_ends_it_with_a_result(kind):
    result, _err, server = command(*kind, "--clients", "3", end=3)
    assert result["stopped"]
    assert result["sent"] == result["2xx"] == len(server.requests) >= 3


def test_an_address_that_is_none():
    with pytest.raises(ValueError, match="not an address: 'https://x/'"):
        load.Target("https://x/", None, 0, 1)
