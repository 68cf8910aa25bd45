# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a host: how long an idle connection really stays open, in ms, as JSON.

  time_idle.py SECONDS '{"CELL": ["127.0.0.1", 3000], ...}'

All at once, one request each; null for one that was still open after SECONDS.
"""
from __future__ import annotations

import asyncio
import json
import sys
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b"\r\n\r\nok"
ANSWER_SECONDS = 60     # a busy machine may take its time


async def idle_ms(address, seconds):
    """From the last byte of the answer to the end of the connection."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(REQUEST)
    answer = b""
    while not answer.endswith(BODY) and b"\r\n0\r\n\r\n" not in answer:
        answer += await asyncio.wait_for(reader.readexactly(1), ANSWER_SECONDS)
    began = time.monotonic()
    try:
        await asyncio.wait_for(reader.read(), seconds)
        return round((time.monotonic() - began) * 1000)
    except asyncio.TimeoutError:
        return None
    finally:
        writer.close()


async def main():
    """Time all of them side by side."""
    seconds, cells = float(sys.argv[1]), json.loads(sys.argv[2])
    measured = await asyncio.gather(*(idle_ms(address, seconds) for address in cells.values()))
    print(json.dumps(dict(zip(cells, measured))))


if __name__ == "__main__":
    asyncio.run(main())
