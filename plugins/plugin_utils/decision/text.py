# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result says to people: the templates of a rule's METADATA, rendered.

Rego has no texts, because the two engines would format numbers differently; it gives scalars and
words, and these are rendered here, once for both.
"""
from __future__ import annotations

import functools

import jinja2
import jinja2.sandbox

from ansible_collections.no502.node.plugins.module_utils.durations import nginx_time, written

# Why a rule does not apply, or could not be evaluated, where Rego gives the reason as a word.
REASONS = {
    "not_evaluated": "The policy gave no result, or two: something that it needs is missing.",
    "nothing_declared": "Nothing was declared to compare with.",
    "not_pooled": "nginx keeps no idle connections to this peer.",
    "no_guard": "No guard runs in this process, so it does not drain.",
    "no_unit": "systemd does not run this process.",
    "planned": "It does not run yet.",
    "not_running": "It does not run.",
    "in_container": "It runs in a container, whose files and supervisor are not looked at.",
    "peer_down": "The peer is marked down.",
    "peer_not_node": "Something else than Node listens there.",
    "peer_silent": "Nothing listens there.",
    "guard_unread": "This process should have a guard, and none was read.",
    "peer_unread": "It cannot be told what listens there: {reason}.",
    "upstream_unknown": "Which upstream proxy_pass comes to, if any, cannot be told.",
    "value": "Not known: {sources}.",
}


def message(rule, result, scope):
    """Return the sentence that says what the result is.

    rule: its METADATA. result: what Rego gave. scope: the parts of the document that templates
    may ask for (`route`, `peer`, `node`, `host`).
    """
    if result["status"] == "fail":
        return _rendered(rule["message"], result, scope)
    if result["status"] == "pass":
        return rule["title"]
    text = {**REASONS, **rule.get("reasons", {})}.get(result["reason"], result["reason"])
    sources = [v["source"] for v in result["values"] if v["origin"] in ("unknown", "assumed")]
    reason = (scope.get("peer") or {}).get("reason") or "not known"
    return text.format(sources="; ".join(dict.fromkeys(sources)), reason=reason)


def fix(rule, result, scope):
    """Return what to set, on which hop, to which value; None for what needs no fix."""
    if result["status"] == "fail":
        return _rendered(rule["fix"], result, scope) + _in_the_inventory(rule, scope)
    if result["status"] == "unknown":
        return rule.get("fix_unknown")
    return None


def _in_the_inventory(rule, scope):
    """Return where the inventory sets it, for what this collection renders: no file to edit."""
    about = scope.get("process") or scope.get("route")
    if not about or not about["managed"] or "setting" not in rule:
        return ""
    return (
        " Here the plan sets it, or the inventory's"
        f" no502_apps.{about['app']}.overrides.{rule['setting']}."
    )


def _rendered(template, result, scope):
    return " ".join(_compiled(template).render(scope, **result).split())


@functools.lru_cache(maxsize=None)
def _compiled(template):
    return _environment().from_string(template)


@functools.lru_cache(maxsize=None)
def _environment():
    environment = jinja2.sandbox.SandboxedEnvironment(undefined=jinja2.StrictUndefined)
    environment.filters.update(duration=written, nginx_time=nginx_time)
    return environment
