# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks run from a test, against the scenario's hosts, as a user at a terminal runs them."""
from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

COUNT = re.compile(r"(\w+)=(\d+)")


@dataclass(frozen=True)
class Run:
    """What a playbook printed, on both streams, and its exit code."""

    code: int
    output: str

    def counts(self) -> dict[str, dict[str, int]]:
        """The recap: host -> ``{"ok": 3, "changed": 0, "failed": 0, ...}``."""
        _before, _heading, recap = self.output.rpartition("PLAY RECAP")
        lines = (line.partition(":") for line in recap.splitlines()[1:] if "ok=" in line)
        return {host.strip(): {name: int(number) for name, number in COUNT.findall(counts)}
                for host, _colon, counts in lines}

    def changed(self) -> dict[str, int]:
        """How many tasks changed something, for each host."""
        return {host: counts["changed"] for host, counts in self.counts().items()}

    def refusal(self) -> str:
        """The text of the gate's refusal: what stands between its two rules of ``=``."""
        found = re.search(r"^={80}\n(REFUSED.*?)^={80}$", self.output, re.M | re.S)
        assert found, f"no refusal in:\n{self.output}"
        return found[1]


def play(playbook: str | Path, *arguments: str, apps: dict | None = None, **variables) -> Run:
    """Run a playbook of the collection (``no502.node.rollout``), or a file, to its end.

    `apps` takes the place of the scenario's no502_apps; `variables` are further ones.
    """
    argv = command(playbook, *arguments, apps=apps, **variables)
    done = subprocess.run(argv, cwd=tempfile.gettempdir(), env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    return Run(done.returncode, done.stdout)


def command(playbook: str | Path, *arguments: str, apps: dict | None = None,
            **variables) -> list[str]:
    """The command line of `play`, for tests that stop it half-way."""
    if apps is not None:
        variables["no502_apps"] = apps
    extra = ["--extra-vars", json.dumps(variables)] if variables else []
    return ["ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(playbook),
            *extra, *arguments]


def environment() -> dict[str, str]:
    """The environment of `play`: Ansible's own defaults, without colours, 80 columns wide."""
    kept = {name: value for name, value in os.environ.items() if name != "ANSIBLE_CONFIG"}
    return kept | {"ANSIBLE_NOCOLOR": "1", "COLUMNS": "80", "PYTHONUNBUFFERED": "1"}
