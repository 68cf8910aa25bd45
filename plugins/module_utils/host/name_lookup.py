# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look host names up as nginx does at its start, within a bounded time."""

from __future__ import annotations

import socket

from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel

MAX_SECONDS = 3.0


def look_up(names, seconds=MAX_SECONDS):
    """Return {name: [addresses]} by this host's resolver, IPv4 first as nginx has it.

    A name that is unknown, or was not answered for within `seconds` in all,
    has an empty list.
    """
    names = list(names)
    answers = in_parallel(_addresses, names, seconds)
    return {name: answer or [] for name, answer in zip(names, answers)}


def _addresses(name):
    try:
        answers = socket.getaddrinfo(
            name, None, 0, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
        )
    except (OSError, UnicodeError):
        return []
    by_family = sorted(answers, key=lambda answer: answer[0] != socket.AF_INET)
    return list(dict.fromkeys(answer[4][0] for answer in by_family))
