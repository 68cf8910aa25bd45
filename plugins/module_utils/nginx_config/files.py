# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Optional


def read_text(path: str) -> Optional[str]:
    """The file's text, any byte kept; None where there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as text:
            return text.read()
    except FileNotFoundError:
        return None


def write_text(path: str, content: str, mode: int = 0o644) -> None:
    """Replace the file in one step; one that is there keeps its owner and mode, a new one has
    ``mode``.

    A symbolic link is followed: what it names is replaced, the link stays.
    """
    path = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(prefix=".no502-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as text:
            text.write(content)
            text.flush()
            _take_ownership(text.fileno(), path, mode)
            os.fsync(text.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    sync_directory(path)


def link(path: str, target: str) -> None:
    """Make ``path`` a symbolic link to ``target`` in one step, whatever link was there."""
    directory = tempfile.mkdtemp(prefix=".no502-", dir=os.path.dirname(path))
    temporary = os.path.join(directory, "link")
    try:
        os.symlink(target, temporary)
        os.replace(temporary, path)
    finally:
        shutil.rmtree(directory)
    sync_directory(path)


def sync_directory(path: str) -> None:
    """Have the directory entry of ``path`` on disk, so that a power cut keeps the order."""
    handle = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take_ownership(handle: int, path: str, mode: int) -> None:
    try:
        before = os.stat(path)
    except FileNotFoundError:
        os.fchmod(handle, mode)
        return
    os.fchown(handle, before.st_uid, before.st_gid)
    os.fchmod(handle, before.st_mode & 0o7777)
