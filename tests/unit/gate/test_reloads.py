# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a reload came before the decision."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.reloads import came_too_late


def reading(workers, sha="aa", changed_at=50.0):
    return {
        "nginx": [
            {
                "conf": "/etc/nginx/nginx.conf",
                "workers": [
                    {"pid": pid, "started": started, "shutting_down": old}
                    for pid, started, old in workers
                ],
                "tree": {"sha256": sha, "newest": {"path": "x", "mtime": changed_at}},
            }
        ]
    }


BEFORE = reading([(11, 100.0, False)])
CASES = {
    "nothing happened": (BEFORE, False, False),
    "changed on disk, not reloaded": (
        reading([(11, 100.0, False)], sha="bb", changed_at=200.0), False, False,
    ),
    "changed, then reloaded": (
        reading([(12, 201.0, False)], sha="bb", changed_at=200.0), False, True,
    ),
    "reloaded while an old worker still drains": (
        reading([(11, 100.0, True), (12, 201.0, False)], sha="bb", changed_at=200.0), False, True,
    ),
    "the gate came after the change, and after the reload": (
        reading([(12, 201.0, False)], changed_at=50.0), False, True,
    ),
    "restarted by a package, changed since": (
        reading([(12, 201.0, False)], sha="bb", changed_at=300.0), False, False,
    ),
    "the reload that the last decision allowed": (
        reading([(12, 201.0, False)], changed_at=50.0), True, False,
    ),
    "changed and reloaded again after the last decision": (
        reading([(12, 401.0, False)], sha="cc", changed_at=400.0), True, True,
    ),
    "not running": (reading([]), False, False),
}


@pytest.mark.parametrize("case", CASES)
def test_reload_before_the_decision(case):
    now, decided, late = CASES[case]
    assert came_too_late(BEFORE, now, decided) is late


def test_nginx_that_did_not_run_before_cannot_be_too_late():
    assert not came_too_late(reading([]), reading([(12, 201.0, False)]), False)
