# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on the host: starts an nginx for each instance, probes its cases, and ends it.

  python3 -m nginx.on_host start|probe|stop [CASE...]     an answer of JSON on standard output
"""
from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from pathlib import Path

from .case import Case
from .cases import ALL
from .configuration import written
from .probes.bench import Bench

DIRECTORY = Path("/run/no502-matrix")
# Those that mostly compute, at a time; those that mostly wait do so all at once.
SIDE_BY_SIDE = 3


def start(cases: list[Case]) -> dict[str, str]:
    """Start every instance; return what nginx said of those that it refuses."""
    refused = {}
    for name, instance in _instances(cases):
        directory = DIRECTORY / name
        directory.mkdir(parents=True)
        conf = directory / "nginx.conf"
        conf.write_text(written(instance, directory), "utf-8")
        options = ["-g", instance[0].options] if instance[0].options else []
        done = subprocess.run(["nginx", "-c", conf, *options], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode:
            emergency = [line for line in done.stderr.splitlines() if "[emerg]" in line]
            refused[name] = (emergency or [done.stderr])[0].partition("[emerg] ")[2]
    return refused


def _instances(cases: list[Case]):
    for name, instance in groupby(sorted(cases, key=lambda case: case.instance),
                                  key=lambda case: case.instance):
        yield name, list(instance)


def probe(cases: list[Case]) -> dict[str, dict]:
    """Measure every case; an error is a result too."""
    waiting = [case for case in cases if case.waits]
    working = [case for case in cases if not case.waits]
    with ThreadPoolExecutor(len(waiting) or 1) as patient, \
            ThreadPoolExecutor(SIDE_BY_SIDE) as busy:
        results = {case.name: patient.submit(_measured, case) for case in waiting}
        results |= {case.name: busy.submit(_measured, case) for case in working}
        return {name: result.result() for name, result in results.items()}


def _measured(case: Case) -> dict:
    bench = Bench(DIRECTORY / case.instance, case.number, case.port, case.peers)
    try:
        return {"measured": case.directive.probe.measure(bench)}
    except Exception as error:  # pylint: disable=broad-exception-caught
        return {"error": f"{type(error).__name__}: {error}"}


def stop(_cases: list[Case]) -> None:
    """End every nginx that was started here, and remove what it wrote."""
    masters = [int(pid.read_text("ascii")) for pid in DIRECTORY.glob("*/pid")]
    for master in masters:
        with contextlib.suppress(ProcessLookupError):
            os.kill(master, signal.SIGTERM)
    end = time.monotonic() + 10
    while any(Path(f"/proc/{master}").exists() for master in masters):
        if time.monotonic() > end:
            raise SystemExit("an nginx does not end")
        time.sleep(0.05)
    shutil.rmtree(DIRECTORY, ignore_errors=True)


def main() -> None:
    """Read the command line."""
    action, names = sys.argv[1], set(sys.argv[2:])
    cases = [case for case in ALL if case.name in names]
    answer = {"start": start, "probe": probe, "stop": stop}[action](cases)
    json.dump(answer, sys.stdout)
    # Threads of backends may still wait for nginx.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
