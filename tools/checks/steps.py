# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of one part of ``make test``: run, timed, counted, told in a line each.

A part prints a line when a step begins and one when it ends, the output of those that fail, and
last of all ``N passed, N failed``. All output is kept in .cache/log/PART-STEP.log.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / ".cache/log"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
# What must not lie inside the checkout, as tools/run has it too.
OUTSIDE = CACHE / f"no502/checkout-{sha256(str(ROOT).encode()).hexdigest()[:12]}"

Counts = tuple[int, int]


def tool(name: str, *arguments: str) -> str:
    """Run one of tools/ and return the last line that it prints: the path of what it made."""
    done = subprocess.run([ROOT / "tools" / name, *arguments], stdout=subprocess.PIPE, text=True,
                          check=False)
    if done.returncode:
        raise SystemExit(f"tools/{name} {' '.join(arguments)} failed")
    return done.stdout.strip().splitlines()[-1]


def need(command: str, *packages: str) -> None:
    """Have those Debian packages installed where the machine has no such command."""
    subprocess.run(["sh", "-c", '. tools/lib.sh; need "$@"', "sh", command, *packages], cwd=ROOT,
                   check=True)


def tracked() -> list[Path]:
    """The files of the checkout, those not yet committed included."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]


def copy_checkout(target: Path) -> None:
    """Copy those files to target, which is emptied first."""
    shutil.rmtree(target, ignore_errors=True)
    for name in tracked():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target / name)


def from_junit(path: Path) -> Counts:
    """Passed and failed tests of a JUnit file; a file that is absent or empty is one failure."""
    try:
        suites = list(ElementTree.parse(path).getroot().iter("testsuite"))
    except (OSError, ElementTree.ParseError):
        return 0, 1
    total, bad, skipped = (sum(int(suite.get(key, 0)) for suite in suites for key in keys)
                           for keys in (("tests",), ("failures", "errors"), ("skipped",)))
    return (total - bad - skipped, bad) if total else (0, 1)


def from_closing_line(output: str) -> Counts:
    """The numbers of the last line ``N passed, N failed``; without one: one failure."""
    found = re.findall(r"^(\d+) passed, (\d+) failed$", output, re.M)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 1)


class Steps:
    """The steps of one part, and what they have come to so far."""

    def __init__(self, part: str) -> None:
        self.part = part
        self.passed = 0
        self.failed = 0
        LOGS.mkdir(parents=True, exist_ok=True)

    def say(self, text: str) -> None:
        """One line for people, under the part's name."""
        print(f"{self.part:9} {text}", flush=True)

    def log(self, step: str, suffix: str = ".log") -> Path:
        """Where a step's output goes."""
        return LOGS / f"{self.part}-{re.sub(r'[^a-z0-9.]+', '-', step.lower())}{suffix}"

    def run(self, step: str, argv: Sequence[str | Path], *, cwd: Path = ROOT,
            env: dict[str, str] | None = None, count: Callable[[str], Counts] | None = None,
            refuse: str | None = None, relevant: str = "") -> bool:
        """Run one step; return whether it passed.

        count gives passed and failed from the output (otherwise the step itself is one);
        refuse is a pattern of output that makes it fail although it exits with 0;
        relevant is a pattern of the lines to show of a failure's output.
        """
        self.say(step)
        began = time.monotonic()
        done = subprocess.run(argv, cwd=cwd, env=os.environ | (env or {}), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, errors="replace", check=False)
        self.log(step).write_text(done.stdout, encoding="utf-8")
        refused = bool(refuse and re.search(refuse, done.stdout, re.M))
        ok = done.returncode == 0 and not refused
        passed, failed = count(done.stdout) if count else (int(ok), int(not ok))
        # What did not end well, or did nothing, has failed, whatever it counted.
        failed = failed if ok and passed else max(failed, 1)
        return self.result(step, passed, failed, time.monotonic() - began,
                           "\n".join(line for line in done.stdout.splitlines()
                                     if re.search(relevant, line)))

    def pytest(self, step: str, *arguments: str, venv: str = "dev",
               env: dict[str, str] | None = None) -> bool:
        """Run pytest in that virtual environment; each test counts."""
        report = self.log(step, ".xml")
        report.unlink(missing_ok=True)
        return self.run(step, [ROOT / "tools/run", "--env", venv, "pytest", "-q",
                               f"--junitxml={report}", *arguments],
                        env=env, count=lambda _output: from_junit(report))

    def result(self, step: str, passed: int, failed: int, seconds: float, output: str = "") -> bool:
        """Count a step's outcome and tell it, with the output of one that failed."""
        self.passed += passed
        self.failed += failed
        if failed:
            print(output.rstrip(), flush=True)
        self.say(f"{step}: {'FAILED, ' if failed else ''}{passed} passed, {failed} failed "
                 f"({seconds:.0f} s)")
        return not failed

    def end(self) -> None:
        """Print the closing line and exit; a part in which nothing ran has failed."""
        if not self.passed and not self.failed:
            self.failed = 1
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)
