# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this collection itself put beside an nginx: generations, their history, its files."""

from __future__ import annotations

import json
import os
import re

from ansible_collections.no502.node.plugins.module_utils.nginx.scanner import ConfigError
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import read_file

_MANAGED = r"/(?:no502|no502\.d/[0-9a-f]+)/(?:http/app-|snippets/)([^/]+)\.conf\Z"


def generation_of(conf):
    """Return the hash of the generation that the symlink beside `conf` names, else None."""
    try:
        target = os.readlink(os.path.join(os.path.dirname(conf), "no502"))
    except OSError:
        return None
    match = re.search(r"(?:^|/)no502\.d/([0-9a-f]+)/?\Z", target)
    return match.group(1) if match else None


class History:
    """The generations that were loaded beside `conf`, as the file that lists them has them.

    `loaded_last` is the hash of the one that was loaded and proven last, None without any.
    `problems` lists `{"subject": path, "reason": text}` where a history is there that cannot
    be read: then an override may be in force that is not known.
    """

    def __init__(self, conf):
        self.problems = []
        self._path = os.path.join(os.path.dirname(conf), "no502.d", "history.json")
        self._entries = self._read()
        self.loaded_last = self._entries[-1]["generation"] if self._entries else None

    def override_of(self, generation):
        """Return who let a generation pass the policies, and why; None where nobody did."""
        entries = [entry for entry in self._entries if entry["generation"] == generation]
        override = entries[-1].get("override") if entries else None
        try:
            return override and {name: str(override[name]) for name in ("reason", "owner")}
        except (KeyError, TypeError):
            self._problem("the override of generation %s has no reason and owner" % generation)
            return None

    def _read(self):
        try:
            return _entries(read_file(self._path)[0])
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            self._problem(error.strerror or str(error))
        except (ConfigError, ValueError, RecursionError) as error:
            self._problem(str(error))
        return []

    def _problem(self, reason):
        self.problems.append({"subject": self._path, "reason": reason})


def managed_app(path, conf):
    """Return the app whose file `path` is among those this collection renders, else None."""
    directory = os.path.dirname(conf)
    if not path.startswith(directory + "/"):
        return None
    match = re.match(_MANAGED, path[len(directory):])
    return match.group(1) if match else None


def _entries(content):
    """Return the entries of a history; raises ValueError or RecursionError where it is none."""
    history = json.loads(content.decode("utf-8"))
    if not isinstance(history, list):
        raise ValueError("no list of generations")
    for entry in history:
        if not isinstance(entry, dict) or not isinstance(entry.get("generation"), str):
            raise ValueError("an entry without a generation")
    return history
