# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests counted from pytest's JUnit file."""
from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

STEPS = Path(__file__).resolve().parents[3] / "tools/checks/steps.py"
SUITE = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


@pytest.fixture(name="counts")
def _counts(tmp_path):
    spec = importlib.util.spec_from_file_location("steps", STEPS)
    steps = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(steps)

    def of(content):
        path = tmp_path / "report.xml"
        if content is not None:
            path.write_text(content, encoding="utf-8")
        return steps.from_junit(path)
    return of


@pytest.mark.parametrize("content, counted", [
    (SUITE.format(9, 0, 0, 0), (9, 0)),
    (SUITE.format(9, 2, 1, 0), (6, 3)),
    (SUITE.format(9, 0, 0, 4), (5, 0)),
    (SUITE.format(0, 0, 0, 0), (0, 1)),
    ("<not xml", (0, 1)),
    (None, (0, 1)),
])
def test_counts(counts, content, counted):
    assert counts(content) == counted
