# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of single values, C(check(value, name)): the value as it is used, or an C(InputError).

Texts that end in a file of nginx's or systemd's are held to what is known to be safe there. What
is not is refused, never quoted: no two readers quote alike.
"""
from __future__ import annotations

import ipaddress
import re

from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import (
    InputError, did_you_mean, shown,
)

_APP = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,30}")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# Without %: systemd expands it in a path, and nginx compares locations with decoded ones.
_FILE = re.compile(r"[A-Za-z0-9._/@+=,~:-]+")
_LOCATION = re.compile(r"/[A-Za-z0-9._~/@:+=,-]*")
_SERVICE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9:_.@-]*\.service")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSAFE = re.compile(r"""[;{}"'$\\#\s]""")


def text(value, name, accepted, example):
    """A text that is not empty and has no control characters."""
    if not isinstance(value, str):
        raise InputError(name, f"{shown(value)} is not a text", accepted, example)
    if not value:
        raise InputError(name, "is empty", accepted, example)
    if _CONTROL.search(value):
        raise InputError(name, f"{shown(value)} has a newline or another control character",
                         accepted, example)
    return value


def _matching(value, name, pattern, accepted, example, longest=4096):
    if isinstance(value, str):
        unsafe = _UNSAFE.search(value)
        if unsafe:
            raise InputError(name, f"{shown(value)} has {_named(unsafe.group())}, which is never "
                                   "written to a configuration", accepted, example)
    text(value, name, accepted, example)
    if len(value) > longest or not pattern.fullmatch(value):
        raise InputError(name, f"{shown(value)} cannot be used", accepted, example)
    return value


def _named(character):
    if character.isspace():
        return {" ": "a space", "\n": "a newline", "\t": "a tab"}.get(character, "white space")
    return {"'": "a quote (')", '"': 'a quote (")'}.get(character, f"a {character}")


def app_name(value, name):
    """A name that is safe as a file's, a unit's, an upstream's and a user's."""
    return _matching(value, name, _APP,
                     "an app's name: a small letter, then up to 30 small letters, digits, - and _",
                     "no502_apps: {shop: {...}}")


def user(value, name):
    """The name of a system user."""
    return _matching(value, name, _USER, "a user's name: small letters, digits, - and _",
                     "user: shop")


def server_name(value, name):
    """A host name as nginx's C(server_name) takes it literally, in small letters."""
    accepted = "host names; no wildcards, no regular expressions (non-ASCII names in punycode)"
    example = "server_names: [shop.example.com]"
    lowered = value.lower() if isinstance(value, str) else value
    if lowered == "_":
        raise InputError(name, "'_' names no host", accepted, example)
    return _matching(lowered, name, _HOST, accepted, example, longest=253)


def server_names(value, name):
    """A list of host names, each once."""
    example = "server_names: [shop.example.com]"
    names = listed(value, name, server_name, "a list of host names", example)
    if not names:
        raise InputError(name, "is empty", "a list of host names", example)
    return names


def location(value, name):
    """A prefix location of nginx's."""
    return _matching(value, name, _LOCATION, "a path that begins with / and needs no quoting",
                     "path: /api/")


def absolute_path(value, name, example="directory: /srv/shop"):
    """The path of a file or directory, from the root."""
    accepted = "an absolute path of letters, digits and . _ / @ + = , ~ : -, without '..'"
    _matching(value, name, _FILE, accepted, example)
    if not value.startswith("/") or ".." in value.split("/"):
        raise InputError(name, f"{shown(value)} is not an absolute path", accepted, example)
    return value if value == "/" else value.rstrip("/")


def entry_file(value, name):
    """The JavaScript file that is started, below the app's directory."""
    accepted = "a file below directory, of letters, digits and . _ / @ + = , ~ : -"
    example = "entry: server.js"
    _matching(value, name, _FILE, accepted, example)
    if value.startswith(("/", "-")) or ".." in value.split("/"):
        raise InputError(name, f"{shown(value)} does not lie below directory", accepted, example)
    return value


def service(value, name):
    """The name of a systemd service."""
    return _matching(value, name, _SERVICE, "the name of a systemd service",
                     "replaces: shop-old.service")


def address(value, name):
    """An IP address, as nginx connects to it; never a name that DNS could move."""
    example = "no502_address: 10.0.0.5"
    text(value, name, "an IP address", example)
    try:
        parsed = ipaddress.ip_address(value)
    except ValueError as error:
        raise InputError(name, f"{shown(value)} is not an IP address", "an IP address",
                         example) from error
    # nginx knows no zones (fe80::1%eth0).
    if parsed.is_unspecified or parsed.is_multicast or "%" in value:
        raise InputError(name, f"{shown(value)} is no address that nginx could connect to",
                         "the IP address of this host", example)
    return str(parsed)


def whole_number(value, name, lowest, highest, example):
    """A whole number, or a text of digits, within bounds."""
    accepted = f"a whole number from {lowest} to {highest}"
    digits = str(value)
    if isinstance(value, bool) or not isinstance(value, (int, str)) \
            or not re.fullmatch(r"-?[0-9]{1,18}", digits):
        raise InputError(name, f"{shown(value)} is not a whole number", accepted, example)
    if not lowest <= int(digits) <= highest:
        raise InputError(name, f"{shown(value)} is out of bounds", accepted, example)
    return int(digits)


def port(value, name):
    """A TCP port."""
    return whole_number(value, name, 1, 65535, f"{name.rsplit('.', 1)[-1]}: 3000")


def instances(value, name):
    """How many processes run on each host."""
    return whole_number(value, name, 1, 64, "instances: 2")


def boolean(value, name):
    """True or false; no text, since "no" is true to some."""
    if not isinstance(value, bool):
        raise InputError(name, f"{shown(value)} is neither true nor false", "true or false",
                         f"{name.rsplit('.', 1)[-1]}: true")
    return value


def one_of(*choices):
    """A check for one of these words."""
    def check(value, name):
        if not isinstance(value, str) or value not in choices:
            raise InputError(name, f"unknown value {shown(value)}{did_you_mean(value, choices)}",
                             ", ".join(choices), f"{name.rsplit('.', 1)[-1]}: {choices[0]}")
        return value
    return check


def listed(value, name, check, accepted, example):
    """A list of checked values, each once; the error names the place in the list.

    Its example is the whole list: that is what the user writes.
    """
    if not isinstance(value, list):
        raise InputError(name, f"{shown(value)} is not a list", accepted, example)
    checked = []
    for number, item in enumerate(value):
        try:
            item = check(item, f"{name}[{number}]")
        except InputError as error:
            raise InputError(error.name, error.problem, error.accepted, example) from error
        if item in checked:
            raise InputError(f"{name}[{number}]", f"{shown(item)} is there twice", accepted,
                             example)
        checked.append(item)
    return checked


def environment(value, name):
    """Environment variables by name; the values are texts or numbers."""
    accepted = "a mapping of variables to texts or numbers (true and false in quotes)"
    example = 'environment: {LOG_LEVEL: "info"}'
    if not isinstance(value, dict):
        raise InputError(name, f"{shown(value)} is not a mapping", accepted, example)
    return {_variable(key, name, accepted, example):
            _variable_value(given, f"{name}.{key}", accepted, example)
            for key, given in value.items()}


def _variable(key, name, accepted, example):
    path = f"{name}.{key}"
    if not isinstance(key, str) or not _VARIABLE.fullmatch(key):
        raise InputError(path, f"{shown(key)} is not the name of a variable", accepted, example)
    if key.startswith(("NO502_", "LISTEN_")):
        raise InputError(path, f"{key} is set by this collection or by systemd", accepted, example)
    return key


def _variable_value(given, path, accepted, example):
    # The value may be a secret: it is not shown.
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        raise InputError(path, f"a {type(given).__name__} is not a text", accepted, example)
    if _CONTROL.search(str(given)):
        raise InputError(path, "has a newline or another control character", accepted, example)
    return str(given)
