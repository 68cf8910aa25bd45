# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this collection itself put beside an nginx: generations, their history, its files."""

from __future__ import annotations

import json
import os
import re

# Bytes of the file that lists the generations which were loaded; it is a few kilobytes.
_HISTORY_LIMIT = 1 << 20
_MANAGED = r"/(?:no502|no502\.d/[0-9a-f]+)/(?:http/app-|snippets/)([^/]+)\.conf\Z"


def generation_of(conf):
    """Return the hash of the generation that the symlink beside `conf` names, else None."""
    try:
        target = os.readlink(os.path.join(os.path.dirname(conf), "no502"))
    except OSError:
        return None
    match = re.search(r"(?:^|/)no502\.d/([0-9a-f]+)/?\Z", target)
    return match.group(1) if match else None


def loaded_last(conf):
    """Return the hash of the generation that was loaded and proven last, else None."""
    history = _history(conf)
    return str(history[-1]["generation"]) if history else None


def override_of(conf):
    """Return who let the generation in force pass the policies, and why; None where nobody did."""
    generation = generation_of(conf)
    entries = [entry for entry in _history(conf) if entry["generation"] == generation]
    override = entries[-1].get("override") if entries else None
    try:
        return override and {name: str(override[name]) for name in ("reason", "owner")}
    except (KeyError, TypeError):
        return None


def managed_app(path, conf):
    """Return the app whose file `path` is among those this collection renders, else None."""
    directory = os.path.dirname(conf)
    if not path.startswith(directory + "/"):
        return None
    match = re.match(_MANAGED, path[len(directory):])
    return match.group(1) if match else None


def _history(conf):
    """Return the entries of the history, the oldest first; none where it cannot be read."""
    path = os.path.join(os.path.dirname(conf), "no502.d", "history.json")
    try:
        with open(path, "rb") as file:
            history = json.loads(file.read(_HISTORY_LIMIT).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    if not isinstance(history, list):
        return []
    return [entry for entry in history if isinstance(entry, dict) and entry.get("generation")]
