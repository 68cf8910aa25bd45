#!/usr/bin/env python3
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packs an npm package of tools/nodes, and those that it needs, as a tar file.

usage: packages.py PACKAGE FILE        PACKAGE as tools/npm/package.json names it, such as pm2-7
"""
from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def needed(packages: Path, name: str) -> set[str]:
    """The package and all that it needs, as far as they lie side by side."""
    found, ahead = set(), {name}
    while ahead:
        found |= ahead
        manifests = [json.loads((packages / each / "package.json").read_text("utf-8"))
                     for each in ahead]
        ahead = {each for manifest in manifests for kind in ("dependencies", "optionalDependencies")
                 for each in manifest.get(kind, {}) if (packages / each).is_dir()} - found
    return found


def main() -> None:
    """Read the arguments, and pack."""
    package, file = sys.argv[1:]
    packages = Path(subprocess.run([ROOT / "tools/nodes"], stdout=subprocess.PIPE, text=True,
                                   check=True).stdout.strip())
    subprocess.run(["tar", "--create", "--file", file, "--directory", packages,
                    *sorted(needed(packages, package))], check=True)


if __name__ == "__main__":
    main()
