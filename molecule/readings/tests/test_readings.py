# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of some applications is what they, systemd and nginx say themselves."""
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "matrix/node"))
import compare  # noqa: E402
import matrix  # noqa: E402
from cells import Cell  # noqa: E402
from host import Host  # noqa: E402

SUITE = "trixie"
CELLS = [Cell(SUITE, node, mode) for node in (18, 24) for mode in ("bare", "guard", "pm2-cluster")]
LEAST_VALUES = 40
# Nothing is timed here.
WAYS = {way: options for way, options in matrix.WAYS.items() if "timed_probe" not in options}


@pytest.fixture(scope="module")
def comparisons(hosts):
    """Every value that was read of the cells, compared."""
    host = Host("app1", hosts["app1"].backend.container, SUITE)
    matrix.start(host, CELLS)
    found, _versions = matrix.compare(os.environ["MOLECULE_INVENTORY_FILE"], {host: CELLS}, WAYS)
    return found


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_reading_is_true(comparisons, cell):
    of_cell = [each for each in comparisons if each.cell == cell]
    assert [str(each) for each in of_cell if each.verdict in compare.FAILURES] == []
    assert sum(each.verdict == compare.EQUAL for each in of_cell) >= LEAST_VALUES
