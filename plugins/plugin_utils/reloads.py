# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether nginx was reloaded before the gate could decide.

Handlers run in the order in which roles are listed. Where the role of the gate comes after the one
that reloads, the decision comes too late, and nobody would notice as long as it is `allow`.
"""
from __future__ import annotations


def came_too_late(seen, now, decided) -> bool:
    """Return whether nginx already runs what is to be decided on.

    seen: the reading of the host when the gate last looked. now: its reading at the decision.
    decided: whether the gate decided when it last looked; then a reload since is the permitted one,
    and only one onto files that have changed again is too early.
    """
    return any(
        _reloaded(old, new, decided)
        for new in now.get("nginx") or []
        for old in seen.get("nginx") or []
        if old.get("conf") == new.get("conf")
    )


def _reloaded(old, new, decided) -> bool:
    before, after = _workers(old), _workers(new)
    if not before or not after or before & after:
        return False
    tree = new.get("tree") or {}
    changed_at = (tree.get("newest") or {}).get("mtime")
    if changed_at is None or changed_at > min(started for _pid, started in after):
        return False
    return not decided or tree.get("sha256") != (old.get("tree") or {}).get("sha256")


def _workers(nginx) -> set:
    return {
        (worker["pid"], worker["started"])
        for worker in nginx.get("workers") or []
        if not worker.get("shutting_down")
    }
