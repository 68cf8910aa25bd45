# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One value for what several processes or addresses have each."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.value import unknown


def agreed(settings, reason):
    """Return the values that all of `settings` have in common, `unknown` where they differ."""
    common = {}
    for name in sorted({name for each in settings for name in each}):
        values = [each[name] for each in settings if name in each]
        if all(each["value"] == values[0]["value"] for each in values) \
                and len(values) == len(settings):
            common[name] = values[0]
        else:
            common[name] = unknown(values[0]["unit"], "%s: %s" % (values[0]["source"], reason))
    return common


def largest(values):
    """Return the largest value, an unknown one where there is any."""
    return max(values, key=lambda each: (each["value"] is None, each["value"] or 0))
