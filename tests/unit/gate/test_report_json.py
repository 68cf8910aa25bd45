# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as its schema describes it, and when an audit passes."""
from __future__ import annotations

import json
import os
import pathlib

import jsonschema
import pytest
from ansible_collections.no502.node.plugins.action.policy_check import passes
from ansible_collections.no502.node.plugins.plugin_utils.report import as_json as report_json
from ansible_collections.no502.node.plugins.plugin_utils.decision.judge import judge

SCHEMA = json.loads(
    (pathlib.Path(__file__).parents[3] / "docs" / "report.schema.json").read_text(encoding="utf-8")
)


def checked(report):
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(report, SCHEMA)
    return report


@pytest.fixture(name="audited")
def _audited(hosts, plan):
    """The judgement of stock hosts: pooled by default in front of Node's 5 s."""
    hosts.node("app1", 3000)
    hosts.node("app2", 3000)
    hosts.route("shop", [("10.0.0.1", 3000), ("10.0.0.2", 3000)])
    unread = {"app3": "No route to host"}
    decision = judge(hosts.readings, unread=unread, apps=plan(shop={})["apps"], scope="all")
    return report_json.report(decision, hosts.readings, unread, "error", False)


def test_a_report_is_as_its_schema_says(audited):
    report = checked(audited)
    assert report["verdict"] == "deny"
    assert sum(report["counts"].values()) == len(report["results"])
    assert {each["status"] for each in report["results"]} >= {"fail", "pass"}


def test_a_host_that_could_not_be_read_is_in_the_report(audited):
    assert audited["hosts"]["app3"] == {
        "read": False, "reason": "No route to host", "nginx": [], "node": [], "problems": []
    }
    assert audited["hosts"]["lb1"]["nginx"][0]["version"] == "1.30.6"
    assert audited["hosts"]["app1"]["node"][0]["unit"] == "old.service"


def test_a_report_of_nothing_is_one_too():
    decision = judge({}, unread={"lb1": "dead"})
    report = checked(report_json.report(decision, {}, {"lb1": "dead"}, "error", False))
    assert report["verdict"] == "unknown" and report["problems"]


def test_the_report_is_written_whole_into_a_new_directory(audited, tmp_path):
    path = report_json.write(str(tmp_path / "a" / "b"), audited)
    assert json.loads(pathlib.Path(path).read_text(encoding="utf-8")) == audited
    report_json.write(str(tmp_path / "a" / "b"), audited)
    assert os.listdir(tmp_path / "a" / "b") == [report_json.NAME]


def decided(*found, verdict="allow"):
    results = [{"status": status, "severity": severity} for status, severity in found]
    return {"verdict": verdict, "results": results, "problems": []}


@pytest.mark.parametrize(
    "found, passing",
    [
        ([], {"error", "warning"}),
        ([("pass", "error"), ("not_applicable", "error")], {"error", "warning"}),
        ([("waived", "error")], {"error", "warning"}),
        ([("fail", "info")], {"error", "warning"}),
        ([("fail", "warning")], {"error"}),
        ([("unknown", "warning")], {"error"}),
        ([("fail", "error")], set()),
        ([("unknown", "error")], set()),
    ],
)
@pytest.mark.parametrize("fail_on", ["error", "warning", "never"])
def test_when_an_audit_passes(found, passing, fail_on):
    assert passes(decided(*found), {}, fail_on) is (fail_on in passing | {"never"})


def test_an_audit_without_a_decision_does_not_pass():
    assert not passes(decided(verdict="unknown"), {}, "error")
    assert passes(decided(verdict="unknown"), {}, "never")


def test_an_audit_with_a_host_that_was_not_read_does_not_pass():
    assert not passes(decided(("pass", "error")), {"app3": "dead"}, "error")
