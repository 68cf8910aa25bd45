# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep a reading within the size that it may have, and say what was left out of it."""

from __future__ import annotations

import json

MAX_HOST_BYTES = 64 * 1024
MAX_ROUTE_BYTES = 4 * 1024
# A Node process with its unit takes 2.9 KiB; within the host's 64 KiB there would be room for 22.
MAX_PROCESS_BYTES = 3 * 1024
# A process that PM2 keeps.
MAX_APP_BYTES = 1536
MAX_LISTENERS = 256
MAX_PROBLEMS = 40
_ROOM = 512
_TOO_LARGE = "it would make the reading too large"


def fit(reading):
    """Keep a reading within the sizes above; say what is left out.

    Listeners of other programs go first. Then whole nginx configurations, which
    then count as not read, whole processes and whole daemons of PM2's: what is
    cut in the middle could pass for something in which the rest is not written.
    """
    for each in [reading] + reading["nginx"] + reading["node"] + reading["pm2"]:
        _shorten_problems(each["problems"])
    if len(reading["listeners"]) > MAX_LISTENERS:
        _leave_out_listeners(reading)
    if _excess(reading) > 0:
        _leave_out_listeners(reading)
    if _excess(reading) > 0:
        _leave_out_largest(reading)
    return reading


def _excess(reading):
    """Return by how many bytes a reading is too large, with room for what is said of that."""
    allowed = sum(map(_nginx_room, reading["nginx"])) + sum(map(_pm2_room, reading["pm2"])) \
        + len(reading["node"]) * MAX_PROCESS_BYTES
    return _size(reading) + _ROOM - MAX_HOST_BYTES - allowed


def _nginx_room(nginx):
    return len(nginx["routes"]) * MAX_ROUTE_BYTES


def _pm2_room(daemon):
    return len(daemon["apps"]) * MAX_APP_BYTES


def _leave_out_largest(reading):
    """Leave out each part that takes most of the host's own room, until the rest fits."""
    parts = [(_size(nginx) - _nginx_room(nginx), nginx) for nginx in reading["nginx"]]
    parts += [(_size(node) - MAX_PROCESS_BYTES, node) for node in reading["node"]]
    parts += [(_size(daemon) - _pm2_room(daemon), daemon) for daemon in reading["pm2"]]
    excess, left_out = _excess(reading), []
    for size, part in sorted(parts, key=lambda part: -part[0]):
        if excess <= 0 or size <= 0:
            break
        excess -= size
        left_out.append(id(part))
    for nginx in reading["nginx"]:
        if id(nginx) in left_out:
            _empty(nginx)
    _leave_out(reading, "node", "processes", left_out)
    _leave_out(reading, "pm2", "daemons", left_out)


def _leave_out(reading, name, what, left_out):
    kept = [each for each in reading[name] if id(each) not in left_out]
    if len(kept) < len(reading[name]):
        reading["problems"].append({
            "subject": name,
            "reason": "%d of %d %s are left out: %s"
                      % (len(reading[name]) - len(kept), len(reading[name]), what, _TOO_LARGE),
        })
        reading[name] = kept


def _empty(nginx):
    nginx.update(upstreams=[], routes=[], servers=[], stream={"servers": []}, complete=False)
    nginx["problems"].append(
        {"subject": nginx["conf"], "reason": "is left out: " + _TOO_LARGE}
    )


def _shorten_problems(problems):
    more = len(problems) - MAX_PROBLEMS
    if more > 0:
        del problems[MAX_PROBLEMS:]
        problems.append({"subject": "problems", "reason": "%d more of them" % more})


def _leave_out_listeners(reading):
    kept = [each for each in reading["listeners"]
            if each["process"] in ("nginx", "node")][:MAX_LISTENERS]
    left_out = len(reading["listeners"]) - len(kept)
    if left_out:
        reading["listeners"] = kept
        reading["problems"].append({
            "subject": "listeners", "reason": "%d of other programs are left out" % left_out,
        })


def _size(value):
    return len(json.dumps(value))
