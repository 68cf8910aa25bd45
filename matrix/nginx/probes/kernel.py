# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of nginx's connections on this host (/proc/net/tcp)."""
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_KEEPALIVE_TIMER = "02"


class Tcp(NamedTuple):
    """One end of a connection."""

    state: str
    timer: str
    inode: int

    @property
    def held(self) -> bool:
        """Whether a process still has it open."""
        return self.inode != 0

    @property
    def probed(self) -> bool:
        """Whether the kernel will probe it when it is idle (SO_KEEPALIVE)."""
        return self.timer == _KEEPALIVE_TIMER


def end_of(local: int, remote: int) -> Tcp | None:
    """The end whose own port is `local`; None where the kernel has forgotten it."""
    for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]:
        words = line.split()
        if int(words[1].split(":")[1], 16) == local and int(words[2].split(":")[1], 16) == remote:
            return Tcp(words[3], words[5].split(":")[0], int(words[9]))
    return None


def is_held(local: int, remote: int) -> bool:
    """Whether a process still has that end open."""
    end = end_of(local, remote)
    return end is not None and end.held
