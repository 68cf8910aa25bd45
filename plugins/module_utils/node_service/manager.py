# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to systemd: start, stop, enable, and what it says of a unit."""

from __future__ import annotations

import time

_SHOWN = ("ActiveState", "SubState", "LoadState", "MainPID", "NRestarts", "Result",
          "ExecMainStatus", "UnitFileState", "Listen")
JOURNAL_LINES = 2000


class SystemdError(Exception):
    """systemctl refused; the text is what it said."""


class Systemd:
    """systemctl and journalctl; `run` is AnsibleModule.run_command."""

    def __init__(self, run):
        self._run = run

    def call(self, *arguments):
        """Run systemctl; raise SystemdError with its words where it fails."""
        code, output, errors = self._run(["systemctl", "--quiet"] + list(arguments))
        if code != 0:
            said = (errors or output).strip() or "exit code %d" % code
            raise SystemdError("systemctl %s: %s" % (" ".join(arguments), said))

    def try_call(self, *arguments):
        """Run systemctl on what may not be there any more."""
        self._run(["systemctl", "--quiet"] + list(arguments))

    def show(self, unit):
        """Return the properties of a unit as systemd prints them, `{}` where it is not asked."""
        _code, output, _errors = self._run(
            ["systemctl", "show", "--property=" + ",".join(_SHOWN), "--", unit])
        return dict(line.partition("=")[::2] for line in output.splitlines())

    def state(self, unit):
        """Return `active`, `inactive`, `failed`, `activating` or `deactivating`."""
        return self.show(unit).get("ActiveState", "inactive")

    def is_active(self, unit):
        """Return whether a unit runs, or is on its way to."""
        return self.state(unit) in ("active", "activating", "reloading")

    def journal(self, unit, since):
        """Return the last lines that a unit wrote since then (epoch seconds)."""
        _code, output, _errors = self._run([
            "journalctl", "--no-pager", "--quiet", "--output=cat", "--unit=" + unit,
            "--since=@%d" % since, "--lines=%d" % JOURNAL_LINES])
        return output.strip().splitlines()


def wait(condition, seconds, step=0.1):
    """Return the first true answer of condition(), None where time runs out."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer or time.monotonic() >= end:
            return answer or None
        time.sleep(step)
