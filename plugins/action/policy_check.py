# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.no502.node.plugins.plugin_utils.report import as_json, audit, findings
from ansible_collections.no502.node.plugins.plugin_utils.decision.judge import judge, undecided

display = Display()

ARGUMENTS = {
    "readings": {"type": "dict", "required": True},
    "unread": {"type": "dict", "default": {}},
    "apps": {"type": "dict", "default": {}},
    "profile": {"type": "str", "choices": ["default", "strict"], "default": "default"},
    "waivers": {"type": "list", "elements": "dict", "default": []},
    "engine": {"type": "dict"},
    "report_dir": {"type": "path", "default": "."},
    "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
}
# The severities of a result that does not pass at which an audit fails.
FAILS_AT = {"error": {"error"}, "warning": {"error", "warning"}, "never": set()}


class ActionModule(ActionBase):
    """Judge everything that was read, write the report, show it, and fail as `fail_on` says."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        readings = args["readings"]
        decision = _decision(args)
        good = passes(decision, args["unread"], args["fail_on"])
        path = as_json.write(
            args["report_dir"],
            as_json.report(decision, readings, args["unread"], args["fail_on"], good),
        )
        display.display(audit.audit(decision, readings, args["unread"], path))
        result.update(changed=False, report=path, passed=good, verdict=decision["verdict"])
        if good:
            return dict(result, decision=decision, _ansible_verbose_override=True)
        return dict(result, failed=True, msg=_message(decision, args["unread"], args["fail_on"]))


def _decision(args):
    """Return the decision over all that was read; none can be made over nothing."""
    if args["readings"] and not any(map(_has_something, args["readings"].values())):
        return undecided("nothing was judged: neither nginx nor Node was found on any host")
    return judge(
        args["readings"],
        unread=args["unread"],
        apps=args["apps"],
        profile=args["profile"],
        scope="all",
        waivers=args["waivers"],
        engine=args["engine"],
    )


def _has_something(reading):
    return any(reading.get(kind) for kind in ("nginx", "node", "pm2"))


def passes(decision, unread, fail_on) -> bool:
    """Return whether an audit passes.

    A result that is `unknown` counts like one that fails: by the severity of its rule. A decision
    that could not be made, and a host that could not be read, count as an error.
    """
    if fail_on == "never":
        return True
    if unread or decision["verdict"] == "unknown" and not decision["results"]:
        return False
    return not any(
        result["status"] in ("fail", "unknown") and result["severity"] in FAILS_AT[fail_on]
        for result in decision["results"]
    )


def _message(decision, unread, fail_on) -> str:
    found = sum(
        result["status"] in ("fail", "unknown") and result["severity"] in FAILS_AT[fail_on]
        for result in decision["results"]
    )
    parts = [f"{found} results at or above {fail_on}"] if found else []
    if unread:
        parts.append(f"hosts that could not be read: {', '.join(sorted(unread))}")
    if not parts:
        parts = [findings.problem_text(problem) for problem in decision["problems"]]
    return "The audit does not pass: " + "; ".join(parts)
