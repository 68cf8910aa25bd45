# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx runs, as against what lies on disk: told by when files changed and workers started.

nginx cannot be asked for the configuration that it runs. Its files are that configuration only if
none of them has changed since its workers started.
"""
from __future__ import annotations

# Seconds. The start of a process is known to a hundredth of a second.
TOLERANCE = 0.1


def pending(nginx) -> str | None:
    """Return the file that changed after the workers of a NGINX reading started, or None."""
    started = [started for _pid, started in _workers(nginx)]
    newest = (nginx.get("tree") or {}).get("newest")
    if started and newest and newest["mtime"] > min(started) + TOLERANCE:
        return newest["path"]
    return None


def running(readings) -> tuple[dict, list]:
    """Return the readings with only those nginx that are known to run what was read, and why not.

    Anything else is no yardstick: a fault that lies on disk and does not run yet is not an old
    one, the next reload would bring it.
    """
    result, reasons = {}, []
    for host, reading in readings.items():
        if not reading:
            result[host] = reading
            continue
        known = []
        for nginx in reading.get("nginx") or []:
            path = pending(nginx)
            if path:
                reasons.append(
                    {
                        "subject": host,
                        "reason": f"{path} changed after nginx had started its workers. What they"
                        " run is not known, so no fault on this host counts as an old one",
                    }
                )
            elif _workers(nginx):
                known.append(nginx)
        result[host] = {**reading, "nginx": known}
    return result, reasons


def came_too_late(seen, now, decided) -> bool:
    """Return whether nginx was reloaded onto what is to be decided on, before the decision.

    Handlers run in the order in which roles are listed: that happens where the role of the gate
    comes after the one that reloads. seen: the reading of the host when the gate last looked. now:
    its reading at the decision. decided: whether the gate decided when it last looked; then a
    reload since is the permitted one, and only one onto files that changed again is too early.
    """
    return any(
        _reloaded(old, new, decided)
        for new in now.get("nginx") or []
        for old in seen.get("nginx") or []
        if old.get("conf") == new.get("conf")
    )


def _reloaded(old, new, decided) -> bool:
    before, after = _workers(old), _workers(new)
    if not before or not after or pending(new):
        return False
    if any(_same(one, other) for one in before for other in after):
        return False
    return not decided or _content(old) != _content(new)


def _same(one, other) -> bool:
    """Return whether two (pid, started) are one process; its start is only read roughly."""
    return one[0] == other[0] and abs(one[1] - other[1]) <= TOLERANCE


def _content(nginx):
    return (nginx.get("tree") or {}).get("sha256")


def _workers(nginx) -> list:
    return [
        (worker["pid"], worker["started"])
        for worker in nginx.get("workers") or []
        if not worker.get("shutting_down")
    ]
