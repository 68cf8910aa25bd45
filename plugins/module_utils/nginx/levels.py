# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Levels of a configuration, and what a lower one inherits from a higher one.

The nearest level wins; `proxy_set_header` is replaced as a list by a level
that has any of its own, and the second word of `keepalive_timeout` (what
clients are told) stays in force below one that has the first alone.
"""

from __future__ import annotations

import collections

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values


def blocks(directives, name):
    """Return the blocks of that name among `directives`."""
    return [each for each in directives if each.name == name and each.block is not None]


def every_block(directives):
    """Yield `directives` and those of each block within, each block once.

    Files that are included in several places share their blocks: walked as often
    as they are included, they could be more than can be walked.
    """
    waiting, seen = collections.deque([directives]), {id(directives)}
    while waiting:
        current = waiting.popleft()
        yield current
        for each in current:
            if each.block and id(each.block) not in seen:
                seen.add(id(each.block))
                waiting.append(each.block)


class Level:
    """What is in force at one level of http: its own directives above the outer level's.

    `settings` maps names to directives of `values.ROUTE`, in an order in which the later
    overrules the earlier, `headers` are the directives `proxy_set_header`.
    """

    def __init__(self, directives, outer=None):
        self.settings = dict(outer.settings) if outer else {}
        headers = [each for each in directives
                   if each.name == "proxy_set_header" and len(each.args) == 2]
        self.headers = headers or (outer.headers if outer else [])
        for each in directives:
            if each.name in nginx_values.ROUTE and each.block is None:
                self._put(each)

    def _put(self, directive):
        outer = self.settings.pop(directive.name, None)
        if outer and directive.name == "keepalive_timeout" and len(outer.args) > 1:
            self.settings["keepalive_timeout_header"] = outer
        self.settings[directive.name] = directive
