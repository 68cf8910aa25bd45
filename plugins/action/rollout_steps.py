# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible_collections.no502.node.plugins.plugin_utils.plan.transition import (
    TransitionError,
    steps,
)

ARGUMENTS = {
    "plan": {"type": "dict", "required": True},
    "readings": {"type": "dict", "required": True},
}


class ActionModule(ActionBase):
    """Work out what a rollout sets on each host at each of its steps."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(ARGUMENTS)
        try:
            found = steps(args["plan"], args["readings"])
        except TransitionError as error:
            return dict(result, failed=True, msg=str(error))
        # The steps carry the apps' environment, which is not for the terminal.
        return dict(result, changed=False, steps=found, _ansible_verbose_override=True)
