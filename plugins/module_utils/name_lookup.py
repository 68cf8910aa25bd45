# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look host names up as nginx does at its start, within a bounded time."""

from __future__ import annotations

import queue
import socket
import threading
import time

MAX_SECONDS = 3.0
_THREADS = 16


def look_up(names, seconds=MAX_SECONDS):
    """Return {name: [addresses]} by this host's resolver, IPv4 first as nginx has it.

    A name that is unknown, or was not answered for within `seconds` in all,
    has an empty list.
    """
    waiting, found = queue.Queue(), queue.Queue()
    for name in names:
        waiting.put(name)
    # The resolver cannot be interrupted, and a thread that is not a daemon would
    # keep this process alive until it is.
    for _unused in range(min(_THREADS, len(names))):
        threading.Thread(target=_serve, args=(waiting, found), daemon=True).start()
    addresses = dict.fromkeys(names, ())
    end = time.monotonic() + seconds
    for _unused in range(len(addresses)):
        try:
            name, answer = found.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        addresses[name] = answer
    return {name: list(answer) for name, answer in addresses.items()}


def _serve(waiting, found):
    while True:
        try:
            name = waiting.get_nowait()
        except queue.Empty:
            return
        found.put((name, _addresses(name)))


def _addresses(name):
    try:
        answers = socket.getaddrinfo(
            name, None, 0, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
        )
    except (OSError, UnicodeError):
        return []
    by_family = sorted(answers, key=lambda answer: answer[0] != socket.AF_INET)
    return list(dict.fromkeys(answer[4][0] for answer in by_family))
