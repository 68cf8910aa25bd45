# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a host: how long an idle connection really stays open, in ms, as JSON.

  time_idle.py SECONDS '{"CELL": ["127.0.0.1", 3000], ...}'

{"late": 3, "closed": {"CELL": 6003, ...}}: side by side, the shortest of some connections each,
since a busy machine can only be late; null where all were still open after SECONDS. `late` is by
how much this program itself was woken up too late, at most.
"""
from __future__ import annotations

import asyncio
import json
import sys
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
BODY = b"\r\n\r\nok"
TURNS = 4
STEP_SECONDS = 0.05
ANSWER_SECONDS = 60     # a busy machine may take its time


async def shortest(address, seconds):
    """The shortest of some connections, one a second."""
    measured = await asyncio.gather(*(idle_ms(address, seconds, turn) for turn in range(TURNS)))
    return min((each for each in measured if each is not None), default=None)


async def idle_ms(address, seconds, wait):
    """From the last byte of the answer to the end of the connection, begun after a while."""
    await asyncio.sleep(wait)
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


async def lateness(late):
    """Keep in late[0] by how many ms a short sleep was too long, at most."""
    while True:
        began = time.monotonic()
        await asyncio.sleep(STEP_SECONDS)
        late[0] = max(late[0], round((time.monotonic() - began - STEP_SECONDS) * 1000))


async def main():
    """Time all of them side by side."""
    seconds, cells, late = float(sys.argv[1]), json.loads(sys.argv[2]), [0]
    watch = asyncio.create_task(lateness(late))
    measured = await asyncio.gather(*(shortest(address, seconds) for address in cells.values()))
    watch.cancel()
    print(json.dumps({"late": late[0], "closed": dict(zip(cells, measured))}))


if __name__ == "__main__":
    asyncio.run(main())
