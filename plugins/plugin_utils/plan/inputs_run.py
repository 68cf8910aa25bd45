# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks' inputs beside the apps: what is judged, how strictly, by which engine."""
from __future__ import annotations

import difflib
import re

from ansible_collections.no502.node.plugins.module_utils.durations import (
    SECOND, parse_duration_ms,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan import checks
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError, shown
from ansible_collections.no502.node.plugins.plugin_utils.plan.inputs import Mapping

NAMES = frozenset((
    "no502_address", "no502_apps", "no502_engine", "no502_fail_on", "no502_gate_scope",
    "no502_inspector", "no502_install", "no502_override", "no502_port_mappings", "no502_profile",
    "no502_report_dir", "no502_timed_probe", "no502_waivers",
))
_ENGINE_KEYS = ("kind", "url", "token", "ca", "timeout")
_ENGINE_EXAMPLE = "no502_engine: {kind: opa, url: 'https://opa.example.com:8181'}"
_OVERRIDE_EXAMPLE = 'no502_override: {reason: "outage 4711", owner: kim@example.com}'
_WAIVERS_EXAMPLE = ("no502_waivers: [{rule: timeouts.read_timeout_floor, app: shop, "
                    "reason: ..., owner: kim, expires: 2027-03-31}]")
_URL = re.compile(r"https?://[A-Za-z0-9._~:/@%\[\]-]+")


def read_run(variables, errors):
    """The inputs as a mapping: profile, scope, override, waivers, engine, install, ...

    C(variables) are the resolved C(no502_*) variables. What is wrong goes to C(errors).
    """
    given = Mapping(variables, "", errors)
    return {
        "profile": given.read("no502_profile", checks.one_of("default", "strict"), "default"),
        "scope": given.read("no502_gate_scope", checks.one_of("changed", "all"), "changed"),
        "override": _override(given),
        "waivers": given.read("no502_waivers", _waivers, []),
        "engine": _engine(given),
        "install": given.read("no502_install", _install, []),
        "fail_on": given.read("no502_fail_on", checks.one_of("error", "warning", "never"),
                              "error"),
        "report_dir": given.read("no502_report_dir", _report_dir),
    }


def misspelt(names, errors):
    """Complain of variables that are an input but for a slip of the keyboard."""
    for name in sorted(set(names) - NAMES):
        # Near only: playbooks keep results of their own under the same prefix.
        near = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.9)
        if near:
            errors.append(InputError(name, f"no such variable: did you mean {near[0]}?",
                                     ", ".join(sorted(NAMES)), f"{near[0]}: ..."))


def _override(given):
    override = given.child("no502_override", ("reason", "owner"), _OVERRIDE_EXAMPLE)
    if override is None:
        return None
    return {key: override.require(key, _line, "a text, for the log on the hosts",
                                  _OVERRIDE_EXAMPLE)
            for key in ("reason", "owner")}


def _line(value, name):
    return checks.text(value, name, "a text, for the log on the hosts", _OVERRIDE_EXAMPLE)


def _waivers(value, name):
    # Whether a waiver is complete, current and matched is for the policies to report.
    if not isinstance(value, list):
        raise InputError(name, f"{shown(value)} is not a list", "a list of waivers",
                         _WAIVERS_EXAMPLE)
    for number, waiver in enumerate(value):
        if not isinstance(waiver, dict):
            raise InputError(f"{name}[{number}]", f"{shown(waiver)} is not a mapping",
                             "a mapping of rule, host or app or route, reason, owner, expires",
                             _WAIVERS_EXAMPLE)
    return value


def _install(value, name):
    return checks.listed(value, name, checks.one_of("nginx", "node"),
                         "a list of what may be installed where it is missing",
                         "no502_install: [nginx, node]")


def _report_dir(value, name):
    return checks.text(value, name, "a directory on the controller", "no502_report_dir: reports")


def _engine(given):
    engine = given.child("no502_engine", _ENGINE_KEYS, _ENGINE_EXAMPLE)
    if engine is None:
        return {"kind": "embedded", "timeout": 5 * SECOND}
    kind = engine.read("kind", checks.one_of("embedded", "opa"), "embedded")
    timeout = engine.read("timeout", lambda value, name: parse_duration_ms(
        value, name, example="5s"), 5 * SECOND)
    if kind == "embedded":
        return {"kind": kind, "timeout": timeout}
    return {
        "kind": kind,
        "url": engine.require("url", _url, "the address of the OPA server", _ENGINE_EXAMPLE),
        "token": engine.read("token", _token),
        "ca": engine.read("ca", lambda value, name: checks.absolute_path(
            value, name, "ca: /etc/ssl/opa-ca.pem")),
        "timeout": timeout,
    }


def _url(value, name):
    checks.text(value, name, "http:// or https:// and a host", _ENGINE_EXAMPLE)
    if not _URL.fullmatch(value):
        raise InputError(name, f"{shown(value)} is not an address of a server",
                         "http:// or https:// and a host", _ENGINE_EXAMPLE)
    return value.rstrip("/")


def _token(value, name):
    # A secret: neither shown here nor anywhere.
    if not isinstance(value, str) or not value.isascii() or not value.isprintable() or not value:
        raise InputError(name, "is not a token", "a text of printable ASCII characters",
                         'no502_engine: {kind: opa, token: "{{ vault_opa_token }}", ...}')
    return value
