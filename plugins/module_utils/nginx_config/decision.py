# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a decision permits loading a generation."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

# Seconds. A fleet's decision takes its time; one of another day says nothing about today.
FRESH = 600
# Seconds that the clocks of controller and host may differ.
TOLERANCE = 60


def require(decision: dict, generation: str, now: float) -> None:
    """Refuse anything but a fresh ``allow`` for exactly this generation.

    ``now`` is the time in epoch seconds by the clock that stamped the decision.
    """
    if not decision:
        raise Refused("There is no decision on generation %s: nothing is loaded without one. The "
                      "role no502.node.timeout_gate makes it." % generation)
    if decision.get("generation") != generation:
        raise Refused("The decision is about generation %s, not about %s."
                      % (decision.get("generation"), generation))
    if decision.get("verdict") != "allow":
        raise Refused("The decision on generation %s is %r: only 'allow' lets it be loaded."
                      % (generation, decision.get("verdict")))
    try:
        age = now - float(decision["at"])
    except (KeyError, TypeError, ValueError):
        raise Refused("The decision on generation %s does not say when it was made." % generation)
    if not -TOLERANCE <= age <= FRESH:
        raise Refused("The decision on generation %s is %d s old; at most %d s are accepted. Run "
                      "the playbook again." % (generation, age, FRESH))


def note(decision: dict) -> dict:
    """What the history keeps of a decision: who let what pass, in which phase of a rollout."""
    return {key: decision[key] for key in ("revision", "override", "phase") if decision.get(key)}
