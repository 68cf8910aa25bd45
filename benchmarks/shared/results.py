# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a benchmark's figures are kept: benchmarks/results/NAME.md, with what they were taken of."""
from __future__ import annotations

import os
import platform
import re
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def keep(name: str, figures: str) -> Path:
    """Write the figures down; returns the file."""
    path = ROOT / "benchmarks/results" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"# {name}\n\n{taken_of()}\n\n```\n{figures.rstrip()}\n```\n", encoding="utf-8")
    return path


def taken_of() -> str:
    """The version, the day and the machine."""
    version = re.search(r"^version: (\S+)", (ROOT / "galaxy.yml").read_text("utf-8"), re.M)[1]
    day = datetime.now(timezone.utc).date().isoformat()
    return (f"no502.node {version}, {day}, {os.cpu_count()} cores of {processor()},"
            f" Linux {platform.release().split('-')[0]}")


def processor() -> str:
    """The processor's own name."""
    found = re.search(r"^model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"), re.M)
    return found[1] if found else platform.machine()
