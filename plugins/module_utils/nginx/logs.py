# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nginx writes its error and access logs, as its configuration says."""

from __future__ import annotations

import os

from ansible_collections.no502.node.plugins.module_utils.nginx.levels import blocks, every_block

MAX_LOGS = 32
MAX_FORMATS = 8
MAX_FORMAT_LENGTH = 1024

_LEVELS = frozenset(
    ["debug", "info", "notice", "warn", "error", "crit", "alert", "emerg"]
)
# What stands in the place of a path and names no file.
_NO_FILES = ("syslog:", "memory:", "stderr", "|")


class Logs:
    """Collects the logs of a configuration.

    `prefix` is where paths start that are not absolute (None: not known);
    `defaults` are the paths of `error` and `access` that are in force where none
    is written.
    """

    def __init__(self, directives, prefix, defaults):
        self._prefix = prefix
        self._found = {"error": {}, "access": {}}
        self._formats = {}
        main = [each for each in directives if each.block is None]
        if not self._errors(main) and defaults.get("error"):
            self._add("error", defaults["error"], None, level="error")
        for context in ("http", "stream"):
            for block in blocks(directives, context):
                self._context(block.block, context == "http" and defaults.get("access"))

    def reading(self):
        """Return {"error": [...], "access": [...], "formats": {...}, "more": count}.

        An error log has `path`, `level`, `where`; an access log `path`, `format`,
        `where`. `path` is as written where it names no file (`syslog:...`, `stderr`)
        or has variables in it; `where` is None for what is in force unwritten.
        `formats` has the text of the formats in use, None for one that is too long;
        `more` counts what is left out.
        """
        logs = {kind: list(found.values()) for kind, found in self._found.items()}
        used = [each["format"] for each in logs["access"]]
        formats = {name: text for name, text in self._formats.items() if name in used}
        left_out = [each[MAX_LOGS:] for each in logs.values()] + [list(formats)[MAX_FORMATS:]]
        return {
            "error": logs["error"][:MAX_LOGS],
            "access": logs["access"][:MAX_LOGS],
            "formats": dict(list(formats.items())[:MAX_FORMATS]),
            "more": sum(len(each) for each in left_out),
        }

    def _context(self, context, default):
        """Read http or stream; `default` is the access log where none of them is written."""
        for each in context:
            if each.name == "log_format" and len(each.args) > 1:
                self._format(each)
        for directives in every_block(context):
            self._errors(directives)
            for each in _access(directives):
                if each.args[0] != "off":
                    self._add("access", each.args[0], each.where, format=_format_of(each))
        # Without one in http, nginx gives its default to the servers that have none either.
        if default and not _access(context) and not all(
                _access(server.block) for server in blocks(context, "server")):
            self._add("access", default, None, format="combined")

    def _errors(self, directives):
        written = [each for each in directives if each.name == "error_log" and each.args]
        for each in written:
            level = next((word for word in each.args[1:] if word in _LEVELS), "error")
            self._add("error", each.args[0], each.where, level=level)
        return bool(written)

    def _format(self, directive):
        text = "".join(word for word in directive.args[1:] if not word.startswith("escape="))
        self._formats[directive.args[0]] = text if len(text) <= MAX_FORMAT_LENGTH else None

    def _add(self, kind, path, where, **more):
        if not path.startswith(_NO_FILES) and not path.startswith("$"):
            if self._prefix is not None:
                path = os.path.normpath(os.path.join(self._prefix, path))
        key = (path,) + tuple(more.values())
        self._found[kind].setdefault(key, dict(path=path, where=where, **more))


def _access(directives):
    return [each for each in directives if each.name == "access_log" and each.args]


def _format_of(directive):
    """Return the name of the format of an `access_log`; parameters have an equals sign."""
    return next((word for word in directive.args[1:2] if "=" not in word), "combined")
