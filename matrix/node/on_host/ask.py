# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a host: what every process of every cell says of itself, as JSON.

  ask.py DIRECTORY      {CELL: [what one process says, ...]}

DIRECTORY/CELL/PID.json is written by app.js when it has begun to listen, and again at a SIGUSR2.
"""
from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

SECONDS = 10


def ask(files):
    """Have every living process write its file anew, and return those files."""
    asked = []
    for file in files:
        file.unlink()
        try:
            os.kill(int(file.stem), signal.SIGUSR2)
        except ProcessLookupError:
            continue
        asked.append(file)
    return asked


def answer(file, end):
    """What one process has written."""
    while not file.exists():
        if time.monotonic() > end:
            sys.exit(f"{file}: no answer within {SECONDS} s")
        time.sleep(0.02)
    return json.loads(file.read_text("utf-8"))


def main():
    """Ask all of them at once, then collect."""
    asked = {cell.name: ask(sorted(cell.glob("*.json"))) for cell in Path(sys.argv[1]).iterdir()}
    end = time.monotonic() + SECONDS
    print(json.dumps({cell: [answer(file, end) for file in files]
                      for cell, files in asked.items()}))


if __name__ == "__main__":
    main()
