# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time how long a server really keeps an idle connection: buffer, rounding and all.

Each connection is first answered with 417 by Node itself, so that no handler of
the application runs, and then left idle until Node closes it. All wait side by
side: the whole takes as long as the longest of them.
"""

from __future__ import annotations

import selectors
import time

from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.node.keep_alive_header import open_idle
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

# Longer than what is usual behind an edge of 60 s with room above it.
MAX_SECONDS = 130
MAX_ASKING_SECONDS = 5.0
# Node adds up to a second to what its header says (more where the code asks for it),
# and the header leaves out up to another.
_GRACE = 5.0
# How early a timer may look, with the time that the answer was on its way.
_TOLERANCE = 0.05


def idle_limits(endpoints, seconds=MAX_SECONDS):
    """Return (idle limit as a value in ms, who answered as `Answer` has it) of each endpoint.

    `unknown`, with the reason, where Node promises more than `seconds`, does not
    close, or closes before it should (it is being stopped).
    """
    answers = in_parallel(open_idle, endpoints, MAX_ASKING_SECONDS)
    limits = [None] * len(endpoints)
    idle = []
    for index, (endpoint, answer) in enumerate(zip(endpoints, answers)):
        if answer is None:
            limits[index] = unknown("ms", "%s: no answer in time" % endpoint.name)
        elif answer.connection is None:
            limits[index] = answer.value
        elif answer.value["value"] > seconds * 1000:
            answer.connection.close()
            limits[index] = unknown("ms", "%s: promises %g s, and no more than %g s are waited for"
                                    % (endpoint.name, answer.value["value"] / 1000, seconds))
        else:
            idle.append((index, answer))
    for index, answer, closed_at in _wait(idle):
        limits[index] = _limit(endpoints[index].name, answer, closed_at)
    return [(limit, answer and answer.pid) for limit, answer in zip(limits, answers)]


def _wait(idle):
    """Yield (index, answer, when the other end closed or None) of each connection."""
    with selectors.DefaultSelector() as selector:
        for index, answer in idle:
            answer.connection.setblocking(False)
            selector.register(answer.connection, selectors.EVENT_READ, (index, answer))
        while selector.get_map():
            now = time.monotonic()
            for key in list(selector.get_map().values()):
                if _due(key.data[1]) <= now:
                    yield _done(selector, key, None)
            waiting = [_due(key.data[1]) for key in selector.get_map().values()]
            if not waiting:
                break
            for key, _events in selector.select(max(0.0, min(waiting) - now)):
                if _is_closed(key.fileobj):
                    yield _done(selector, key, time.monotonic())


def _due(answer):
    return answer.at + answer.value["value"] / 1000 + _GRACE


def _done(selector, key, closed_at):
    selector.unregister(key.fileobj)
    key.fileobj.close()
    return key.data + (closed_at,)


def _is_closed(connection):
    """Tell whether the other end has closed; what it sends before that is of no concern."""
    try:
        while connection.recv(4096):
            pass
    except (BlockingIOError, InterruptedError):
        return False
    except OSError as error:
        # A TLS connection may have received less than a record.
        return not _wants_more(error)
    return True


def _wants_more(error):
    return type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError")


def _limit(name, answer, closed_at):
    promised = answer.value["value"] / 1000
    if closed_at is None:
        return unknown("ms", "%s: not closed %g s after it should have been"
                       % (name, _GRACE))
    seconds = closed_at - answer.at
    if seconds < promised - _TOLERANCE:
        return unknown("ms", "%s: closed after %.1f s, before the %g s that it promises"
                       % (name, seconds, promised))
    return known(round(seconds * 10) * 100, "ms", "live",
                 "idle connection to %s, closed by Node (tenths of a second)" % name)
