# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask nginx itself about a configuration: ``nginx -T``.

Only ever called in a private view: nginx creates log files and directories even when it tests.
"""

from __future__ import annotations

import collections
import hashlib
import re
import subprocess
from typing import Dict, List, NamedTuple

from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.instance import Nginx

# A name that does not resolve is asked for longer than any parsing takes.
SECONDS = 60

_FILE = re.compile(r"^# configuration file (.+):\n", re.MULTILINE)
# With the program's name, or as a log has it where nginx was built to log to standard error.
_LOG = re.compile(
    r"^(?:nginx: |[0-9/]+ [0-9:]+ )\[(?P<level>[a-z]+)\] (?:\d+#\d+: )?(?P<text>.*)$", re.MULTILINE)
_PLACE = re.compile(r" in (/\S+):\d+$")


class Dump(NamedTuple):
    """What ``nginx -T`` said: its exit code, its own lines, and each file's text."""

    code: int
    messages: str
    text: str

    @property
    def files(self) -> Dict[str, str]:
        marks = list(_FILE.finditer(self.text))
        ends = [mark.start() for mark in marks[1:]] + [len(self.text)]
        return {mark.group(1): self.text[mark.end():end] for mark, end in zip(marks, ends)}

    @property
    def warnings(self) -> List[str]:
        return [match.group("text") for match in _LOG.finditer(self.messages)
                if match.group("level") == "warn"]

    @property
    def errors(self) -> List[str]:
        return ["[%s] %s" % (match.group("level"), match.group("text"))
                for match in _LOG.finditer(self.messages)
                if match.group("level") in ("emerg", "alert", "crit", "error")]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()


def dump(nginx: Nginx) -> Dump:
    """Run ``nginx -T``; raises Refused where it cannot be run or does not end."""
    command = [nginx.binary, "-T", "-p", nginx.prefix, "-c", nginx.conf]
    if nginx.options:
        command += ["-g", nginx.options]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=SECONDS,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    except OSError as error:
        raise Refused("%s cannot be run: %s" % (nginx.binary, error.strerror))
    except subprocess.TimeoutExpired:
        raise Refused("`%s` did not end within %d s. Does a name in the configuration not "
                      "resolve?" % (" ".join(command), SECONDS))
    return Dump(done.returncode, done.stderr.decode("utf-8", "replace"),
                done.stdout.decode("utf-8", "surrogateescape"))


def require_pass(found: Dump) -> None:
    """Refuse with nginx's own lines, which name file and line."""
    if found.code != 0:
        lines = found.errors or found.messages.strip().splitlines()
        raise Refused("nginx refuses the configuration:\n  %s" % "\n  ".join(lines))


def new_warnings(before: Dump, after: Dump) -> List[str]:
    """Warnings that were not there before; a line number that moved makes none new."""
    known = collections.Counter(_PLACE.sub(r" in \1", text) for text in before.warnings)
    fresh = []
    for text in after.warnings:
        key = _PLACE.sub(r" in \1", text)
        if known[key]:
            known[key] -= 1
        else:
            fresh.append(text)
    return fresh
