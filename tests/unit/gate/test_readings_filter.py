# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts were read, and why the others were not: none is lost."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.filter.readings import FilterModule

readings = FilterModule().filters()["readings"]


def test_every_host_is_in_one_of_both():
    hostvars = {
        "read": {"found": {"reading": {"schema": 1}}},
        "dead": {"found": {"unreachable": True, "msg": "Task failed: No\n route"}},
        "failed": {"found": {"failed": True, "msg": "no Python", "module_stderr": "a\nb\n"}},
        "untouched": {},
    }
    assert readings([*hostvars, "gone"], hostvars, "found") == {
        "readings": {"read": {"schema": 1}},
        "unread": {
            "dead": "No route",
            "failed": "no Python b",
            "untouched": "it was not read in this run",
            "gone": "it was not read in this run",
        },
    }


def test_a_reading_gets_what_the_inventory_declares_for_its_host():
    mappings = [{"port": 8080, "to": 3000}]
    hostvars = {
        "app1": {"found": {"reading": {"schema": 1}}, "no502_port_mappings": mappings},
        "app2": {"found": {"reading": {"schema": 1}}, "no502_port_mappings": []},
    }
    assert readings(hostvars, hostvars, "found")["readings"] == {
        "app1": {"schema": 1, "port_mappings": mappings},
        "app2": {"schema": 1},
    }
