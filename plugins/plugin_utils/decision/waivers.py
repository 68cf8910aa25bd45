# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waivers of the inventory: which results they match, and what comes of those.

A waiver has `rule`, at least one of `host`, `app` and `route`, `reason`, `owner` and `expires`.
Whether it is one that holds is for the policies to say (the rules `waivers.*`), from the document
about the fleet; here it is only described and applied.
"""
from __future__ import annotations

_SCOPES = ("host", "app", "route")
_TEXTS = ("rule", *_SCOPES, "reason", "owner")
_CONDITIONS = ("waivers.well_formed", "waivers.not_expired")


def described(waiver, results):
    """Return a waiver as the document about the fleet has it; anything but text becomes None."""
    given = waiver if isinstance(waiver, dict) else {}
    return {
        **{name: _text(given.get(name)) for name in _TEXTS},
        "expires": _day(given.get("expires")),
        "matches": sum(_matches(given, result) for result in results),
    }


def holds(place, found):
    """Return whether the waiver at that place of the fleet's document is well formed and in force.

    found: the results about the fleet.
    """
    passed = {
        result["rule"]
        for result in found
        if result["subject"]["waiver"] == place and result["status"] == "pass"
    }
    return passed.issuperset(_CONDITIONS)


def apply(waiver, results):
    """Mark what a waiver matches as waived; the result stays, with who waived it and why."""
    for result in results:
        if _matches(waiver, result):
            result["status"] = "waived"
            result["waiver"] = {**waiver, "expires": _day(waiver["expires"])}


def _matches(waiver, result):
    scopes = [name for name in _SCOPES if waiver.get(name) is not None]
    return bool(
        scopes
        and result["status"] in ("fail", "unknown")
        and waiver.get("rule") == result["rule"]
        and all(waiver[name] == result["subject"][name] for name in scopes)
    )


def _text(value):
    return value if isinstance(value, str) and value else None


def _day(value):
    """Return a day as text; YAML reads a bare 2026-12-31 as a date of its own."""
    return value.isoformat() if hasattr(value, "isoformat") else _text(value)
