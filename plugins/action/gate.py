# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.no502.node.plugins.plugin_utils import report_text
from ansible_collections.no502.node.plugins.plugin_utils.judge import allows, judge

display = Display()

ARGUMENTS = {
    "readings": {"type": "dict", "required": True},
    "host": {"type": "str"},
    "candidate": {"type": "dict"},
    "live": {"type": "dict"},
    "steps": {"type": "dict"},
    "planned": {
        "type": "dict",
        "default": {},
        "options": {
            "nginx": {"type": "dict", "default": {}},
            "node": {"type": "list", "elements": "str", "default": []},
        },
    },
    "generation": {"type": "str"},
    "apps": {"type": "dict", "default": {}},
    "phase": {"type": "str", "choices": ["steady", "transition"], "default": "steady"},
    "profile": {"type": "str", "choices": ["default", "strict"], "default": "default"},
    "scope": {"type": "str", "choices": ["changed", "all"], "default": "changed"},
    "override": {"type": "dict"},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "engine": {"type": "dict"},
    "what": {"type": "str"},
    "untouched": {"type": "str"},
    "unread": {"type": "dict", "default": {}},
    "show": {"type": "bool"},
}
# What the decision itself is made from; the rest says how it is told.
JUDGED = (
    "host candidate live generation apps phase profile scope override waivers engine"
).split()


class ActionModule(ActionBase):
    """Decide whether a change may go on; fail, readably, unless it may."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        readings = {host: reading for host, reading in args["readings"].items() if reading}
        decision = judge(
            readings,
            planned=(args["steps"], args["planned"]["nginx"], args["planned"]["node"]),
            **{name: args[name] for name in JUDGED},
        )
        decision["problems"] = [
            *decision.get("problems", []),
            *(f"{host} could not be read: {why}" for host, why in args["unread"].items()),
        ]
        result["changed"] = False
        if not allows(decision):
            display.display(
                report_text.refusal(decision, args["what"] or _what(args), _untouched(args))
            )
            return dict(result, failed=True, **_short(decision))
        if args["show"] or args["show"] is None and (self._task.check_mode or display.verbosity):
            display.display(report_text.table(decision))
        return dict(result, decision=decision)


def _what(args) -> str:
    return f"the new configuration of nginx on {args['host']}" if args["host"] else "this change"


def _untouched(args) -> str:
    if args["untouched"]:
        return args["untouched"]
    if args["candidate"]:
        return (
            f"Not touched: nginx on {args['host']} runs on with the configuration that it had;"
            " the refused files lie aside and nothing reads them."
        )
    return "Not touched: nothing was changed by this step."


def _short(decision) -> dict:
    """Return what the failed task shows: one line, since the whole text stands above it."""
    blocking = sorted({r["rule"] for r in decision["results"] if r.get("blocking")})
    reason = ", ".join(blocking) or "; ".join(map(report_text.problem_text, decision["problems"]))
    return {"msg": f"Refused ({decision['verdict']}): {reason}", "verdict": decision["verdict"]}
