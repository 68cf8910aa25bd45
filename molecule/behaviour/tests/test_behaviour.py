# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx really does is what was read of it, directive by directive."""
from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ansible.plugins.loader import init_plugin_loader
from entry import entry

init_plugin_loader()
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "matrix"))
from nginx.choice import chosen  # noqa: E402
from nginx.compare import Host  # noqa: E402

CASES = chosen([], short=True)


@pytest.fixture(scope="module")
def results(hosts):
    """The result of every case, by its name."""
    host = Host("app1", os.environ["MOLECULE_INVENTORY_FILE"],
                entry(hosts["app1"].backend.container))
    return {result.case.name: result for result in host.results(CASES)}


@pytest.mark.parametrize("directive", sorted({case.directive.name for case in CASES}))
def test_it_does_what_is_read(results, directive):
    of_directive = [results[case.name] for case in CASES if case.directive.name == directive]
    assert [(each.case.how, each.expected, each.measured, each.note)
            for each in of_directive if each.verdict == "failed"] == []
