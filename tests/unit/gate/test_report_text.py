# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person reads: complete, in the order of urgency, at 80 columns."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED
from ansible_collections.no502.node.plugins.plugin_utils.report import (
    as_json, audit, findings, layout, refusal,
)


def result(**more):
    return {
        "rule": "timeouts.node_outlives_nginx",
        "severity": "error",
        "prevents": "502",
        "status": "fail",
        "subject": {
            "kind": "peer",
            "host": "lb1",
            "route": "shop.example.com:443/",
            "app": "shop",
            "peer": "app1:3000",
        },
        "has": 6000,
        "needs": 61000,
        "unit": "ms",
        "where": ["/etc/nginx/conf.d/shop.conf:3", "guard, pid 812"],
        "message": "Node closes an idle connection after 6 s, but nginx uses it for 60 s.",
        "fix": "In upstream app set `keepalive_timeout 5s;` or less.",
        "blocking": True,
        **more,
    }


def decision(*results, **more):
    counts = dict.fromkeys(("pass", "fail", "unknown", "not_applicable", "waived"), 0)
    for each in results:
        counts[each["status"]] += 1
    return {"verdict": "deny", "counts": counts, "results": list(results), "problems": [], **more}


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (5000, "ms", "5 s"),
        (1500, "ms", "1.5 s"),
        (250, "ms", "250 ms"),
        (0, "ms", "0 s"),
        (3_600_000, "ms", "3600 s"),
        (402653184, "bytes", "384 MiB"),
        (1073741824, "bytes", "1 GiB"),
        (4097, "bytes", "4097 bytes"),
        (3, "count", "3"),
        ("1.0", None, "1.0"),
        ("", None, '""'),
        (None, "ms", "unknown"),
        (True, None, "yes"),
        (["http", "https"], None, "http, https"),
        (UNLIMITED, "bytes", "no limit"),
    ],
)
def test_amounts_are_written_as_people_write_them(value, unit, text):
    assert layout.amount(value, unit) == text


def test_a_refusal_says_everything_that_is_needed():
    text = refusal.refusal(decision(result()), "nginx on lb1", "Not touched: nginx on lb1.")
    for part in (
        "REFUSED: nginx on lb1",
        "timeouts.node_outlives_nginx",
        "prevents 502",
        "app shop: shop.example.com:443/ on lb1 -> app1:3000",
        "has    6 s",
        "needs  61 s",
        "where  /etc/nginx/conf.d/shop.conf:3",
        "where  guard, pid 812",
        "fix    In upstream app set `keepalive_timeout 5s;` or less.",
        "Not touched: nginx on lb1.",
        "Decision: deny (1 fail, 0 unknown, 0 waived, 0 not applicable, 0 pass).",
    ):
        assert part in text, text


def test_text_fits_a_terminal_of_80_columns_in_plain_ascii():
    long = "word " * 40
    text = refusal.refusal(
        decision(result(message=long, fix=long, where=[long])), "nginx " * 30, "Not " * 30
    ) + audit.table(decision(result(message=long, blocking=False)))
    assert max(map(len, text.splitlines())) <= 80
    assert text.isascii()


def test_a_path_is_not_broken():
    path = "/etc/nginx/" + "a" * 90 + ".conf:3"
    assert path in refusal.refusal(decision(result(where=[path])), "nginx", "")


def test_a_fault_of_many_peers_is_told_once_with_all_of_them():
    peers = [f"app{number}:3000" for number in range(1, 6)]
    found = [result(subject={**result()["subject"], "peer": peer}) for peer in peers]
    text = refusal.refusal(decision(*found), "nginx", "")
    assert text.count("timeouts.node_outlives_nginx") == 1
    for peer in peers:
        assert peer in text


def test_a_process_is_named():
    about = {"kind": "host", "host": "app1", "app": "shop", "process": "no502-shop-3000@a.service"}
    others = [{**about, "process": f"no502-shop-{port}@a.service"} for port in (3001, 3002)]
    text = refusal.refusal(decision(result(subject=about)), "node on app1", "")
    assert "app shop: app1 -> no502-shop-3000@a.service\n" in text
    group = [result(subject=each) for each in (about, *others)]
    assert findings.subjects(group) == [
        "app shop: app1 -> no502-shop-3000@a.service, no502-shop-3001@a.service, "
        "no502-shop-3002@a.service"
    ]


def unread(rule, peer="app1:3000", **more):
    about = {**result()["subject"], "peer": peer}
    message = f"It cannot be told what listens there: {peer} was not read."
    return result(rule=rule, status="unknown", reason="peer_unread", has=None, needs=None,
                  subject=about, message=message, fix=None, **more)


def test_a_peer_that_was_not_read_is_one_entry_with_all_rules():
    rules = ["timeouts.node_outlives_nginx", "upstream.peer_listens"]
    found = [unread(rule, peer) for peer in ("app1:3000", "app2:3000") for rule in rules]
    found[1]["fix"] = found[3]["fix"] = "Make the peer's host readable."
    found.append(unread("timeouts.headers", "app2:3000", severity="info"))
    text = audit.table(decision(*found))
    assert text.count("It cannot be told what listens there") == 2
    assert "-> app1:3000" in text and "-> app2:3000" in text
    assert f"rules  {', '.join(rules)}\n" in text
    assert "timeouts.headers" in text
    assert text.count("Make the peer's host readable.") == 2
    heads = [line for line in text.splitlines() if line.startswith("UNKNOWN  2 rules")]
    assert [line.split()[-1] for line in heads] == ["502", "2"]
    assert [line.split()[-1] for line in text.splitlines()
            if line.startswith("UNKNOWN  3 rules")] == ["502", "3"]


def test_an_unread_peer_that_blocks_by_one_rule_keeps_its_name():
    text = refusal.refusal(
        decision(unread("upstream.peer_listens"), unread("a.other", blocking=False)), "nginx", "")
    assert "UNKNOWN  upstream.peer_listens" in text and "a.other" not in text


def test_lines_of_one_file_are_one_place():
    group = [
        result(where=["/etc/nginx/a.conf:12", "nginx 1.30.6's default"]),
        result(where=["/etc/nginx/a.conf:3", "Keep-Alive header of [::]:3000"]),
    ]
    assert findings.places(group) == [
        "/etc/nginx/a.conf:3, 12",
        "nginx 1.30.6's default",
        "Keep-Alive header of [::]:3000",
    ]


def test_other_values_are_another_fault():
    text = refusal.refusal(decision(result(), result(has=7000)), "nginx", "")
    assert text.count("timeouts.node_outlives_nginx") == 2


def test_only_what_blocks_is_in_a_refusal():
    other = result(rule="timeouts.read_timeout_floor", severity="info", blocking=False)
    assert "read_timeout_floor" not in refusal.refusal(decision(result(), other), "nginx", "")


def test_a_refusal_without_results_says_why():
    undecided = decision(
        verdict="unknown", problems=[{"subject": "policy engine", "reason": "no answer"}]
    )
    text = refusal.refusal(undecided, "nginx on lb1", "")
    assert "could not be decided" in text
    assert "policy engine: no answer" in text


def test_the_table_hides_nothing_and_counts_the_rest():
    text = audit.table(
        decision(
            result(status="pass", rule="a.passed"),
            result(status="not_applicable", rule="a.not_applicable"),
            result(status="unknown", rule="a.unknown", has=None, needs=None, blocking=False),
            result(status="waived", rule="a.waived", blocking=False),
            result(rule="a.info", severity="info", blocking=False),
            result(),
        )
    )
    order = ["timeouts.node_outlives_nginx", "a.info", "a.unknown", "a.waived"]
    assert [text.index(rule) for rule in order] == sorted(text.index(rule) for rule in order)
    assert "a.passed" not in text and "a.not_applicable" not in text
    assert "(2 fail, 1 unknown, 1 waived, 1 not applicable, 1 pass)" in text


def test_a_clean_decision_is_one_line():
    text = audit.table(decision(result(status="pass", blocking=False), verdict="allow"))
    assert text.splitlines() == [
        "Decision: allow (0 fail, 0 unknown, 0 waived, 0 not applicable, 1 pass)."
    ]


def test_the_audit_lists_every_host(hosts):
    hosts.node("app1", 3000)
    text = audit.audit(
        decision(), hosts.readings, {"app3": "No route to host"}, "/tmp/no502-report.json"
    )
    assert "lb1: nginx 1.30.6" in text
    assert "app1: Node 24.21.0" in text
    assert "app2: nothing found: no nginx, no Node" in text
    assert "app3: NOT READ: No route to host" in text
    assert "/tmp/no502-report.json" in text


def test_what_could_not_be_read_stands_below_its_host(hosts):
    of_node = [{"subject": "node pid 812", "reason": "its inspector: port in use"}]
    hosts.node("app1", 3000, problems=of_node)
    hosts.readings["app1"]["problems"] = [
        {"subject": f"file {number}", "reason": "Permission denied"} for number in range(6)
    ]
    text = audit.audit(decision(), hosts.readings, {}, "/tmp/no502-report.json")
    assert "    not read: file 0: Permission denied" in text
    assert "    not read: file 4: Permission denied" in text
    assert "file 5" not in text
    assert "    and 2 more, which are in the report" in text
    every = as_json.report(dict(decision(), at=0), hosts.readings, {}, "error", True)
    assert every["hosts"]["app1"]["problems"][-1:] == of_node


def test_an_nginx_that_does_not_run_is_said_not_to(hosts):
    hosts.readings["lb1"]["nginx"][0]["running"] = False
    text = audit.audit(decision(), hosts.readings, {}, "/tmp/no502-report.json")
    assert "lb1: nginx 1.30.6 (does not run)" in text
