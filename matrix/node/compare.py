# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reading held against the truth, value by value."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass

from cells import Cell

# How far apart two values may lie that are measured, by name, in the value's unit.
IDLE_LIMIT = "settings.idle_limit"
TOLERANCE = {"started": 2, IDLE_LIMIT: 500}
# What a Keep-Alive header says is rounded down, and the reading says so.
ROUNDED = "(whole seconds)"

EQUAL, UNKNOWN, UNREAD, WRONG = "equal", "unknown", "unread", "wrong"
FAILURES = (UNREAD, WRONG)


@dataclass(frozen=True)
class Comparison:
    """One value: what was read, what is true, and the verdict.

    equal; unknown (the reading says why); unread (unknown or absent where it can be read); wrong.
    """

    cell: Cell
    way: str
    field: str
    reading: object
    truth: object
    verdict: str
    reason: str = ""

    def __str__(self) -> str:
        what = f"{self.cell.full_name}, {self.way}: {self.field}"
        return (f"{self.verdict.upper()} {what}: read {self.reading!r}, true {self.truth!r}"
                + (f" ({self.reason})" if self.reason else ""))


def compare(cell: Cell, way: str, truth: dict, reading: dict, late: int = 0) -> list[Comparison]:
    """Compare all that is true of a cell with a host's reading.

    `late` is by how many ms the machine was too busy to time connections well.
    """
    there = view(cell, reading)
    tolerance = TOLERANCE | {IDLE_LIMIT: TOLERANCE[IDLE_LIMIT] + late}
    return [judge(cell, way, field, there, true, tolerance.get(field, 0))
            for field, true in truth.items()]


def judge(cell: Cell, way: str, field: str, there: dict, true, tolerance: float) -> Comparison:
    """Compare one value."""
    has, source, reason = look_up(there, field)
    if has is None and true is not None:
        verdict = UNREAD if can_be_read(cell, way, field) else UNKNOWN
        return Comparison(cell, way, field, has, true, verdict, reason)
    if ROUNDED in source and isinstance(true, int):
        true = true // 1000 * 1000
    same = has == true
    if tolerance and None not in (has, true):
        same = abs(has - true) <= tolerance
    return Comparison(cell, way, field, has, true, EQUAL if same else WRONG, source)


def look_up(there: dict, field: str) -> tuple[object, str, str]:
    """What the reading has under a dotted name: the value, its source, or why there is none."""
    found: object = there
    for part in names(there, field):
        if not isinstance(found, dict) or part not in found:
            said = found["source"] if is_value(found) else ""
            return None, "", said or "absent: nothing that was asked tells it"
        found = found[part]
    if is_value(found):
        unknown = found["origin"] == "unknown"
        return found["value"], "" if unknown else found["source"], found["source"]
    return found, "", ""


def is_value(found) -> bool:
    """Whether it is a value with its origin and source."""
    return isinstance(found, dict) and {"value", "origin", "source"} <= found.keys()


def names(there: dict, field: str) -> list[str]:
    """A dotted name as keys: the longest that are there come first ("upstream.peer.max_fails")."""
    head, _dot, rest = field.rpartition(".")
    return [head, rest] if head in there else field.split(".")


def view(cell: Cell, reading: dict) -> dict:
    """What a reading says of one cell, under the names that truths have."""
    node = next((each for each in reading["node"] for listen in each["listens"]
                 if listen.get("port") == cell.port), None)
    if node is None:
        return {}
    shown = dict(node, workers=sorted(node["workers"]), options=options(node),
                 listens=sorted([each["address"], each["port"]] for each in node["listens"]))
    shown["secret"] = "shown" if cell.secret in json.dumps(reading) else "not shown"
    for daemon in reading.get("pm2", ()):
        own = [app for app in daemon["apps"] if app["name"] == cell.name]
        if own:
            shown["pm2"] = daemon
            shown["app"] = app_of(own)
    # Where nginx could not be read it says so for the host.
    missing = {"value": None, "origin": "unknown",
               "source": ", ".join(each["reason"] for part in [reading, *reading["nginx"]]
                                   for each in part["problems"])}
    shown.update(dict.fromkeys(("upstream", "upstream.peer", "route"), missing))
    for nginx in reading["nginx"]:
        for upstream in nginx["upstreams"]:
            if upstream["name"] == cell.name:
                (peer,) = upstream["peers"]
                shown["upstream"] = dict(upstream["settings"], peer=peer["name"])
                shown["upstream.peer"] = peer["settings"]
        for route in nginx["routes"]:
            if route["pass"]["upstream"] == cell.name:
                shown["route"] = dict(route["settings"], upstream=route["pass"]["upstream"],
                                      port=route["server"]["listens"][0]["port"])
    return shown


def options(node: dict) -> list | dict | None:
    """The options of a process; unknown where the reading says that there may be others."""
    hidden = [each["reason"] for each in node["problems"]
              if each["reason"].startswith("options: ")]
    if hidden or node.get("options") is None:
        return {"value": None, "origin": "unknown", "source": ", ".join(hidden)}
    return rows(node["options"])


def rows(options_read: list[dict]) -> list[list]:
    """Options as truths have them."""
    return [[each["name"], each["value"], each["source"]] for each in options_read]


def app_of(entries: list[dict]) -> dict:
    """One app of PM2's out of the entries of its processes."""
    return dict(entries[0], pids=sorted(each["pid"] for each in entries),
                node_options=rows(entries[0]["node_options"]),
                **{name: [value_of(each[name]) for each in entries]
                   for name in ("status", "restarts", "unstable_restarts")})


def value_of(found):
    """A value alone."""
    return found["value"] if is_value(found) else found


# --- What need not be known ------------------------------------------------------------------

# Ways that ask the process itself for every setting.
ASKING_ALL = ("inspector", "all")


def can_be_read(cell: Cell, way: str, field: str) -> bool:
    """Whether a reader that works must know this value."""
    if field == "options":
        # PM2 covers the command line of its applications with a title.
        return cell.supervisor != "pm2" or way in ASKING_ALL
    if cell.mode == "guard":
        # The guard does not publish it.
        return field != "settings.connections_checking_interval"
    if not re.match(r"settings\.|heap_limit", field):
        return True
    if field == "settings.keep_alive_timeout":
        return way != "silent"
    if field == "settings.idle_limit" and cell.mode in ("cluster", "pm2-cluster", "pm2-neighbour"):
        # Timed once: which worker accepts is not the reader's choice, and all have to be heard.
        return False
    return way in ASKING_ALL
