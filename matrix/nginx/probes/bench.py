# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a probe works with: its nginx, its backends, and clocks with an end."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import backend as backends

# nginx's longest time-outs by default are 75 s.
PATIENCE = 85.0


class Bench:
    """One case on this host: ports, the instance's files, and its processes."""

    def __init__(self, directory: Path, number: int, port: int, peers: list[int]) -> None:
        self.directory = directory
        self.number = number
        self.port = port
        self.peers = peers

    @property
    def conf(self) -> Path:
        """The instance's configuration."""
        return self.directory / "nginx.conf"

    @property
    def log(self) -> Path:
        """The instance's error log."""
        return self.directory / "error.log"

    @property
    def master(self) -> int:
        """The process id of the instance's master."""
        return int((self.directory / "pid").read_text("ascii"))

    @property
    def workers(self) -> list[int]:
        """The process ids of the instance's workers."""
        listed = Path(f"/proc/{self.master}/task/{self.master}/children").read_text("ascii")
        return [int(word) for word in listed.split()]

    @contextlib.contextmanager
    def backend(self, serve: Callable, peer: int = 0, **options) -> Iterator[backends.Backend]:
        """A backend that listens where the upstream's `peer`-th server is."""
        backend = backends.Backend(self.peers[peer], serve, **options)
        try:
            yield backend
        finally:
            backend.close()

    def reload(self) -> None:
        """Have the master start new workers and end the old ones."""
        os.kill(self.master, signal.SIGHUP)

    def accepts(self, directive: str) -> bool:
        """Whether nginx takes this directive at the end of the case's location."""
        mark = f"# {self.number} ends"
        text = self.conf.read_text("utf-8").replace(mark, directive)
        candidate = self.directory / f"candidate-{self.number}.conf"
        candidate.write_text(text, "utf-8")
        done = subprocess.run(["nginx", "-t", "-q", "-c", candidate], stderr=subprocess.PIPE,
                              check=False)
        return done.returncode == 0


def since(start: float) -> int:
    """Milliseconds since then."""
    return round((time.monotonic() - start) * 1000)


def largest(accepted: Callable[[int], bool], low: int, high: int) -> int | None:
    """The largest number that is accepted, of low..high; None where all are.

    0 where not even the lowest is.
    """
    if not accepted(low):
        return 0
    if accepted(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if accepted(middle):
            low = middle
        else:
            high = middle
    return low


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE,
               begun: float | None = None) -> int | None:
    """Milliseconds from `begun` (now) until the condition holds; None where it does not in time."""
    begun = time.monotonic() if begun is None else begun
    while time.monotonic() - begun < seconds:
        if condition():
            return since(begun)
        time.sleep(0.02)
    return None


def at_once(jobs: list[Callable[[], None]]) -> None:
    """Run them side by side and wait for all."""
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
