# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An override is seen by every audit for as long as what it let pass is in force."""
from __future__ import annotations

import json

import pytest
from ansible_collections.no502.node.plugins.module_utils.nginx_config.decision import note
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
from ansible_collections.no502.node.plugins.plugin_utils.report.audit import audit

HASH = "0123456789abcdef"
OVERRIDE = {"reason": "outage 4711", "owner": "kim"}
EMPTY = {"verdict": "allow", "counts": {}, "results": [], "problems": []}


@pytest.fixture(name="nginx")
def _nginx(tmp_path):
    """Return a function that reads an nginx with this history of generations."""
    (tmp_path / "nginx.conf").write_text("events {}\nhttp {}\n")
    (tmp_path / "no502.d" / HASH).mkdir(parents=True)
    (tmp_path / "no502").symlink_to(f"no502.d/{HASH}")

    def nginx(history):
        (tmp_path / "no502.d" / "history.json").write_text(history)
        return read_nginx(str(tmp_path / "nginx.conf"), str(tmp_path))

    return nginx


def entry(generation, override=None):
    return {"at": 1.0, "generation": generation, **note({"revision": "1", "override": override})}


def test_it_is_in_the_audit(nginx, hosts):
    reading = nginx(json.dumps([entry("f" * 16), entry(HASH, OVERRIDE)]))
    assert reading["override"] == OVERRIDE
    hosts.readings["lb1"]["nginx"] = [reading]
    text = " ".join(audit(EMPTY, hosts.readings, {}, "report").split())
    assert f"OVERRIDE: generation {HASH}" in text
    assert "by kim: outage 4711" in text


@pytest.mark.parametrize(
    "history",
    [
        json.dumps([entry("f" * 16, OVERRIDE), entry(HASH)]),
        json.dumps([entry(HASH, OVERRIDE), entry(HASH)]),
        "[]",
        "not json",
        '{"generation": 1}',
    ],
)
def test_where_there_is_none_none_is_claimed(nginx, hosts, history):
    reading = nginx(history)
    assert reading["override"] is None
    hosts.readings["lb1"]["nginx"] = [reading]
    assert "OVERRIDE" not in audit(EMPTY, hosts.readings, {}, "report")
