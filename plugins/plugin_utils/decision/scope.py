# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which results stand in the way of a change.

Only what the change brings, or makes worse, blocks it: otherwise one dead host of forty would
block the very reload that takes it out. Old faults elsewhere are reported.
"""
from __future__ import annotations

_RANK = {"pass": 0, "not_applicable": 0, "waived": 0, "unknown": 1, "fail": 2}
_DEAD = ("silent", "unread")


def key(result):
    """Return what makes a result of the candidate and one of the live tree the same question."""
    return (result["rule"], tuple(sorted(result["subject"].items(), key=str)))


def is_worse(result, live):
    """Return whether a result is worse than the live tree's; a new one that fails is.

    A guard that comes to Node makes nothing worse for the nginx in front of it: a drain that is
    shorter than it should be loses fewer requests than none.
    """
    if live is None:
        return _RANK[result["status"]] > 0
    if live["reason"] == "no_guard" and result["subject"]["kind"] == "peer":
        return False
    if _RANK[result["status"]] != _RANK[live["status"]]:
        return _RANK[result["status"]] > _RANK[live["status"]]
    if result["status"] == "fail" and None not in (result["margin"], live["margin"]):
        return result["margin"] < live["margin"]
    return False


def in_the_way(result, document, live_document):
    """Return whether a result that is no worse than the live tree's blocks all the same.

    It does on the routes that this collection renders, since the run is what answers for them.
    Not for a peer that is dead in both trees: nothing listens there, whatever nginx is told; and
    one that could not be read blocks only if the change touches what nginx does with it.

    On a route of others only what is unknown does, and only if the change touches it: what could
    not be told of the old values says nothing of the new ones.
    """
    if document["kind"] != "route":
        return False
    if not document["managed"]:
        return result["status"] == "unknown" and _changed(result, document, live_document)
    if result["subject"]["kind"] != "peer":
        return True
    peer, live_peer = (_peer(each, result["subject"]["peer"]) for each in (document, live_document))
    if peer["state"] not in _DEAD or live_peer["state"] != peer["state"]:
        return True
    return peer["state"] == "unread" and _touched(document, peer, live_document, live_peer)


def _peer(document, name):
    return next(peer for peer in document["peers"] if peer["name"] == name)


def _changed(result, document, live_document):
    """Return whether the change touches what a result speaks of."""
    if live_document is None:
        return True
    if result["subject"]["kind"] != "peer":
        return _differ((document[part], live_document[part]) for part in ("settings", "upstream"))
    peer, live_peer = (_peer(each, result["subject"]["peer"]) for each in (document, live_document))
    return live_peer is None or _touched(document, peer, live_document, live_peer)


def _touched(document, peer, live_document, live_peer):
    """Return whether nginx would treat a peer differently."""
    return _differ(
        (
            (document["settings"], live_document["settings"]),
            (document["upstream"], live_document["upstream"]),
            (peer["max_fails"], live_peer["max_fails"]),
            (peer["fail_timeout"], live_peer["fail_timeout"]),
            (peer["backup"], live_peer["backup"]),
        )
    )


def _differ(pairs):
    return any(_plain(one) != _plain(other) for one, other in pairs)


def _plain(part):
    """Return a part of a document without what moves when a line is added to a file."""
    if isinstance(part, dict):
        return {
            name: _plain(value)
            for name, value in part.items()
            if name not in ("source", "where", "origin")
        }
    return part
