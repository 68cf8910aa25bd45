# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables with their templates resolved, as plain Python values."""
from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

from ansible.errors import AnsibleError

from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError


class Resolver:
    """Resolves value by value, so that an error names the key that it belongs to.

    C(failed) holds the paths of what could not be resolved.
    """

    def __init__(self, templar, errors):
        self._templar = templar
        self._errors = errors
        self.failed = set()

    def resolve(self, value, path):
        """The value, with every template in it resolved; C(None) where that fails."""
        if isinstance(value, Mapping):
            return {plain(key): self.resolve(item, f"{path}.{key}") for key, item in value.items()}
        if _is_list(value):
            return [self.resolve(item, f"{path}[{number}]") for number, item in enumerate(value)]
        try:
            return plain(self._templar.template(value))
        except AnsibleError as error:
            self.failed.add(path)
            self._errors.append(InputError(
                path, f"its template cannot be resolved: {' '.join(str(error).split())}",
                "variables that are defined for the first host of the play",
                f"{path.rsplit('.', 1)[-1]}: ..."))
            return None


def plain(value):
    """The value in Python's own types: no tags, no laziness, dates as texts."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if _is_list(value):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    return str(value)


def _is_list(value):
    # A vaulted text is a sequence, too.
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes)) \
        and not hasattr(value, "vault")
