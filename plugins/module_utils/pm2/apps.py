# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The applications of a PM2 daemon, from what it answers to `getMonitorData` (`pm2 jlist`).

That answer holds the environment of every application, and once more, spread
among PM2's own settings: a variable called as a setting is that setting, to
PM2 as well. So only settings are taken, each by its name and only as what it
has to be (a number, yes or no); nothing else of the answer is repeated.

A setting that PM2 was not told is absent: its default depends on PM2's version.
Sources: lib/API/schema.json, lib/God.js, lib/God/Methods.js, constants.js of
PM2 5.4, 6.0 and 7.0.
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.node import options
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

_NUMBERS = {
    "kill_timeout": "ms",
    "listen_timeout": "ms",
    "min_uptime": "ms",
    "restart_delay": "ms",
    "exp_backoff_restart_delay": "ms",
    "max_restarts": "count",
    "max_memory_restart": "bytes",
}
_FLAGS = ("autorestart", "wait_ready", "watch", "treekill", "shutdown_with_message")
# PM2 takes its default also where these are 0.
_NEVER_ZERO = frozenset(["kill_timeout", "listen_timeout"])
# Settings that a variable of the daemon's own environment gives every application.
_OF_DAEMON = {
    "kill_timeout": "PM2_KILL_TIMEOUT",
    "listen_timeout": "PM2_GRACEFUL_LISTEN_TIMEOUT",
}
_STATUSES = frozenset([
    "online", "launching", "stopping", "stopped", "errored", "waiting restart",
    "one-launch-status",
])
_MODES = {"fork_mode": "fork", "cluster_mode": "cluster"}
NODE_ARGS = "node_args of PM2"
_SIGNAL = re.compile(r"SIG[A-Z0-9]{2,10}\Z")
_DIGITS = re.compile(r"[0-9]{1,15}\Z")
_MAX_TEXT = 200

# The members of the answer that are read, of whatever object.
NAMES = frozenset(_NUMBERS) | frozenset(_FLAGS) | frozenset([
    "pid", "name", "pm_id", "pm2_env", "status", "exec_mode", "pmx_module", "instances",
    "restart_time", "unstable_restarts", "pm_uptime", "exit_code", "node_version", "node_args",
])


def read_apps(answer, environment, source):
    """Return the applications, one entry for each process that PM2 keeps.

    `answer` is that of `getMonitorData` with `NAMES` kept, `environment` that
    of `daemons.Daemon`, `source` names the daemon. Raises ValueError for an
    answer that is no list of applications. What runs is left to `count_running`.
    """
    if not isinstance(answer, list) or not all(_is_app(each) for each in answer):
        raise ValueError("answers with no list of applications")
    return [_app(each, environment, source) for each in answer]


def count_running(apps, pid_here, source):
    """Fill in how many processes of each application run, and their ids on this host.

    `pid_here` returns that of an id that PM2 knows, None where there is no such
    process: PM2 keeps the id of one that has ended until it starts the next.
    """
    for app in apps:
        app["pid"] = pid_here(app["pid"]) if app["pid"] is not None else None
    for app in apps:
        running = sum(1 for other in apps if other["name"] == app["name"] and _runs(other))
        app["instances"]["running"] = known(running, "count", "live", source)


def _is_app(entry):
    return isinstance(entry, dict) and isinstance(entry.get("pm2_env"), dict)


def _runs(app):
    """Tell whether an application runs: the status alone misleads, pid 0 is none."""
    return app["pid"] is not None and app["status"] in ("online", "launching", "stopping")


def _app(entry, environment, source):
    pm2 = entry["pm2_env"]
    status = pm2.get("status")
    return {
        "name": _text(entry.get("name")),
        "id": _plain(entry.get("pm_id")),
        "pid": _plain(entry.get("pid")) or None,
        "module": pm2.get("pmx_module") is True,
        "mode": _MODES.get(pm2.get("exec_mode")) if _is_text(pm2.get("exec_mode")) else None,
        "status": status if _is_text(status) and status in _STATUSES else None,
        "started": _epoch(pm2.get("pm_uptime")),
        "exit_code": _plain(pm2.get("exit_code")),
        "node_version": version_numbers(pm2.get("node_version")),
        "restarts": _number(pm2, "restart_time", "count", source),
        "unstable_restarts": _number(pm2, "unstable_restarts", "count", source),
        "settings": _settings(pm2, environment, source),
        "node_options": _node_options(pm2.get("node_args")),
        "instances": {"declared": _number(pm2, "instances", "count", source)},
    }


def _node_options(arguments):
    """Return what PM2 passes to Node itself. A worker's title covers its command line."""
    words = arguments.split() if _is_text(arguments) else arguments
    if not isinstance(words, list):
        return []
    return options.chosen([each for each in words if _is_text(each)], NODE_ARGS)[0]


def _settings(pm2, environment, source):
    """Return the settings in force that are PM2's default no more."""
    settings = {}
    for name, unit in _NUMBERS.items():
        if pm2.get(name) is not None and not (name in _NEVER_ZERO and pm2[name] == 0):
            settings[name] = _number(pm2, name, unit, source)
    for name in _FLAGS:
        if pm2.get(name) is not None:
            # lib/God.js takes the word for the value, since JSON and YAML may have either.
            value = bool(pm2[name]) and pm2[name] != "false"
            settings[name] = known(value, None, "live", _source(source, name))
    for name, variable in _OF_DAEMON.items():
        if name not in settings:
            settings.update(_from_daemon(name, variable, environment, source))
    settings.update(_kill_signal(environment, source))
    return settings


def _from_daemon(name, variable, environment, source):
    if environment is None:
        return {name: unknown("ms", _source(source, "its environment is closed"))}
    text = environment.get(variable)
    if not text or text == "0":
        return {}
    where = _source(source, "%s of its environment" % variable)
    if not _DIGITS.match(text):
        return {name: unknown("ms", where + " is no number")}
    return {name: known(int(text), "ms", "live", where)}


def _kill_signal(environment, source):
    text = (environment or {}).get("PM2_KILL_SIGNAL")
    if not text:
        return {}
    where = _source(source, "PM2_KILL_SIGNAL of its environment")
    if not _SIGNAL.match(text):
        return {"kill_signal": unknown(None, where + " is no signal")}
    return {"kill_signal": known(text, None, "live", where)}


def _number(pm2, name, unit, source):
    """Return a number, or what JavaScript takes for the same; never a text, which may be any."""
    value, where = pm2.get(name), _source(source, name)
    if value is None:
        return unknown(unit, where + " is not kept")
    if _is_text(value) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        return unknown(unit, where + " is no number")
    return known(int(value), unit, "live", where)


def _source(source, name):
    return "%s: %s" % (source, name)


def _plain(value):
    """Return a whole number, None for all else."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole and 0 <= value < 2**31 else None


def _epoch(value):
    milliseconds = isinstance(value, (int, float)) and 0 < value < 2**53
    return value / 1000.0 if milliseconds else None


def _is_text(value):
    return isinstance(value, str)


def _text(value):
    return value[:_MAX_TEXT] if _is_text(value) else None


def version_numbers(text):
    """Return `7.0.4` or `v24.21.0` as [7, 0, 4], None for what is no version."""
    match = re.match(r"v?([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})(?![0-9])",
                     text if _is_text(text) else "")
    return [int(part) for part in match.groups()] if match else None
