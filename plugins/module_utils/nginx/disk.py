# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on disk against what the workers of a running nginx have loaded.

nginx does not say what it runs with, so times have to tell. A worker starts
when its master has read the configuration; the oldest that is not shutting down
(a crashed one is replaced without reading) started with the last reload. What
was written after that is not what runs.
"""

from __future__ import annotations

import os
import stat

from ansible_collections.no502.node.plugins.module_utils.nginx.managed import History
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import glob_directories
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

MAX_FILES = 5
# The kernel counts the start of a process in hundredths of a second; readings round them.
_GRAIN = 0.02


def read_disk(nginx, tree):
    """Return `differs`, `files`, `loaded` of a running nginx.

    `nginx` is its description (`process.running_nginx`), `tree` its parsed
    configuration. `differs` is unknown where only times say so that a change of
    permissions or an unrelated file moves as well.
    """
    started = [each["started"] for each in nginx["workers"] if not each["shutting_down"]]
    at = min(started, default=None)
    loaded = {"at": at, "generation": nginx["conf"] and History(nginx["conf"]).loaded_last}
    if nginx["conf"] is None:
        differs, files = unknown(None, "its files are not read"), []
    elif at is None:
        differs, files = unknown(None, "no worker runs that could have loaded them"), []
    else:
        differs, files = _compare(tree, at + _GRAIN, nginx["single"])
    return {"differs": differs, "files": files, "loaded": loaded}


def _compare(tree, at, single):
    times = _Times(tree)
    written, touched = times.after(at)
    if single and written:
        return unknown(None, "a process without workers may have read them again"), written
    if written:
        return known(True, None, "live", "written after the workers started"), written
    if touched:
        return unknown(None, "moved here, or given other permissions, after the workers "
                             "started"), touched
    directory = times.directory_after(at)
    if directory:
        return unknown(None, "files came or went there after the workers started"), [directory]
    if tree.problems:
        return unknown(None, "not all files can be read"), []
    return known(False, None, "live", "nothing was written after the workers started"), []


class _Times:
    """When the files of a tree, the links to them and their directories were changed."""

    def __init__(self, tree):
        self._tree = tree
        self._links = {}

    def after(self, at):
        """Return (paths written, paths merely moved or touched) after `at`, the newest first."""
        written, touched = [], []
        for path in self._tree.files:
            try:
                status = os.stat(path)
            except OSError:
                # It was read a moment ago: it is being replaced.
                written.append((at, path))
                continue
            modified = max([status.st_mtime] + self._made(path))
            if modified > at:
                written.append((modified, path))
            elif status.st_ctime > at:
                touched.append((status.st_ctime, path))
        return _newest(written), _newest(touched)

    def directory_after(self, at):
        """Return a directory, among those where includes look for files, changed after `at`."""
        for directory in sorted(glob_directories(self._tree.globs), key=os.fsencode):
            try:
                if os.stat(directory).st_mtime > at:
                    return directory
            except OSError:
                continue
        return None

    def _made(self, path):
        """Return when each symbolic link on the way to `path` was made."""
        made = []
        while path not in ("/", ""):
            if path not in self._links:
                try:
                    status = os.lstat(path)
                    linked = stat.S_ISLNK(status.st_mode)
                    self._links[path] = status.st_mtime if linked else None
                except OSError:
                    self._links[path] = None
            if self._links[path] is not None:
                made.append(self._links[path])
            path = os.path.dirname(path)
        return made


def _newest(found):
    return [path for _time, path in sorted(found, reverse=True)[:MAX_FILES]]
