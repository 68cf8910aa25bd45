# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a reload came before the decision."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision.reloads import (
    came_too_late,
    pending,
    running,
)


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


@pytest.mark.parametrize(
    "now, path",
    [
        (BEFORE, None),
        (reading([(11, 100.0, False)], changed_at=200.0), "x"),
        (reading([(12, 201.0, False)], changed_at=200.0), None),
        (reading([(11, 100.0, True), (12, 201.0, False)], changed_at=200.0), None),
        (reading([], changed_at=200.0), None),
    ],
)
def test_files_that_changed_since_the_workers_started_do_not_run_yet(now, path):
    assert pending(now["nginx"][0]) == path


def test_only_what_runs_is_a_yardstick():
    changed = reading([(11, 100.0, False)], changed_at=200.0)
    found, reasons = running({"a": BEFORE, "b": changed, "c": reading([]), "d": None})
    assert found["a"] == BEFORE
    assert found["b"]["nginx"] == found["c"]["nginx"] == []
    assert found["d"] is None
    assert [each["subject"] for each in reasons] == ["b"]
