# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was found on a host, and what of it could not be read."""
from __future__ import annotations

_KINDS = (("nginx", "nginx"), ("Node", "node"), ("PM2", "pm2"))


def found_on(reading) -> str:
    """Return in one line what was found on a host."""
    parts = [
        _versions(name, reading[kind]) for name, kind in _KINDS if reading.get(kind)
    ]
    routes = sum(len(nginx.get("routes") or []) for nginx in reading.get("nginx") or [])
    if routes:
        parts.append(f"{routes} proxied location{'s' * (routes != 1)}")
    return ", ".join(parts) or "nothing found: no nginx, no Node"


def _versions(name, found) -> str:
    versions = sorted({version(each) or "of unknown version" for each in found})
    several = f" ({len(found)} processes)" if len(found) > 1 else ""
    idle = " (does not run)" if not any(each.get("running", True) for each in found) else ""
    return f"{name} {', '.join(versions)}{several}{idle}"


def version(software) -> str | None:
    """Return ``1.30.6`` of a part of a reading, None where it is not known."""
    return ".".join(map(str, software.get("version") or [])) or None


def problems_on(reading) -> list[dict]:
    """Return what could not be read on a host: `subject` and `reason` of each, once."""
    parts = [reading, *(each for _name, kind in _KINDS for each in reading.get(kind) or [])]
    problems = []
    for problem in (problem for part in parts for problem in part.get("problems") or []):
        if problem not in problems:
            problems.append(problem)
    return problems
