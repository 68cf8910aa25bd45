# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of hosts that were never touched: what it tells, and that it leaves no trace."""
from __future__ import annotations

import json
import re
from pathlib import Path

import footprints
import jsonschema
import pytest

SCHEMA = Path(__file__).resolve().parents[3] / "docs/report.schema.json"
HOSTS = ("bookworm", "trixie", "forky")


@pytest.fixture(scope="module")
def traces(hosts):
    """Takes the footprints of every host: its files, the app's log of requests, its processes."""
    return lambda: {name: footprints.footprints(host) for name, host in hosts.items()}


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory):
    """Arguments that add a host that does not answer."""
    inventory = tmp_path_factory.mktemp("gone") / "inventory.yml"
    inventory.write_text(json.dumps({"all": {"hosts": {"gone": {
        "no502_container": "nowhere"}}}}), "utf-8")
    return "-i", str(inventory)


@pytest.fixture(scope="module")
def audited(play, traces, tmp_path_factory):
    """One audit of the untouched hosts: the run, its report, and traces before and after."""
    folder = tmp_path_factory.mktemp("report")
    before = traces()
    done = play("no502.node.audit", no502_report_dir=str(folder))
    after = traces()
    report = json.loads((folder / "no502-report.json").read_text("utf-8"))
    return done, report, before, after


def test_the_report_is_what_its_schema_says(audited):
    _done, report, _before, _after = audited
    jsonschema.validate(report, json.loads(SCHEMA.read_text("utf-8")))
    assert {name: host["read"] for name, host in report["hosts"].items()} == dict.fromkeys(
        HOSTS, True)


def test_the_terminal_shows_it_within_80_columns(audited):
    done, report, _before, _after = audited
    _before, _rule, text = done.output.partition("=" * 80)
    shown, _recap, _rest = text.partition("PLAY RECAP")
    shown = shown.partition("\nfatal: ")[0].partition("\n[ERROR]")[0]
    assert max(map(len, shown.splitlines())) <= 80, shown
    for word in ("RESULT", "RULE", "HAS", "NEEDS", "where", "fix"):
        assert word in shown
    assert {result["rule"] for result in report["results"] if result["status"] == "fail"} <= set(
        re.findall(r"[a-z_]+\.[a-z_]+", shown))


def test_the_oldest_generation_gets_no_error_about_502(audited):
    """Neither nginx 1.22 nor Node 18 of these files loses a request: nothing is pooled."""
    _done, report, _before, _after = audited
    assert not [result for result in report["results"]
                if result["subject"].get("host") == "bookworm"
                and result["severity"] == "error" and result["prevents"] == "502"
                and result["status"] in ("fail", "unknown")]


def test_the_newest_generation_is_told_of_its_502s_first(audited):
    done, _report, _before, _after = audited
    first = re.search(r"^(?:FAIL|UNKNOWN) +(\S+) .*\n +(.*)$", done.output, re.M)
    assert first[1] == "timeouts.node_outlives_nginx"
    assert "forky" in first[2]


def test_it_leaves_no_trace(audited):
    """Not in any file, not in the app's log of requests, not in a process."""
    _done, _report, before, after = audited
    assert not [line for name in HOSTS
                for line in footprints.differences(before[name], after[name])]


def test_a_trace_would_be_seen(hosts, traces):
    before = traces()["trixie"]
    ask = "curl -sS -H 'Host: shop.example.com' http://127.0.0.1/"
    assert hosts["trixie"].check_output(ask) == "hello"
    paths = {line.split(":")[0] for line in footprints.differences(before, traces()["trixie"])}
    assert {"/srv/shop/requests.log", "/var/log/nginx/access.log"} <= paths


def test_a_host_that_cannot_be_reached_is_told_and_fails_the_audit(play, unreachable, tmp_path):
    done = play("no502.node.audit", *unreachable, "--limit", "bookworm,gone",
                no502_report_dir=str(tmp_path), no502_fail_on="error")
    report = json.loads((tmp_path / "no502-report.json").read_text("utf-8"))
    assert done.code != 0, done.output
    assert report["passed"] is False
    assert report["hosts"]["gone"]["read"] is False and report["hosts"]["gone"]["reason"]
    assert "gone: NOT READ" in done.output
