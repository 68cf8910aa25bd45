# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A steady load on an app while something else happens: tools/load."""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/load"
AT_MOST_SECONDS = 900


class Load:
    """POSTs by some clients from `with` to its end; then `tally` says what became of them."""

    def __init__(self, address: str, server_name: str):
        self._argv = [sys.executable, str(TOOL), "steady", "--for", str(AT_MOST_SECONDS),
                      "--clients", "4", "--pause", "0.02", "--host", server_name,
                      f"http://{address}/"]
        self.tally: dict = {}

    def __enter__(self) -> Load:
        self._process = subprocess.Popen(self._argv, stdout=subprocess.PIPE, text=True)
        return self

    def __exit__(self, *_error) -> None:
        self._process.terminate()
        output, _nothing = self._process.communicate()
        self.tally = json.loads(output)
