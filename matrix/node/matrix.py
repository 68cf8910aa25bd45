# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix on hosts that are there: start the cells, ask for the truth, read, compare."""
from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import compare as comparing
import start as starting
import truth as asking
from cells import Cell
from host import ROOT, Failed, Host

# Ways of reading: options of chain_info's `node`.
WAYS = {
    "plain": {},
    "silent": {"keep_alive_header": False},
    "inspector": {"inspector": True},
    "all": {"inspector": True, "timed_probe": True},
}
# What the ways other than plain are about: the rest is read alike in all of them.
BY_WAY = ("settings.", "heap_limit", "guard.", "options", "secret")


def say(text: str) -> None:
    """One line of progress."""
    print(f"matrix    {text}", flush=True)


def start(host: Host, cells: list[Cell]) -> None:
    """Start the cells of one host."""
    began = time.monotonic()
    starting.start(host, cells)
    say(f"{host.suite}: {len(cells)} cells run ({time.monotonic() - began:.0f} s)")


def compare(inventory: str, wanted: dict[Host, list[Cell]], ways: dict) -> tuple[list, list[str]]:
    """Return all comparisons, and the versions of what ran."""
    timed = {way: options for way, options in ways.items() if options.get("timed_probe")}
    with ThreadPoolExecutor() as pool:
        before = dict(zip(wanted, pool.map(asking.truths, wanted, wanted.values())))
        readings = read(inventory, {way: ways[way] for way in ways if way not in timed}, 1)
        # Both take as long as the longest time-out.
        idle_times = pool.map(asking.idle_times, wanted, wanted.values()) if timed else ()
        for name, reading in read(inventory, timed, len(wanted)).items():
            readings[name].update(reading)
        idle = dict(zip(wanted, idle_times))
        after = dict(zip(wanted, pool.map(asking.truths, wanted, wanted.values())))
        versions = list(pool.map(asking.versions, wanted))
    found = []
    for host, cells in wanted.items():
        for cell in cells:
            truth = steady(cell, before[host][cell.name], after[host][cell.name])
            times = idle.get(host, {"late": 0, "closed": {}})
            truth[comparing.IDLE_LIMIT] = times["closed"].get(cell.name)
            found += compare_cell(cell, truth, ways, readings[host.name], times["late"])
    return found, versions


def compare_cell(cell: Cell, truth: dict, ways: dict, readings: dict, late: int) -> list:
    """Compare one cell in every way, and say how it went."""
    found = []
    for way, reading in readings.items():
        about = {field: true for field, true in truth.items()
                 if way == "plain" or field.startswith(BY_WAY)}
        if not ways[way].get("timed_probe"):
            about.pop(comparing.IDLE_LIMIT, None)
        found += comparing.compare(cell, way, about, reading, late)
    counts = {verdict: sum(each.verdict == verdict for each in found)
              for verdict in (comparing.EQUAL, comparing.UNKNOWN, *comparing.FAILURES)}
    say(f"{cell.full_name}: " + ", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n))
    return found


def steady(cell: Cell, before: dict, after: dict) -> dict:
    """The truth, which must be the same after the readings as before them."""
    changed = {field: (before[field], after.get(field)) for field in before
               if field not in comparing.TOLERANCE and before[field] != after.get(field)}
    if changed:
        raise Failed(f"{cell.full_name}: changed while it was read: {changed}")
    # What this Node does not have at all is nothing to compare.
    return {field: true for field, true in before.items()
            if true is not None or "settings." not in field}


def read(inventory: str, ways: dict, at_once: int) -> dict[str, dict]:
    """Have no502.node.chain_info read every host, some at once: host -> way -> reading."""
    if not ways:
        return {}
    with tempfile.TemporaryDirectory() as out:
        variables = json.dumps({"ways": ways, "out": out})
        done = subprocess.run(
            [ROOT / "tools/run", "ansible-playbook", "-i", inventory,
             "--forks", str(at_once), Path(__file__).parent / "read.yml", "-e", variables],
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(), env={name: value for name, value in os.environ.items()
                                            if name != "ANSIBLE_CONFIG"})
        if done.returncode:
            raise Failed(f"read.yml:\n{done.stdout}{done.stderr}")
        return {path.stem: json.loads(path.read_text("utf-8")) for path in Path(out).iterdir()}
