# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.no502.node.plugins.plugin_utils.plan import text as plan_text
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs_run import NAMES
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run
from ansible_collections.no502.node.plugins.plugin_utils.plan.resolve import Resolver

display = Display()

_PREFIX = "no502_"


class ActionModule(ActionBase):
    """Check the inputs of the whole run together and plan it, before any host is touched."""

    _requires_connection = False

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        self.validate_argument_spec({})
        errors = []
        resolver = Resolver(self._templar, errors)
        variables = {
            name: resolver.resolve(value, name) if name in NAMES else None
            for name, value in task_vars.items() if name.startswith(_PREFIX)
        }
        plan, wrong = plan_run(variables, task_vars["groups"], _host_variables(task_vars, errors))
        # Where a variable cannot be resolved, what follows from its absence is no news.
        errors += [error for error in wrong if error.name not in resolver.failed]
        result["changed"] = False
        if errors:
            display.display(plan_text.errors_text(errors))
            return dict(result, failed=True, msg=plan_text.short(errors))
        if display.verbosity:
            display.display(plan_text.plan_text(plan))
        # The plan carries the apps' environment: -v shows the text above, not the result.
        return dict(result, _ansible_verbose_override=True, **plan)


def _host_variables(task_vars, errors):
    def read(host, name):
        try:
            return task_vars["hostvars"][host].get(name)
        except AnsibleError as error:
            errors.append(InputError(f"{name} of {host}", f"cannot be resolved: {error}",
                                     "an IP address", f"{name}: 10.0.0.5"))
            return None
    return read
