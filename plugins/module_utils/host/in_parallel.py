# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for several slow answers at once, and for none of them longer than a bound."""

from __future__ import annotations

import queue
import threading
import time

_THREADS = 16


def in_parallel(function, items, seconds):
    """Return `function(item)` for each item, None for those not done within `seconds` in all.

    `function` must not raise.
    """
    waiting, done = queue.Queue(), queue.Queue()
    for entry in enumerate(items):
        waiting.put(entry)
    # What a thread waits for may not be interruptible (the resolver is not), and a
    # thread that is not a daemon would keep this process alive until it is over.
    for _unused in range(min(_THREADS, len(items))):
        threading.Thread(target=_serve, args=(function, waiting, done), daemon=True).start()
    results = [None] * len(items)
    end = time.monotonic() + seconds
    for _unused in results:
        try:
            index, result = done.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        results[index] = result
    return results


def _serve(function, waiting, done):
    while True:
        try:
            index, item = waiting.get_nowait()
        except queue.Empty:
            return
        done.put((index, function(item)))
