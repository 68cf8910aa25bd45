# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host: its nginx started, read, probed and ended, and the two compared."""
from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from .case import Case
from .reading import NotRead, Reading, read

HERE = Path(__file__).resolve().parent
_THERE = "/run/no502-matrix-probes"


class Result(NamedTuple):
    """One case on one nginx.

    verdict: passed, failed, or refused: nginx takes it from a later version on, and the reading
    does not say of this directive whether it does.
    """

    case: Case
    version: tuple[int, ...]
    read: Any
    expected: Any
    measured: Any
    verdict: str
    note: str
    refused: bool = False


class Host:
    """A host: its name in an inventory, and how a command on it begins."""

    def __init__(self, name: str, inventory: str | Path, entry: list[str]) -> None:
        self.name = name
        self._inventory = inventory
        self._entry = entry

    def results(self, cases: list[Case]) -> list[Result]:
        """Everything about these cases. What disagrees is measured once more, by itself."""
        self._copy_probes()
        try:
            refused = self._ask("start", cases)
            reading = read(self._inventory, self.name)
            running = [case for case in cases if case.instance not in refused]
            measured = self._ask("probe", [case for case in running if not case.documented])
            again = [case for case in running if not case.documented
                     and _result(case, reading, measured[case.name]).verdict == "failed"]
            if again:
                names = ", ".join(case.name for case in again)
                print(f"{self.name}: measured once more: {names}", file=sys.stderr, flush=True)
                measured |= self._ask("probe", again)
            return [_result(case, reading, measured.get(case.name), refused.get(case.instance))
                    for case in cases]
        finally:
            self._ask("stop", [])
            self._run("rm", "-rf", _THERE)

    def _copy_probes(self) -> None:
        with tempfile.TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                tar.add(HERE, "nginx", filter=_sources)
            archive.seek(0)
            self._run("sh", "-c", f"mkdir -p {_THERE} && tar x -C {_THERE}", stdin=archive)

    def _ask(self, action: str, cases: list[Case]) -> Any:
        names = [case.name for case in cases]
        script = f'cd {_THERE} && exec python3 -B -m nginx.on_host "$@"'
        return json.loads(self._run("sh", "-c", script, "sh", action, *names))

    def _run(self, *command: str, stdin=subprocess.DEVNULL) -> str:
        done = subprocess.run([*self._entry, *command], stdin=stdin, stdout=subprocess.PIPE,
                              text=True, timeout=400, check=True)
        return done.stdout


def _sources(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in entry.name else entry


def _result(case: Case, reading: Reading, measured: dict | None,
            refusal: str | None = None) -> Result:
    version = tuple(reading.version)
    knows = reading.knows(case)
    if refusal:
        verdict = {False: "passed", None: "refused", True: "failed"}[knows]
        if version >= case.directive.since:
            verdict = "failed"
        return Result(case, version, None, None, None, verdict, refusal, True)
    if knows is False and case.how != "default":
        return Result(case, version, None, None, None, "failed", "read as unknown to this nginx")
    try:
        value = reading.value(case)
    except NotRead as reason:
        return Result(case, version, None, None, (measured or {}).get("measured"), "failed",
                      str(reason))
    if case.documented:
        expected, found = value, case.documented.value
        agrees = expected == found
        note = f"not probed; documented: {case.documented.page}"
        return Result(case, version, value, expected, found, _verdict(agrees), note)
    if "error" in measured:
        return Result(case, version, value, None, None, "failed", measured["error"])
    probe = case.directive.probe
    expected, found = probe.expect(value), measured["measured"]
    return Result(case, version, value, expected, found,
                  _verdict(probe.agrees(expected, found)), "")


def _verdict(agrees: bool) -> str:
    return "passed" if agrees else "failed"
