# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change does to files, in the form of Ansible's ``--diff``."""

from __future__ import annotations

import os
from typing import Dict, List

from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import LINK


def of_generations(before: Dict[str, str], after: Dict[str, str], conf_dir: str) -> List[dict]:
    """The managed files that differ, under the name by which nginx reads them."""
    found = []
    for path in sorted(set(before) | set(after)):
        if before.get(path) != after.get(path):
            name = os.path.join(conf_dir, LINK, path)
            found.append(_entry(name, before.get(path), after.get(path)))
    return found


def of_steps(steps: List[dict]) -> List[dict]:
    """The files outside of the generations that are written, removed, disabled or enabled."""
    found = []
    for step in steps:
        path = step["path"]
        if step["do"] in ("write", "remove"):
            found.append(_entry(path, step["before"], step.get("content")))
        elif step["do"] == "disable":
            found.append(_entry(path, _state(step), None))
        elif step["do"] == "enable":
            found.append(_entry(path, None, _state(step)))
    return found


def _state(step: dict) -> str:
    names = ", ".join(step["names"])
    if step["target"] is not None:
        return "symbolic link to %s (serves %s)\n" % (step["target"], names)
    return "file, kept as %s (serves %s)\n" % (step["moved_to"], names)


def _entry(path: str, before, after) -> dict:
    return {"before_header": path if before is not None else "/dev/null",
            "after_header": path if after is not None else "/dev/null",
            "before": before or "", "after": after or ""}
