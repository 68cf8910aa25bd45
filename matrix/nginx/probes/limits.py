# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How large a request or an answer may be, and where nginx puts it: counted to the byte."""
from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

from . import client
from .backend import Connection, answering
from .bench import Bench, largest, wait_until
from .client import Client, ask, get, post


def answer_header(bench: Bench) -> int | None:
    """Bytes of the largest header of a backend's answer that passes."""
    def padded(connection: Connection) -> None:
        size = int(connection.read().target[1:])
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Padding: "
        connection.socket.sendall(head.ljust(size - 4, b"x") + b"\r\n\r\n")

    with bench.backend(padded):
        return largest(lambda size: ask(bench.port, get(f"/{size}")).status == 200, 100, 100_000)


def header_line(bench: Bench) -> int | None:
    """Bytes of the longest header line, its end included, that a request may have."""
    def passes(size: int) -> bool:
        return ask(bench.port, get("/", "X: ".ljust(size - 2, "x"))).status == 200

    with bench.backend(answering):
        return largest(passes, 10, 100_000)


def request_line(bench: Bench) -> int | None:
    """Bytes of the longest request line, its end included."""
    around = len("GET  HTTP/1.1\r\n")

    def passes(size: int) -> bool:
        return ask(bench.port, get("/".ljust(size - around, "x"))).status == 200

    with bench.backend(answering):
        return largest(passes, around + 1, 100_000)


def whole_header(bench: Bench) -> int | None:
    """Bytes of the largest request header, of lines of 50 bytes, that nginx takes."""
    def passes(size: int) -> bool:
        lines = ["X: ".ljust(48, "x")] * ((size - 60) // 50)
        rest = max(size - len(get("/", *lines)), 6)
        return ask(bench.port, get("/", *lines, "Y: ".ljust(rest - 2, "y"))).status == 200

    with bench.backend(answering):
        return largest(passes, 200, 45_000)


def header_lines(bench: Bench) -> int | None:
    """How many header lines a request may have; None where 2,000 pass."""
    def passes(lines: int) -> bool:
        # One of the lines is Host.
        return ask(bench.port, get("/", *["a:b"] * (lines - 1))).status == 200

    with bench.backend(answering):
        return largest(passes, 1, 2000)


def body(bench: Bench) -> int | None:
    """The largest length of a body that nginx does not refuse; None where 10 GB pass."""
    def passes(length: int) -> bool:
        return ask(bench.port, post(length, "Expect: 100-continue")).status == 100

    return largest(passes, 1, 10_000_000_000)


def body_in_memory(bench: Bench) -> int | None:
    """The largest body that is not written to a file."""
    def stays(length: int) -> bool:
        target = f"/{time.monotonic_ns()}"
        with Client(bench.port) as uploader:
            uploader.send(post(length, target=target))
            # What comes together with the header is counted differently.
            time.sleep(0.03)
            uploader.ask(b"x" * length)
        return "buffered to a temporary file" not in _lines_about(bench, target)

    with bench.backend(answering):
        return largest(stays, 1, 1_000_000)


def _lines_about(bench: Bench, target: str) -> str:
    lines = bench.log.read_text("latin-1").splitlines()
    return "\n".join(line for line in lines if f'"POST {target} ' in line)


def busy_buffers(bench: Bench) -> tuple[int, int]:
    """The least and the most that `nginx -t` takes as proxy_busy_buffers_size.

    It wants no less than one buffer, and no more than all of them but one.
    """
    def takes(size: int) -> bool:
        return bench.accepts(f"proxy_busy_buffers_size {size};")

    inside = next(size for size in (2 ** n for n in range(9, 24)) if takes(size))
    least = 1 + largest(lambda size: not takes(size), 0, inside)
    return least, largest(takes, inside, 1 << 26)


def buffer_size(bench: Bench) -> int:
    """The size of each of proxy_buffers."""
    return busy_buffers(bench)[0]


def buffer_count(bench: Bench) -> int:
    """How many proxy_buffers there are."""
    least, most = busy_buffers(bench)
    return most // least + 1


def busy_size(bench: Bench) -> int:
    """The proxy_busy_buffers_size for which `nginx -t` wants so many buffers of 1 KB."""
    enough = 1 + largest(lambda number: not bench.accepts(f"proxy_buffers {number} 1k;"), 2, 1000)
    return (enough - 1) * 1024


def temporary_limit(bench: Bench) -> int:
    """The largest buffer for which `nginx -t` finds proxy_max_temp_file_size large enough."""
    def takes(size: int) -> bool:
        return bench.accepts(f"proxy_buffer_size {size}; proxy_busy_buffers_size {size}; "
                             f"proxy_buffers 3 {size};")

    return largest(takes, 1024, 1 << 34)


def temporary_file(bench: Bench) -> int:
    """Bytes of the file that holds what a client does not read yet of an answer of 24 MB."""
    def large(connection: Connection) -> None:
        connection.read()
        connection.answer(body=b"x" * 24 * 1024 * 1024)

    with bench.backend(large), Client(bench.port, receive_buffer=4096) as stalled:
        stalled.send(client.GET)
        sizes: list[int] = []

        def rests() -> bool:
            sizes.append(_deleted_files(bench.workers))
            return len(sizes) > 20 and len(set(sizes[-20:])) == 1

        wait_until(rests, 10)
        return sizes[-1]


def _deleted_files(pids: list[int]) -> int:
    """Bytes of the files that processes have open and that have no name any more."""
    found = 0
    for descriptor in itertools.chain.from_iterable(
            Path(f"/proc/{pid}/fd").iterdir() for pid in pids):
        try:
            if os.readlink(descriptor).endswith("(deleted)"):
                found += descriptor.stat().st_size
        except OSError:
            pass
    return found
