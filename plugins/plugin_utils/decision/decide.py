# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decision over all documents: what failed, what that blocks, and the verdict.

Fails closed: an engine that cannot answer, a document that is too large, or anything of error
severity that could not be evaluated makes the verdict `unknown`, and only `allow` allows.
"""
from __future__ import annotations

import time

from ansible_collections.no502.node.plugins.plugin_utils.chain import build as chain
from ansible_collections.no502.node.plugins.plugin_utils.decision import (
    results as decision_results,
    scope as decision_scope,
    waivers as waiving,
)
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

MAX_PEERS = 512
SCOPES = ("changed", "all")
_SEVERITIES = ("error", "warning", "info")
_STATUSES = ("fail", "unknown", "waived", "pass", "not_applicable")
_PREVENTS = ("502", "504", "truncation", "latency", "contract")


def decide(documents, engine, live_documents=None, scope="changed", override=None, waivers=()):
    """Return the decision over `documents`, the chain as the change would make it.

    live_documents: the chain as it is, to tell what the change makes worse; None where there is
    nothing to compare with, and then everything counts. scope: "changed", or "all" to block on
    old faults too. override: `reason` and `owner` of a break-glass, which lets failed policies
    pass. waivers: see `waivers.py`. The caller adds `generation`.
    """
    problems: list[dict] = []
    judged = _judged(documents, engine, problems)
    before = _judged(live_documents, engine, []) if live_documents is not None else None
    results = [result for _document, found in judged for result in found]
    results += _waived(results, waivers, documents, engine, problems)
    _mark(judged, before, scope)
    overridden = _complete(override, problems)
    return {
        "verdict": _verdict(results, problems, overridden),
        "revision": engine.revision,
        "engine": engine.name,
        "at": time.time(),
        "generation": None,
        "profile": documents[0]["profile"] if documents else None,
        "phase": documents[0]["phase"] if documents else None,
        "scope": scope,
        "override": overridden,
        "waivers": list(waivers),
        "counts": _counts(results),
        "results": sorted(results, key=_order),
        "problems": problems,
    }


def _judged(documents, engine, problems):
    """Return each document with its results; what goes wrong is added to `problems`."""
    judged = []
    for document in documents:
        if len(document.get("peers") or []) > MAX_PEERS:
            subject = f"{document['route']} on {document['host']}"
            reason = f"{len(document['peers'])} peers: more than {MAX_PEERS} are not evaluated"
            problems.append({"subject": subject, "reason": reason})
            continue
        try:
            said = engine.decide(document)
        except EngineError as error:
            # The next question would wait for the same time-out: one is enough.
            problems.append({"subject": "policy engine", "reason": str(error)})
            return judged
        judged.append((document, decision_results.results(document, said)))
    if not documents:
        problems.append({"subject": "policies", "reason": "there was nothing to judge"})
    return judged


def _mark(judged, before, scope):
    """Say of every result whether it is worse than before, and whether it blocks."""
    live = {
        decision_scope.key(result): (result, document)
        for document, found in before or []
        for result in found
    }
    for document, found in judged:
        for result in found:
            old, old_document = live.get(decision_scope.key(result), (None, None))
            result["worse"] = None if before is None else decision_scope.is_worse(result, old)
            if result["status"] in ("fail", "unknown") and result["severity"] == "error":
                result["blocking"] = bool(
                    before is None
                    or scope == "all"
                    or result["worse"]
                    or decision_scope.in_the_way(result, document, old_document)
                )


def _waived(results, waivers, documents, engine, problems):
    """Waive what the valid waivers match; return the results about the waivers themselves."""
    if not waivers:
        return []
    head = documents[0] if documents else {}
    fleet = chain.fleet([waiving.described(each, results) for each in waivers], head)
    judged = _judged([fleet], engine, problems)
    found = [result for _document, about in judged for result in about]
    for place, waiver in enumerate(waivers):
        if judged and waiving.holds(place, found):
            waiving.apply(waiver, results)
    return found


def _complete(override, problems):
    """Return an override that says who and why; one that does not is a problem and no override."""
    if not override:
        return None
    given = {name: override.get(name) for name in ("reason", "owner")}
    if all(isinstance(text, str) and text.strip() for text in given.values()):
        return given
    reason = "it needs a reason and an owner. Example: {reason: INC-123, owner: jane}"
    problems.append({"subject": "no502_override", "reason": reason})
    return None


def _verdict(results, problems, overridden):
    """Return allow, deny or unknown. An override lets results pass, but no failure to evaluate."""
    blocking = {result["status"] for result in results if result["blocking"] and not overridden}
    if "fail" in blocking:
        return "deny"
    return "unknown" if blocking or problems else "allow"


def _counts(results):
    counts = dict.fromkeys(("pass", "fail", "unknown", "not_applicable", "waived"), 0)
    for result in results:
        counts[result["status"]] += 1
    return counts


def _order(result):
    """Sort key: the worst first, what holds last."""
    status = _STATUSES.index(result["status"])
    return (
        max(status, 1),
        _SEVERITIES.index(result["severity"]),
        status,
        _PREVENTS.index(result["prevents"]),
        result["rule"],
        str(result["subject"]),
    )
