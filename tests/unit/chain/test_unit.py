# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A unit of which systemd does not tell everything: what is not told passes no rule."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.host import systemd
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision

from .conftest import built, host, node

SHOWN = "Id=shop.service\nLoadState=loaded\nActiveState=active\nMainPID=812\n"
RULES = ("drift.daemon_reload_not_pending", "health.no_restart_burst")


def judged(engine, shown):
    """The status of each of `RULES` for a process of the unit that systemctl shows so."""
    unit = systemd.parse_show(shown, ["shop.service"])["shop.service"]
    reading = host("10.0.0.6", nodes=[node(unit=unit, started=40.0)])
    reading["host"]["now"] = 100.0
    made = decision.decide(built({"app1": reading}), engine)
    found = {result["rule"]: result["status"] for result in made["results"]}
    return [found[rule] for rule in RULES]


def test_what_is_not_told_passes_no_rule(engine):
    assert judged(engine, SHOWN) == ["unknown", "unknown"]
    assert judged(engine, SHOWN + "NRestarts=0\nNeedDaemonReload=no\n") == ["pass", "pass"]
