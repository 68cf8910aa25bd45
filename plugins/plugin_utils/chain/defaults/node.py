# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Node does where its code says nothing, by version. Data, and what V8 makes of the memory.

Measured on 18.20, 20.20, 22.23, 24.21 and 26.10, and for what appeared between them on the
versions around; the documentation of http.Server says the rest.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults.row import (
    always,
    at,
    changed,
)

SETTINGS = {
    "connections_checking_interval": always(30_000, "ms"),
    "headers_timeout": always(60_000, "ms"),
    "keep_alive_timeout": always(5_000, "ms"),
    # Two release lines got it: 20.18 has it, 21 and 22.0 to 22.8 have not. From 22.19 and 24.6 on
    # the code may set another (http.Server.keepAliveTimeoutBuffer); nearly none does.
    "keep_alive_timeout_buffer": changed(
        "ms", 0, ((20, 18), 1_000), ((21,), 0), ((22, 9), 1_000)
    ),
    "max_header_size": always(16_384, "bytes"),
    # Node counts names and values: 2,000 of them.
    "max_headers_count": always(1_000, "count"),
    "max_requests_per_socket": always(0, "count"),
    "request_timeout": always(300_000, "ms"),
    "server_timeout": always(0, "ms"),
}

# The first version that sizes its heap by the limit of a cgroup of version 2; 18 sees the host's
# memory alone.
SEES_CGROUP_2 = (20,)

MEBIBYTE = 1 << 20
# What V8 adds to the old space for the young generation where the old space was given: MiB.
_YOUNG_BESIDE_GIVEN = changed("count", 48, ((24,), 192), ((26,), 96))
# The same where V8 chose the old space: (memory from, young generation), both in MiB.
_YOUNG_BY_MEMORY = changed(
    None,
    ((0, 3), (1024, 12), (2048, 24), (4096, 48)),
    ((24,), ((0, 3), (1024, 48), (2048, 96), (4096, 192))),
    ((26,), ((0, 6), (512, 12), (1024, 24), (2048, 48), (4096, 96))),
)
_LEAST_OLD, _MOST_OLD, _MOST_OLD_OF_LARGE = 256, 2048, 4096
_LARGE_MEMORY = 15 * 1024


def old_space(memory):
    """Return the bytes of old space that V8 gives itself in so many bytes of memory."""
    mib = memory // MEBIBYTE
    most = _MOST_OLD_OF_LARGE if mib >= _LARGE_MEMORY else _MOST_OLD
    return min(max(mib // 2, _LEAST_OLD), most) * MEBIBYTE


def young_space(version, memory=None):
    """Return the bytes of heap beside the old space; memory: that by which V8 chose it, if it did.

    None where the version is not known.
    """
    if not version:
        return None
    if memory is None:
        return at(_YOUNG_BESIDE_GIVEN, version) * MEBIBYTE
    rows = at(_YOUNG_BY_MEMORY, version)
    return [young for least, young in rows if least * MEBIBYTE <= memory][-1] * MEBIBYTE
