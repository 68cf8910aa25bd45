# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a mapping of the inventory key by key, and keeps every error instead of the first."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import DurationError
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import (
    InputError, did_you_mean, shown,
)


class Mapping:
    """One mapping of the inventory.

    C(path) is what its writer calls it, nothing for variables themselves; C(errors), the list that
    collects what is wrong.
    """

    def __init__(self, value, path, errors):
        self.value = value
        self.path = path
        self.errors = errors

    def name(self, key):
        """The path of a key, for messages."""
        return f"{self.path}.{key}" if self.path else str(key)

    def known(self, keys, example):
        """Complain of keys that nothing reads."""
        for key in self.value:
            if key not in keys:
                self.errors.append(InputError(
                    self.name(key), "no such key" + did_you_mean(key, keys),
                    ", ".join(sorted(keys)), example))

    def read(self, key, check, default=None):
        """The checked value of a key; C(default) where it is not given or is wrong.

        C(check(value, name)) returns the value as it is used, or raises what is wrong with it.
        """
        if self.value.get(key) is None:
            return default
        try:
            return check(self.value[key], self.name(key))
        except (InputError, DurationError) as error:
            self.errors.append(error)
            return default

    def require(self, key, check, accepted, example):
        """The checked value of a key that must be there; C(None) where it is not, or is wrong."""
        if self.value.get(key) is None:
            problem = "is empty" if key in self.value else "is missing"
            self.errors.append(InputError(self.name(key), problem, accepted, example))
            return None
        return self.read(key, check)

    def child(self, key, keys, example):
        """The mapping below a key; C(None) where there is none or it is no mapping."""
        def a_mapping(value, name):
            if not isinstance(value, dict):
                raise InputError(name, f"{shown(value)} is not a mapping",
                                 f"a mapping of {', '.join(keys)}", example)
            return value

        value = self.read(key, a_mapping)
        if value is None:
            return None
        mapping = Mapping(value, self.name(key), self.errors)
        mapping.known(keys, example)
        return mapping
