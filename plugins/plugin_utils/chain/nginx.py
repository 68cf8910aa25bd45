# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An nginx of a host as the document about the host has it: the process, not its routes."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    unit as chain_unit,
    values as chain_values,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import nginx as defaults


def software(reading):
    """Return the defaults of the nginx of a reading, by its product, version and binary."""
    product = reading.get("product") or "nginx"
    return chain_values.Defaults(
        product, reading.get("version"), reading.get("knows"), reading.get("complete", True),
        unlike=None if product in defaults.PRODUCTS else "nginx",
    )


def document(nginx, now):
    """Return the document's part about one nginx.

    now: when it was read, in seconds since the epoch, or None.
    """
    name = f"nginx ({nginx.get('conf') or nginx.get('binary') or 'configuration not read'})"
    workers = nginx.get("workers") or []
    return {
        "name": name,
        "version": nginx.get("version"),
        "product": nginx.get("product") or "nginx",
        "container": nginx.get("container"),
        "running": bool(nginx.get("running")),
        "complete": bool(nginx.get("complete", True)),
        "generation": nginx.get("generation"),
        **software(nginx).fill(defaults.MAIN, nginx.get("main") or {}),
        "workers": sum(not worker["shutting_down"] for worker in workers),
        "workers_shutting_down": sum(worker["shutting_down"] for worker in workers),
        "loaded_ago": _loaded_ago(nginx, workers, now, name),
        "disk": _disk(nginx, name),
        "unit": chain_unit.document(nginx.get("unit")),
    }


def _loaded_ago(nginx, workers, now, name):
    """Return how long ago what runs was loaded: when the oldest worker that stays was started."""
    started = [worker["started"] for worker in workers if not worker["shutting_down"]]
    at = ((nginx.get("disk") or {}).get("loaded") or {}).get("at") or min(started, default=None)
    if at is None or now is None:
        return unknown("ms", f"{name}: when it was loaded is not known")
    return known(max(0, round((now - at) * 1000)), "ms", "live", f"{name}: start of its workers")


def _disk(nginx, name):
    """Return how what lies on disk differs from what runs."""
    disk = nginx.get("disk") or {}
    return {
        "differs": chain_values.of(disk.get("differs"), None, f"{name}: files against workers"),
        "files": list(disk.get("files") or []),
        "loaded_generation": (disk.get("loaded") or {}).get("generation"),
    }
