# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suite's own sums: what failed, crashed or did not run is never counted as passed."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

HEADER = f"#!{sys.executable}\n"
PARTS = {
    "good": "print('good      a step: 2 passed, 0 failed (0 s)')\nprint('2 passed, 0 failed')",
    "bad": "print('1 passed, 3 failed')\nraise SystemExit(1)",
    "crash": "print('5 passed, 0 failed')\nraise SystemExit(1)",
    "slow": "import time\ntime.sleep(0.5)\nprint('1 passed, 0 failed')",
    "silent": "",
    "empty": "from steps import Steps\nSteps('empty').end()",
    "lying": "from steps import Steps\nsteps = Steps('lying')\n"
             "steps.run('nothing ran', ['true'], count=lambda output: (0, 0))\nsteps.end()",
    "exits": "from steps import Steps\nsteps = Steps('exits')\n"
             "steps.run('bad end', ['false'], count=lambda output: (7, 0))\nsteps.end()",
    "refused": "from steps import Steps\nsteps = Steps('refused')\n"
               "steps.run('skips', ['echo', 'skipped it'], refuse='skip')\nsteps.end()",
}


@pytest.fixture(name="check")
def _check(tmp_path):
    """tools/check, with parts as PARTS has them."""
    checks = tmp_path / "tools/checks"
    checks.mkdir(parents=True)
    shutil.copy(ROOT / "tools/check", tmp_path / "tools/check")
    shutil.copy(ROOT / "tools/checks/steps.py", checks)
    for name, code in PARTS.items():
        (checks / name).write_text(HEADER + code + "\n", encoding="utf-8")
        (checks / name).chmod(0o755)

    def run(*parts):
        return subprocess.run([sys.executable, tmp_path / "tools/check", *parts], text=True,
                              capture_output=True, check=False,
                              env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"})
    return run


@pytest.mark.parametrize("parts, line", [
    (["good"], "2 passed, 0 failed"),
    (["good", "good", "--", "good"], "6 passed, 0 failed"),
])
def test_what_passes(check, parts, line):
    done = check(*parts)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, line)


@pytest.mark.parametrize("parts, line", [
    (["good", "bad"], "3 passed, 3 failed"),
    (["crash"], "5 passed, 1 failed"),
    (["silent"], "0 passed, 1 failed"),
    (["absent"], "0 passed, 1 failed"),
    (["empty"], "0 passed, 1 failed"),
    (["lying"], "0 passed, 1 failed"),
    (["exits"], "7 passed, 1 failed"),
    (["refused"], "0 passed, 1 failed"),
])
def test_what_fails(check, parts, line):
    done = check(*parts)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, line)


def test_what_comes_after_waits(check):
    ended = [line.split()[0] for line in check("slow", "--", "good").stdout.splitlines()
             if " done: " in line]
    assert ended == ["slow", "good"]


def test_a_failed_step_shows_its_output(check):
    assert "skipped it" in check("refused").stdout
