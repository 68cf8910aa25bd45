# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan, and what is wrong with an inventory, for a terminal of 80 columns."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import written
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import as_result, as_text
from ansible_collections.no502.node.plugins.plugin_utils.plan.sizes import written as size_written
from ansible_collections.no502.node.plugins.plugin_utils.report.terminal import filled

_COUNTS = ("next_upstream_tries", "max_fails", "pool_size", "old_space_mib")


def errors_text(errors):
    """Every error of the inventory, and that nothing has happened yet."""
    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return "\n\n".join([f"{count} in the inventory. No host was touched.",
                        *(as_text(error) for error in _by_variable(errors))]) + "\n"


def _by_variable(errors):
    """The errors of one app together, in the order in which they were found."""
    order = {}
    for error in errors:
        order.setdefault(_variable(error), len(order))
    return sorted(errors, key=lambda error: order[_variable(error)])


def _variable(error):
    return ".".join(error.name.split(".")[:2])


def short(errors, most=5):
    """One line for the result of the task: which variables are wrong."""
    names = list(dict.fromkeys(as_result(error)["name"] for error in errors))
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"wrong in the inventory: {', '.join(names[:most])}{more}; explained above"


def plan_text(plan):
    """Every value of every app with its reason."""
    return "\n\n".join(_app_text(app) for app in plan["apps"].values()) + "\n"


def _app_text(app):
    if app["timeouts"] is None:
        return f"{app['name']}: {app['state']}"
    edge = app["edge"]["kind"] if app["edge"] else "none"
    lines = [filled(
        f"longest request {written(app['longest_request'])}; edge: {edge}; Node on "
        f"{', '.join(app['node_hosts'])}; ports {', '.join(map(str, app['ports']))}",
        f"{app['name']}: ", 2)]
    for hop, values in app["timeouts"].items():
        if hop != "reasons":
            lines += [filled(f"{_shown(hop, name, value)}: "
                             f"{app['timeouts']['reasons'][f'{hop}.{name}']}",
                             f"  {hop}.{name} ", 4) for name, value in values.items()]
    return "\n".join(lines)


def _shown(hop, name, value):
    if hop == "memory" and name == "limit":
        return size_written(value)
    return str(value) if name in _COUNTS else written(value)
