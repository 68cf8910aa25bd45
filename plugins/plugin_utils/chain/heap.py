# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much heap a Node process may use, and how much memory there is for it.

A guard or the inspector says the heap limit. Else it follows from the options that Node was
started with, and without these from the memory that V8 sees.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import known, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain import (
    options as chain_options,
    values as chain_values,
)
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import node as defaults

_SIZE = "--max-old-space-size"
# They bear on the old space too, in ways that are not reckoned here.
_NOT_RECKONED = ("--max-old-space-size-percentage", "--max-heap-size")
_CGROUP_1 = "memory.limit_in_bytes"


def document(node, host, name):
    """Return the values about memory of one process.

    host: what the reading says of the host that it runs on. name: that of the process, for texts.
    """
    limit = chain_values.of(node.get("memory_limit"), "bytes", f"{name}: memory limit")
    total = host.get("memory_total")
    old = _old_space(node, limit, total, name)
    return {
        "memory_limit": limit,
        "memory_limited": _limited(limit, total, name),
        "heap_limit": _heap_limit(node, old, limit, total, name),
        "old_space": old,
    }


def _limited(limit, total, name):
    """Return whether anything but the host's own size limits the memory."""
    if limit["value"] is None or total is None:
        return unknown(None, f"{name}: memory limit: not read")
    return dict(limit, value=limit["value"] < total, unit=None)


def _old_space(node, limit, total, name):
    given = chain_options.given(node, _SIZE)
    size = given and chain_options.number(given)
    if size is not None:
        return known(size * defaults.MEBIBYTE, "bytes", _origin(node),
                     f"{name}: {_SIZE}, {given['source']}")
    if given or any(chain_options.given(node, option) for option in _NOT_RECKONED):
        return unknown("bytes", f"{name}: an option of V8 that is not understood")
    said, young = node.get("heap_limit") or {}, defaults.young_space(node.get("version"))
    if said.get("value") is not None and young is not None:
        return dict(said, value=max(0, said["value"] - young))
    if chain_options.unclear(node):
        return unknown("bytes", f"{name}: {chain_options.UNCLEAR}")
    memory = _seen_by_v8(node, limit, total)
    version = chain_values.named_version("Node", node.get("version"))
    return chain_values.assumed(memory and defaults.old_space(memory), "bytes", name,
                                f"{version}'s own choice")


def _heap_limit(node, old, limit, total, name):
    said = node.get("heap_limit") or {}
    if said.get("value") is not None:
        return said
    chosen = old["origin"] == "assumed"
    memory = _seen_by_v8(node, limit, total) if chosen else None
    young = defaults.young_space(node.get("version"), memory)
    if old["value"] is None or young is None:
        return unknown("bytes", old["source"])
    return known(old["value"] + young, "bytes", "assumed", old["source"])


def _seen_by_v8(node, limit, total):
    """Return the bytes of memory by which this Node sizes its heap, or None."""
    version = node.get("version")
    if not version:
        return None
    if tuple(version) < defaults.SEES_CGROUP_2 and _CGROUP_1 not in limit["source"]:
        return total
    return limit["value"]


def _origin(node):
    return "planned" if (node.get("heap_limit") or {}).get("origin") == "planned" else "live"
