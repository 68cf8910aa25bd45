# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand-made unit gives its process that the app in its place would lack.

Variables are known by their names only: a value may be a secret.
"""

from __future__ import annotations

import glob
import pwd
import re
import shutil

from ansible_collections.no502.node.plugins.module_utils.host.binary import ask
from ansible_collections.no502.node.plugins.module_utils.node_service import files

# The app gets these in any case.
_GIVEN = ("NODE_ENV", "PORT")
_SECONDS = 5.0
# systemd quotes with "..." and, since version 258, with $'...' where it has to.
_ASSIGNMENT = re.compile(
    r"""(?:\A|(?<=\s))(?:"(?P<a>(?:[^"\\]|\\.)*)"|\$'(?P<b>(?:[^'\\]|\\.)*)'|(?P<c>\S+))""")
_FILE = re.compile(r"(.+) \(ignore_errors=(yes|no)\)\Z")
# A line of systemd.exec(5)'s EnvironmentFile=. A quoted value, and one that ends with a backslash,
# go on in the next line.
_FILE_LINE = re.compile(
    r"""^[ \t]*(?:[#;].*
        | (?P<name>[A-Za-z_][A-Za-z0-9_]*)[ \t]*=
          (?:[ \t]+ | '[^']*' | "(?:[^"\\]|\\.|\\\n)*")* (?:[^\n\\]|\\.|\\\n)* )""",
    re.MULTILINE | re.VERBOSE)


class Replaced:
    """A unit's user and variables, from what `systemctl show` prints of it."""

    def __init__(self, unit, text):
        self.user = "root"
        self.variables = set()
        self.unreadable = []
        self._unit = unit
        for line in text.splitlines():
            name, _equals, value = line.partition("=")
            if name == "User":
                self.user = value or "root"
            elif name == "Environment":
                self.variables |= _names(value)
            elif name == "EnvironmentFiles":
                self._read_files(value)

    def lost_by(self, app, variables):
        """Return what an app that sets these variables would lack, as texts that say what to do."""
        path, unit = "no502_apps.%s" % app["name"], self._unit
        problems = []
        missing = sorted(self.variables - set(variables) - set(_GIVEN))
        if missing:
            problems.append(
                "%s.environment lacks what %s sets: %s. Add each, for example"
                " environment: {%s: \"...\"}, or take it out of %s first"
                % (path, unit, ", ".join(missing), missing[0], unit))
        problems += [
            "%s.environment: %s has variables from %s, which cannot be read. Name them in"
            " environment, for example environment: {LOG_LEVEL: \"info\"}, and take the file"
            " out of %s" % (path, unit, name, unit) for name in self.unreadable]
        if _uid(self.user) != _uid(app["user"]):
            problems.append(
                "%s.user is %s, but %s runs as %s: files may not be readable or writable any"
                " more. Set user: %s, or let %s run as %s first"
                % (path, app["user"], unit, self.user, self.user, unit, app["user"]))
        return problems

    def _read_files(self, value):
        found = _FILE.match(value)
        pattern, may_lack = found.group(1), found.group(2) == "yes"
        paths = glob.glob(pattern)
        if not paths and not may_lack:
            self.unreadable.append(pattern)
        for path in paths:
            try:
                self.variables |= names_in_file(files.read(path) or "")
            except OSError:
                self.unreadable.append(path)


def read(unit):
    """Return a Replaced of a unit, None where systemd does not answer."""
    text, _reason = ask(
        shutil.which("systemctl") or "/bin/systemctl",
        ["show", "--no-pager", "--property=Environment,EnvironmentFiles,User", "--", unit],
        seconds=_SECONDS)
    # systemd always prints User=, empty for root.
    return Replaced(unit, text) if re.search("^User=", text or "", re.MULTILINE) else None


def names_in_file(text):
    """Return the names that the text of an environment file sets."""
    return {found.group("name") for found in _FILE_LINE.finditer(text)} - {None}


def _names(text):
    assignments = (found.group("a") or found.group("b") or found.group("c") or ""
                   for found in _ASSIGNMENT.finditer(text))
    return {each.partition("=")[0] for each in assignments} - {""}


def _uid(user):
    """Return a user's number, or its name where it does not exist."""
    try:
        return int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid
    except KeyError:
        return user
