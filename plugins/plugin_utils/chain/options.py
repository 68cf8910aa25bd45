# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that a Node process was started with: which of several counts."""
from __future__ import annotations

UNCLEAR = "its options are not seen, or not the same for all workers"
_ENVIRONMENT = "NODE_OPTIONS"


def unclear(node):
    """Tell whether no process was seen, or the workers of one application have different ones."""
    return node.get("options", []) is None


def document(node):
    """Return the document's part about them, None where they are unclear."""
    if unclear(node):
        return None
    return [dict(option) for option in node.get("options") or []]


def given(node, name):
    """Return the option of that name that counts: one of NODE_OPTIONS comes first, and yields."""
    found = [option for option in node.get("options") or []
             if option["name"] == name and not _unheard(node, option)]
    found.sort(key=lambda option: option["source"] != _ENVIRONMENT)
    return found[-1] if found else None


def number(option):
    """Return the whole number that an option was given, None where it is none."""
    text = option["value"] or ""
    return int(text) if text.isdecimal() else None


def _unheard(node, option):
    """Tell whether PM2 keeps an option from a worker: in cluster mode it ignores NODE_OPTIONS."""
    kind = (node.get("supervisor") or {}).get("kind")
    return option["source"] == _ENVIRONMENT and kind == "pm2" and node.get("mode") == "cluster"
