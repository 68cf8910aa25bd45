# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps: what a change does to the tree, as data, each with its way back.

A transaction is a list of them. The rehearsal in the private view and the real swap run the
same list, and the journal holds it, so that a run that was killed can be finished or undone.
Applying a step twice, or undoing one that was never applied, does no harm.

``{"do": "write", "path", "content", "before"}``: ``before`` is null for a new file.
``{"do": "link", "path", "target", "before"}``: the same for the generation's symbolic link.
``{"do": "unlink", "path", "before"}``: no link any more.
``{"do": "remove", "path", "before"}``: a file of ours that has no place any more.
``{"do": "disable", "path", "target", "moved_to", "names"}``: a file of someone else's that is
taken over: a symbolic link (``target``) is removed, a file is renamed (``moved_to``); and
``enable``, which brings it back.
"""

from __future__ import annotations

import os
from typing import List

from ansible_collections.no502.node.plugins.module_utils.nginx_config import files


def apply(step: dict) -> None:
    _APPLY[step["do"]](step)


def undo(step: dict) -> None:
    _UNDO[step["do"]](step)


def undo_all(steps: List[dict]) -> None:
    """Every step back, the last one first."""
    for step in reversed(steps):
        undo(step)


def link_target(path: str):
    """Where the symbolic link leads; None where there is none."""
    try:
        return os.readlink(path)
    except OSError:
        return None


def _write(step: dict) -> None:
    files.write_text(step["path"], step["content"])


def _unwrite(step: dict) -> None:
    if step["before"] is not None:
        files.write_text(step["path"], step["before"])
    else:
        _unlink(step["path"])


def _link(step: dict) -> None:
    files.link(step["path"], step["target"])


def _relink(step: dict) -> None:
    if step["before"] is not None:
        files.link(step["path"], step["before"])
    else:
        _unlink(step["path"])


def _remove(step: dict) -> None:
    _unlink(step["path"])


def _disable(step: dict) -> None:
    if not os.path.lexists(step["path"]):
        return
    if step["target"] is not None:
        os.unlink(step["path"])
    else:
        os.rename(step["path"], step["moved_to"])
    files.sync_directory(step["path"])


def _enable(step: dict) -> None:
    if os.path.lexists(step["path"]):
        return
    if step["target"] is not None:
        os.symlink(step["target"], step["path"])
    elif os.path.lexists(step["moved_to"]):
        os.rename(step["moved_to"], step["path"])
    files.sync_directory(step["path"])


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    files.sync_directory(path)


_APPLY = {"write": _write, "link": _link, "unlink": _remove, "remove": _remove,
          "disable": _disable, "enable": _enable}
_UNDO = {"write": _unwrite, "link": _relink, "unlink": _relink, "remove": _unwrite,
         "disable": _enable, "enable": _disable}
