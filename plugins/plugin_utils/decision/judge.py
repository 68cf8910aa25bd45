# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings in, decision out: the one way from what was read to a verdict, for all actions.

Fails closed: whatever goes wrong becomes a decision with the verdict ``unknown`` and the reason
among its problems. Only `allows` says whether something may be changed.
"""
from __future__ import annotations

import copy
import time

from ansible_collections.no502.node.plugins.plugin_utils.plan.planned import with_planned
from ansible_collections.no502.node.plugins.plugin_utils.decision.reloads import running

VERDICTS = ("allow", "deny", "unknown")


def allows(decision) -> bool:
    """Return whether a decision permits the change.

    The verdict says so; what blocks is looked at once more, since only an override may pass it.
    """
    return decision.get("verdict") == "allow" and (
        bool(decision.get("override")) or not blocking(decision)
    )


def blocking(decision) -> list:
    """Return the rules of the results that block, each once."""
    return sorted({result["rule"] for result in decision["results"] if result.get("blocking")})


def undecided(reason) -> dict:
    """Return the decision for something that could not be decided."""
    return {
        "verdict": "unknown",
        "revision": None,
        "engine": None,
        "at": time.time(),
        "generation": None,
        "override": None,
        "counts": {},
        "results": [],
        "problems": [reason],
    }


def with_nginx(readings, host, nginx):
    """Return `readings` in which the nginx of `host` is the given one.

    A host may run several masters: the one with the same configuration file is replaced.
    """
    result = dict(readings)
    reading = copy.deepcopy(readings.get(host))
    if reading is None:
        raise ValueError(f"{host} could not be read, so its candidate cannot be judged")
    masters = reading.get("nginx") or []
    same = [index for index, old in enumerate(masters) if old.get("conf") == nginx.get("conf")]
    place = same[0] if same else 0
    reading["nginx"] = [*masters[:place], nginx, *masters[place + 1 :]]
    result[host] = reading
    return result


def only_nginx_of(host, readings):
    """Return `readings` without the nginx of other hosts, which a change of this one leaves."""
    return {
        name: reading if name == host or not reading else {**reading, "nginx": []}
        for name, reading in readings.items()
    }


def judge(readings, **given) -> dict:
    """Return the decision over `readings`; see `_judge` for what may be given."""
    try:
        decision = _judge(readings, **given)
    except Exception as error:  # pylint: disable=broad-exception-caught
        # Whatever it was: what could not be judged must not be changed.
        return undecided(f"{type(error).__name__}: {error}")
    if decision.get("verdict") not in VERDICTS:
        return undecided(f"the verdict is {decision.get('verdict')!r}, not one of {VERDICTS}")
    return decision


def _judge(
    readings,
    *,
    unread=None,
    before=None,
    too_late=False,
    host=None,
    candidate=None,
    planned=None,
    generation=None,
    apps=None,
    phase="steady",
    profile="default",
    scope="changed",
    override=None,
    waivers=None,
    engine=None,
):
    """Build the documents with and without the change, and have them decided.

    unread: host -> why it could not be read. host: the one nginx host that is judged, which the
    next ones belong to; without it all of them are.
    candidate: the NGINX reading of what is to be loaded. before: the reading of the host from
    before the change, where the change lies on disk already. too_late: it runs already. planned:
    arguments of `with_planned`: what the same run sets is judged in place of what was read.

    The yardstick for what the change makes worse is what is known to run.
    """
    from ansible_collections.no502.node.plugins.plugin_utils.chain import build as chain
    from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision
    from ansible_collections.no502.node.plugins.plugin_utils.engine import choice as engines

    if not any(readings.values()):
        raise ValueError(f"no host could be read{_reasons(unread)}")
    # A host that is named without a reading is one that could not be read.
    readings = {**dict.fromkeys(unread or {}), **readings}
    if host:
        readings = only_nginx_of(host, readings)
    old, reasons = running({**readings, host: before} if before else readings)
    if too_late:
        old = {**old, host: {**old[host], "nginx": []}}
    new = with_planned(readings, apps or {}, **planned) if planned else readings
    if candidate:
        new = with_nginx(new, host, candidate)
    options = {"phase": phase, "profile": profile}
    result = decision.decide(
        chain.build(new, apps or {}, options),
        engines.engine(engine or {"kind": "embedded"}),
        live_documents=chain.build(old, apps or {}, options),
        scope=scope,
        override=override,
        waivers=waivers or [],
    )
    result["generation"] = generation
    result["problems"] = [*result.get("problems", []), *reasons, *_problems(unread)]
    return result


def _problems(unread) -> list:
    return [{"subject": host, "reason": f"not read: {why}"} for host, why in (unread or {}).items()]


def _reasons(unread) -> str:
    return "".join(f"; {host}: {why}" for host, why in (unread or {}).items())
