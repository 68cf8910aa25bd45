# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx writes to its error log from a moment on."""

from __future__ import annotations

import os
import re
from typing import List, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx_config.instance import Nginx

# What nginx is built with where the configuration names no log of the main context.
USUAL = "/var/log/nginx/error.log"
LIMIT = 1024 * 1024


class ErrorLog:
    """The main context's log, read from where it ends when this object is made.

    A log that is no file (standard error, syslog) cannot be read: then only the proof counts.
    """

    def __init__(self, tree, nginx: Nginx) -> None:
        self.path = _path(tree, nginx)
        self.start = _size(self.path)
        self.line = re.compile(r"\[emerg\] %d#\d+: (.*)" % nginx.pid)

    def emergencies(self) -> List[str]:
        """The master's ``[emerg]`` lines since then, each once."""
        if self.path is None:
            return []
        try:
            with open(self.path, "rb") as log:
                # A log that is shorter than before was rotated: all of it is new.
                log.seek(self.start if _size(self.path) >= self.start else 0)
                text = log.read(LIMIT).decode("utf-8", "replace")
        except OSError:
            return []
        return list(dict.fromkeys("[emerg] " + found for found in self.line.findall(text)))


def _path(tree, nginx: Nginx) -> Optional[str]:
    named = [directive.args[0] for directive in tree.directives
             if directive.name == "error_log" and directive.args]
    if not named:
        return USUAL
    if named[0] == "stderr" or named[0].startswith(("syslog:", "memory:")):
        return None
    return os.path.join(nginx.prefix, named[0])


def _size(path: Optional[str]) -> int:
    try:
        return os.path.getsize(path) if path else 0
    except OSError:
        return 0
