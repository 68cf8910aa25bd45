# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One app of C(no502_apps), checked and completed, by itself."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import DAY, parse_duration_ms
from ansible_collections.no502.node.plugins.plugin_utils.plan import checks
from ansible_collections.no502.node.plugins.plugin_utils.plan.declared_edge import declared_edge
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError, shown
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs import Mapping
from ansible_collections.no502.node.plugins.plugin_utils.plan.overrides import parse_overrides
from ansible_collections.no502.node.plugins.plugin_utils.plan.sizes import (
    MIB, parse_size_bytes, written,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.timeout_plan import SMALLEST_MEMORY

KEYS = frozenset((
    "adopt", "default_server", "directory", "edge", "entry", "environment", "hosts", "instances",
    "listen", "longest_request", "max_body", "memory_max", "nginx", "overrides", "path", "port",
    "replaces", "server_names", "state", "supervisor", "tls", "upload_time", "user", "websocket",
))
# What has no default: key -> what it may be, and an example.
_REQUIRED = {
    "longest_request": ("how long the longest request takes", "longest_request: 60s"),
    "server_names": ("a list of host names", "server_names: [shop.example.com]"),
    "port": ("the port of the first process", "port: 3000"),
    "directory": ("the app's directory on the Node hosts", "directory: /srv/shop"),
    "entry": ("the file that Node starts, below directory", "entry: server.js"),
    "memory_max": ("the memory of one process, at least 384M", "memory_max: 1G"),
}
_EXAMPLE = "no502_apps: {shop: {longest_request: 60s, port: 3000, ...}}"


def read_app(app, value, errors):
    """The app as a mapping, with C(overrides) parsed and C(edge) completed.

    What is wrong goes to C(errors), and is C(None) in the result; so is, for an app with
    C(state: absent), everything that is not given.
    """
    path = f"no502_apps.{app}"
    if not isinstance(value, dict):
        errors.append(InputError(path, f"{shown(value)} is not a mapping",
                                 "a mapping of the app's keys", _EXAMPLE))
        return None
    given = Mapping(value, path, errors)
    given.known(KEYS, _EXAMPLE)
    state = given.read("state", checks.one_of("present", "absent"), "present")
    app_as_read = {"name": app, "state": state, **_required(given, state), **_optional(given, app)}
    ports = _ports(given, app_as_read.pop("port"), app_as_read["instances"])
    return {**app_as_read, "ports": ports, **_listening(given)}


def _required(given, state):
    reading = {
        "longest_request": lambda value, name: parse_duration_ms(value, name, maximum=DAY),
        "server_names": checks.server_names,
        "port": checks.port,
        "directory": checks.absolute_path,
        "entry": checks.entry_file,
        "memory_max": _memory_max,
    }
    if state == "absent":
        return {key: given.read(key, check) for key, check in reading.items()}
    return {key: given.require(key, check, *_REQUIRED[key]) for key, check in reading.items()}


def _memory_max(value, name):
    try:
        return parse_size_bytes(value, name, minimum=SMALLEST_MEMORY)
    except InputError as error:
        if not error.problem.endswith("is too small"):
            raise
        raise InputError(name, f"{error.problem} for Node",
                         f"at least {written(SMALLEST_MEMORY)}: Node needs 256M beside its heap",
                         "memory_max: 1G") from error


def _optional(given, app):
    overrides, wrong = {}, []
    if given.value.get("overrides") is not None:
        overrides, wrong = parse_overrides(given.value["overrides"], given.name("overrides"))
    given.errors.extend(wrong)
    return {
        "user": given.read("user", checks.user, app),
        "environment": given.read("environment", checks.environment, {}),
        "instances": given.read("instances", checks.instances, 1),
        "supervisor": given.read("supervisor", _supervisor, "systemd"),
        "replaces": given.read("replaces", checks.service),
        "adopt": given.read("adopt", checks.boolean, False),
        "path": given.read("path", checks.location, "/"),
        "max_body": given.read("max_body", lambda value, name: parse_size_bytes(
            value, name, example="1m"), MIB),
        "websocket": given.read("websocket", checks.boolean, False),
        "default_server": given.read("default_server", checks.boolean, False),
        "upload_time": given.read("upload_time", lambda value, name: parse_duration_ms(
            value, name, maximum=DAY, example="120s")),
        "edge": given.read("edge", declared_edge),
        "hosts": given.read("hosts", _group, "node"),
        "nginx": given.read("nginx", _group, "nginx"),
        "overrides": overrides,
    }


def _supervisor(value, name):
    if value == "pm2":
        raise InputError(name, "pm2 is not there yet", "systemd", "supervisor: systemd")
    return checks.one_of("systemd")(value, name)


def _group(value, name):
    accepted, example = "the name of a group of hosts", f"{name.rsplit('.', 1)[-1]}: shop_hosts"
    return checks.text(value, name, accepted, example)


def _ports(given, first, instances):
    if first is None:
        return []
    last = first + instances - 1
    if last > 65535:
        given.errors.append(InputError(
            given.name("port"), f"{instances} instances from port {first} end at {last}",
            f"a port up to {65536 - instances} for {instances} instances", "port: 3000"))
        return []
    return list(range(first, last + 1))


def _listening(given):
    """Where nginx listens for the app, and its certificate."""
    tls = _tls(given)
    example = "listen: {http: 80, https: 443}"
    listen = given.child("listen", ("http", "https"), example)
    if listen is None:
        return {"tls": tls, "listen": {"http": 80, "https": 443 if tls else None}}
    # A port that is given as null is a listener that is not wanted.
    http = listen.read("http", checks.port, None if "http" in listen.value else 80)
    https = listen.read("https", checks.port,
                        443 if tls and "https" not in listen.value else None)
    if https is not None and given.value.get("tls") is None:
        given.errors.append(InputError(
            listen.name("https"), "there is no certificate to listen with",
            "tls with certificate and key, or no https",
            "tls: {certificate: /etc/ssl/shop.pem, key: /etc/ssl/shop.key}"))
    if http is not None and http == https:
        given.errors.append(InputError(
            listen.name("https"), f"{https} is the port of http as well", "another port", example))
    if http is None and https is None and listen.value.get("http") is None:
        given.errors.append(InputError(listen.path, "nginx would listen nowhere",
                                       "a port for http, for https, or both", example))
    return {"tls": tls, "listen": {"http": http, "https": https}}


def _tls(given):
    example = "tls: {certificate: /etc/ssl/shop.pem, key: /etc/ssl/shop.key}"
    tls = given.child("tls", ("certificate", "key"), example)
    if tls is None:
        return None
    files = {key: tls.require(key, lambda value, name: checks.absolute_path(value, name, example),
                              "the path of the file on the nginx hosts", example)
             for key in ("certificate", "key")}
    return files if all(files.values()) else None
