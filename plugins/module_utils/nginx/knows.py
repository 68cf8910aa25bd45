# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which directives the nginx that runs knows, looked up in its program file.

A version does not tell: distributions backport (Debian has `max_headers`, which
is of nginx 1.29.8, in its 1.22 and 1.26). The name of a directive stands in
the program as a string of its own. Nothing is run.
"""

from __future__ import annotations

import mmap
import os
import stat

# Directives that decide something about a chain and that came late, by their version.
DIRECTIVES = (
    "early_hints",  # 1.29.0
    "keepalive_min_timeout",  # 1.27.4
    "keepalive_time",  # 1.19.10
    "least_time",  # 1.31.0
    "max_headers",  # 1.29.8
    "proxy_pass_trailers",  # 1.27.2
    "proxy_socket_keepalive",  # 1.15.6
    "sticky",  # 1.29.6
    "worker_shutdown_timeout",  # 1.11.11
)
_MAX_BYTES = 256 * 1024 * 1024


def known_directives(program):
    """Return {directive: whether the program at this path knows it, None where that is hidden}."""
    try:
        if stat.S_ISREG(os.stat(program).st_mode):
            with open(program, "rb") as file:
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                    if len(content) <= _MAX_BYTES:
                        return {name: _stands_in(content, name.encode()) for name in DIRECTIVES}
    except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
        pass
    return dict.fromkeys(DIRECTIVES)


def _stands_in(content, name):
    if content.find(b"\0" + name + b"\0") >= 0:
        return True
    # At the end of another string it may be the directive, whose bytes a linker can share
    # ("balancer does not support sticky"), or may not.
    return None if content.find(name + b"\0") >= 0 else False
