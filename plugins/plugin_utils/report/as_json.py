# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of an audit as JSON, for machines and for keeping.

docs/report.schema.json describes it; `schema` in it goes up when a field changes its meaning.
"""
from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timezone

from ansible_collections.no502.node.plugins.plugin_utils.report.hosts import problems_on, version

SCHEMA = 1
NAME = "no502-report.json"


def report(decision, readings, unread, fail_on, passed):
    """Return the report as a mapping.

    readings: host -> reading. unread: host -> why it could not be read; such a host is in the
    report like any other. passed: whether the audit passes under `fail_on`.
    """
    return {
        "schema": SCHEMA,
        "at": datetime.fromtimestamp(decision["at"], timezone.utc).isoformat(timespec="seconds"),
        "verdict": decision["verdict"],
        "passed": passed,
        "fail_on": fail_on,
        "engine": decision.get("engine"),
        "revision": decision.get("revision"),
        "profile": decision.get("profile"),
        "counts": decision.get("counts", {}),
        "hosts": {
            **{host: _host(reading) for host, reading in sorted(readings.items())},
            **{
                host: {"read": False, "reason": why, "nginx": [], "node": [], "problems": []}
                for host, why in sorted(unread.items())
            },
        },
        "results": decision.get("results", []),
        "problems": decision.get("problems", []),
    }


def _host(reading):
    return {
        "read": True,
        "reason": None,
        "nginx": [
            {
                "version": version(nginx),
                "conf": nginx.get("conf"),
                "running": nginx.get("running"),
                "generation": nginx.get("generation"),
                "override": nginx.get("override"),
                "routes": len(nginx.get("routes") or []),
            }
            for nginx in reading.get("nginx") or []
        ],
        "node": [
            {
                "version": version(node),
                "pid": node.get("pid"),
                "unit": (node.get("unit") or {}).get("name"),
                "guard": (node.get("guard") or {}).get("version"),
                "listens": node.get("listens") or [],
            }
            for node in reading.get("node") or []
        ],
        "problems": problems_on(reading),
    }


def write(directory, content):
    """Write the report into `directory` (created if missing); return its path.

    Written beside its place and renamed, so that a reader never sees half of it.
    """
    os.makedirs(directory, exist_ok=True)
    path = os.path.abspath(os.path.join(directory, NAME))
    handle, temporary = tempfile.mkstemp(dir=directory, prefix=NAME, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, ensure_ascii=False, sort_keys=False)
            file.write("\n")
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    return path
