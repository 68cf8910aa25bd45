# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.no502.node.plugins.plugin_utils.report import audit, findings, refusal
from ansible_collections.no502.node.plugins.plugin_utils.decision.judge import allows, blocking, judge
from ansible_collections.no502.node.plugins.plugin_utils.decision.reloads import came_too_late

display = Display()

ARGUMENTS = {
    "readings": {"type": "dict", "required": True},
    "unread": {"type": "dict", "default": {}},
    "host": {"type": "str"},
    "candidate": {"type": "dict"},
    "reload": {"type": "dict", "default": {}},
    "steps": {"type": "dict"},
    "planned": {
        "type": "dict",
        "default": {},
        "apply_defaults": True,
        "options": {
            "nginx": {"type": "dict", "default": {}},
            "node": {"type": "list", "elements": "str", "default": []},
            "retired": {"type": "bool", "default": False},
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
    "show": {"type": "bool"},
}
# What the decision itself is made from; the rest says how it is told.
JUDGED = (
    "unread host candidate generation apps phase profile scope override waivers engine"
).split()

TOO_LATE = (
    "nginx on {host} was reloaded before the gate could decide. Handlers run in the order of the"
    " roles: list no502.node.timeout_gate before the role that reloads nginx."
)


class ActionModule(ActionBase):
    """Decide whether a change may go on; fail, readably, unless it may."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        late = self._too_late(args)
        decision = judge(
            args["readings"],
            before=args["reload"].get("reading"),
            too_late=late,
            planned={"steps": args["steps"], **args["planned"]},
            **{name: args[name] for name in JUDGED},
        )
        result.update(changed=False, verdict=decision["verdict"])
        if not allows(decision):
            what = args["what"] or _what(args)
            display.display(refusal.refusal(decision, what, _untouched(args, late)))
            return dict(result, failed=True, msg=_reason(decision))
        overridden = blocking(decision)
        if overridden:
            display.warning(_override(args["override"], overridden))
        if args["show"] or args["show"] is None and (self._task.check_mode or display.verbosity):
            display.display(audit.table(decision))
        # With -v the text above is what is shown, not the decision's data.
        return dict(
            result, decision=decision, overridden=overridden, _ansible_verbose_override=True
        )

    def _too_late(self, args) -> bool:
        """Say it if nginx already runs what is decided on; a decision is made all the same."""
        seen, now = args["reload"].get("reading"), args["readings"].get(args["host"])
        late = bool(seen and now and came_too_late(seen, now, args["reload"].get("decided")))
        if late:
            display.warning(TOO_LATE.format(host=args["host"]))
        return late


def _what(args) -> str:
    return f"the new configuration of nginx on {args['host']}" if args["host"] else "this change"


def _untouched(args, late) -> str:
    host = args["host"]
    if late:
        return f"TOO LATE: {TOO_LATE.format(host=host)} What is refused here is live."
    if args["untouched"]:
        return args["untouched"]
    if args["candidate"]:
        return (
            f"Not touched: nginx on {host} runs on with the configuration that it had. The refused"
            " files lie aside, and nothing reads them."
        )
    if args["reload"]:
        return (
            f"Not touched: nginx on {host} was not reloaded and runs on with what it had. But the"
            " refused files lie where nginx reads them: correct them before anything reloads or"
            " restarts it."
        )
    return "Not touched: this step changed nothing."


def _reason(decision) -> str:
    """Return what the failed task shows: one line, since the whole text stands above it."""
    reason = ", ".join(blocking(decision)) or "; ".join(map(findings.problem_text, decision["problems"]))
    return f"Refused ({decision['verdict']}): {reason}"


def _override(override, rules) -> str:
    return (
        f"Override by {override.get('owner')} ({override.get('reason')}): the policies refuse this"
        f" change, it goes on all the same: {', '.join(rules)}"
    )
