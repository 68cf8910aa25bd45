# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throwaway host of tools/hosts: commands run in it, files put on it."""
from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ON_HOST = Path(__file__).resolve().parent / "on_host"

sys.path.insert(0, str(ROOT / "molecule/_shared"))
from entry import entry  # noqa: E402  pylint: disable=wrong-import-position


class Failed(Exception):
    """A command on a host that did not end well; the text has its output."""


@dataclass(frozen=True)
class Host:
    """One host: its name in the inventory, its container, and the Debian suite that it runs."""

    name: str
    container: str
    suite: str

    def run(self, *argv: str, stdin: bytes = b"") -> str:
        """Run a command and return its output. Raises Failed."""
        return output_of([*entry(self.container), *argv], stdin)

    def start(self, script: str) -> None:
        """Run a shell script whose processes belong to no unit, as those of a terminal."""
        output_of(["podman", "exec", self.container, "sh", "-euc", script])

    def python(self, script: str, *arguments: str) -> dict:
        """Run on_host/SCRIPT and return the JSON that it prints."""
        program = (ON_HOST / script).read_bytes()
        return json.loads(self.run("python3", "-", *arguments, stdin=program))

    def write(self, files: dict[str, str]) -> None:
        """Write files by their absolute paths, with the directories above them."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, text in files.items():
                entry_of = tarfile.TarInfo(path.lstrip("/"))
                content = text.encode()
                entry_of.size = len(content)
                tar.addfile(entry_of, io.BytesIO(content))
        self.run("tar", "--extract", "--directory=/", stdin=archive.getvalue())

    def copy(self, folder: Path, names: list[str], target: str) -> None:
        """Copy files and directories of a folder, by their names in it."""
        self.run("mkdir", "-p", target)
        with subprocess.Popen(["tar", "--create", "--directory", folder, *names],
                              stdout=subprocess.PIPE) as reader:
            subprocess.run([*entry(self.container), "tar", "--extract", "--no-same-owner",
                            "--directory", target], stdin=reader.stdout, check=True)


def output_of(argv: list[str], stdin: bytes = b"") -> str:
    """Run a command and return its output. Raises Failed."""
    done = subprocess.run(argv, input=stdin, capture_output=True, check=False)
    if done.returncode:
        said = (done.stdout[-2000:] + done.stderr[-2000:]).decode(errors="replace")
        raise Failed(f"{' '.join(argv)[-300:]}: exit {done.returncode}\n{said}")
    return done.stdout.decode(errors="replace")
