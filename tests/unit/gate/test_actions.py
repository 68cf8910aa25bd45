# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions as a user meets them: ansible-playbook, and what stands on the terminal.

The hosts' addresses lead nowhere: an action that connected to one would fail.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

PLAYBOOK = """
- name: Judge
  hosts: all
  gather_facts: false
  tasks:
    - name: Judge
      %s:
      register: judged
    - name: Go on
      ansible.builtin.debug:
        msg: "WENT ON with {{ judged.decision.verdict }}"
"""


@pytest.fixture(name="play")
def _play(tmp_path):
    def play(action, arguments, *flags):
        (tmp_path / "arguments.json").write_text(json.dumps(arguments))
        task = f"{action}: \"{{{{ lookup('file', playbook_dir ~ '/arguments.json') | from_json }}}}\""
        (tmp_path / "play.yml").write_text(PLAYBOOK.replace("%s:", task))
        run = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "192.0.2.1,", "play.yml", *flags],
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "80", "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout + run.stderr

    return play


@pytest.fixture(name="judged")
def _judged(hosts, plan):
    """The arguments of the gate for the end of a rollout on stock hosts."""
    from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import steps

    def judged(**app):
        hosts.node("app1", 3000)
        hosts.node("app2", 3000)
        planned = plan(shop=app)
        return {
            "readings": hosts.readings,
            "apps": planned["apps"],
            "steps": steps(planned, hosts.readings),
            "planned": {"nginx": {"lb1": "final"}, "node": ["app1", "app2"]},
        }

    return judged


BELOW = {"overrides": {"node": {"keep_alive_timeout": "5s"}}}


def test_an_allowed_change_goes_on_without_a_word(play, judged):
    code, text = play("no502.node.gate", judged())
    assert code == 0 and "WENT ON with allow" in text, text
    assert "Decision:" not in text


def test_in_check_mode_the_decision_is_shown(play, judged):
    code, text = play("no502.node.gate", judged(), "--check")
    assert code == 0 and "Decision: allow (0 fail" in text, text


def test_a_refused_change_stops_with_the_reason_on_lines_of_its_own(play, judged):
    code, text = play("no502.node.gate", judged(**BELOW))
    assert code == 2 and "WENT ON" not in text, text
    lines = text.splitlines()
    assert "    has    6 s" in lines
    assert "    where  no502_apps.shop.overrides.node.keep_alive_timeout" in lines
    assert any("Not touched" in line for line in lines)
    assert "Refused (deny): timeouts.node_outlives_nginx" in text
    # The failed task shows one line, not the data of the decision.
    assert '"results"' not in text


def test_break_glass_goes_on_and_says_so(play, judged):
    override = {"reason": "outage 4711", "owner": "kim"}
    code, text = play("no502.node.gate", {**judged(**BELOW), "override": override})
    assert code == 0 and "WENT ON with allow" in text, text
    assert "Override by kim (outage 4711)" in " ".join(text.split())


def test_an_override_without_an_owner_is_none(play, judged):
    code, text = play("no502.node.gate", {**judged(**BELOW), "override": {"reason": "because"}})
    assert code == 2 and "no502_override" in text, text


def test_a_gate_without_readings_refuses(play):
    code, text = play("no502.node.gate", {"readings": {}, "unread": {"app1": "No route to host"}})
    assert code == 2 and "app1: No route to host" in " ".join(text.split()), text


def test_an_audit_writes_the_report_shows_it_and_fails(play, judged, tmp_path):
    given = judged()
    arguments = {"readings": given["readings"], "unread": {"app3": "dead"}, "report_dir": "out"}
    code, text = play("no502.node.policy_check", arguments)
    report = json.loads((tmp_path / "out" / "no502-report.json").read_text())
    assert code == 2 and report["passed"] is False
    assert "app3: NOT READ: dead" in text
    assert str(tmp_path / "out" / "no502-report.json") in text


def test_an_audit_that_may_not_fail_passes_and_tells_the_verdict(play, hosts, tmp_path):
    hosts.node("app1", 3000)
    hosts.route("shop", [("10.0.0.1", 3000)])
    arguments = {"readings": hosts.readings, "fail_on": "never", "report_dir": str(tmp_path)}
    code, text = play("no502.node.policy_check", arguments)
    assert code == 0 and "WENT ON with deny" in text, text


def test_an_audit_that_found_nothing_is_no_pass(play, hosts, tmp_path):
    empty = hosts.readings["app1"]
    arguments = {"readings": {"db1": empty, "db2": empty}, "report_dir": str(tmp_path)}
    code, text = play("no502.node.policy_check", arguments)
    report = json.loads((tmp_path / "no502-report.json").read_text())
    assert (code, report["passed"], report["verdict"]) == (2, False, "unknown")
    assert "db1: nothing found: no nginx, no Node" in text
    assert "nothing was judged: neither nginx nor Node was found on any host" \
        in " ".join(text.split())


def test_a_host_without_anything_beside_others_is_listed_and_no_fault(play, judged, tmp_path):
    readings = judged()["readings"]
    readings["db1"] = {**readings["app1"], "nginx": [], "node": []}
    arguments = {"readings": readings, "report_dir": str(tmp_path), "fail_on": "never"}
    code, text = play("no502.node.policy_check", arguments)
    assert code == 0 and "WENT ON with" in text and "WENT ON with unknown" not in text, text
    assert "db1: nothing found: no nginx, no Node" in text
