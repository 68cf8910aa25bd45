# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.no502.node.plugins.plugin_utils.report import refusal

display = Display()

WHAT = {
    "staged": "the new configuration of nginx on {host}",
    "loaded": "to load a generation of nginx on {host}",
    "absent": "to take everything of ours away from nginx on {host}",
}


class ActionModule(ActionBase):
    """Run the module on the host; show a refusal as text, which callbacks would escape."""

    _supports_async = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        result.update(self._execute_module(task_vars=task_vars))
        if result.get("refused"):
            state = self._task.args.get("state")
            what = WHAT.get(state, WHAT["staged"]).format(host=task_vars["inventory_hostname"])
            display.display(refusal.refused_by_host(what, result["msg"], state == "staged"))
        return result
