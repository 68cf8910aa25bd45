# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's inputs in, the plan of a whole run out; or everything that is wrong with them."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.plan import (
    checks,
    inputs_app,
    inputs_fleet,
    inputs_run,
    port_mappings,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError, shown
from ansible_collections.no502.node.plugins.plugin_utils.plan.overrides import with_overrides
from ansible_collections.no502.node.plugins.plugin_utils.plan.timeout_plan import timeout_plan

_EXAMPLE = "no502_apps: {shop: {longest_request: 60s, port: 3000, ...}}"


def plan_run(variables, groups, hostvars):
    """The plan, and the list of what is wrong.

    C(variables): the resolved C(no502_*) variables by name. C(groups): hosts by group.
    C(hostvars(host, name)): a host's variable, or C(None). A plan is good only if nothing is
    wrong.
    """
    errors = []
    inputs_run.misspelt(variables, errors)
    run = inputs_run.read_run(variables, errors)
    apps = _apps(variables.get("no502_apps"), errors)
    for app in apps:
        inputs_fleet.place(app, groups, errors)
    present = [app for app in apps if app["state"] == "present"]
    addresses = inputs_fleet.addresses(present, hostvars, errors)
    inputs_fleet.compare(present, errors)
    hosts = sorted({host for members in groups.values() for host in members})
    port_mappings.of_hosts(hosts, hostvars, errors)
    for app in apps:
        app["timeouts"] = _timeouts(app, run["profile"], errors)
    return {"apps": {app["name"]: app for app in apps}, "addresses": addresses, **run}, errors


def _apps(value, errors):
    if not isinstance(value, dict) or not value:
        problem = "is missing" if value is None else "is empty" if value == {} else \
            f"{shown(value)} is not a mapping"
        errors.append(InputError("no502_apps", problem, "a mapping of apps by name, for all hosts",
                                 _EXAMPLE))
        return []
    apps = []
    for name, app in value.items():
        try:
            checks.app_name(name, f"no502_apps.{name}")
        except InputError as error:
            errors.append(error)
        else:
            apps.append(inputs_app.read_app(name, app, errors))
    return [app for app in apps if app is not None]


def _timeouts(app, profile, errors):
    """The app's plan; C(None) where what it follows from is missing or wrong."""
    overrides = app.pop("overrides")
    upload = app.pop("upload_time")
    if not app["longest_request"] or not app["memory_max"]:
        return None
    peers = max(len(app["node_hosts"]) * len(app["ports"]), 1)
    try:
        planned = timeout_plan(app["longest_request"], app["edge"], peers, app["memory_max"],
                               upload, profile, name=f"no502_apps.{app['name']}.edge")
    except InputError as error:
        if app["state"] == "present":
            errors.append(error)
        return None
    return with_overrides(planned, overrides)
