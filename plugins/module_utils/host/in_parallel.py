# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait for several slow answers at once, and for none of them longer than a bound."""

from __future__ import annotations

import threading
import time

_THREADS = 16


def in_parallel(function, items, seconds):
    """Return `function(item)` for each item, None for those not done within `seconds` in all.

    `function` must not raise.
    """
    waiting = list(enumerate(items))[::-1]
    results = [None] * len(waiting)
    if seconds <= 0:
        return results
    # What a thread waits for may not be interruptible (the resolver is not), and a
    # thread that is not a daemon would keep this process alive until it is over.
    threads = [threading.Thread(target=_serve, args=(function, waiting, results), daemon=True)
               for _unused in range(min(_THREADS, len(waiting)))]
    end = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    waiting.clear()
    return list(results)  # a copy: who is late writes into the other one


def _serve(function, waiting, results):
    while True:
        try:
            index, item = waiting.pop()
        except IndexError:
            return
        results[index] = function(item)
