# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The http and stream contexts of a configuration: upstreams, servers, routes, listeners."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values
from ansible_collections.no502.node.plugins.module_utils.nginx.before_host import BeforeHost
from ansible_collections.no502.node.plugins.module_utils.nginx.levels import Level, blocks
from ansible_collections.no502.node.plugins.module_utils.nginx.listens import (
    Listens,
    settle_addresses,
)
from ansible_collections.no502.node.plugins.module_utils.nginx.managed import managed_app
from ansible_collections.no502.node.plugins.module_utils.nginx.names import Questions
from ansible_collections.no502.node.plugins.module_utils.nginx.passes import Passes
from ansible_collections.no502.node.plugins.module_utils.nginx.routes import Routes, TooMany
from ansible_collections.no502.node.plugins.module_utils.nginx.upstreams import Upstreams
from ansible_collections.no502.node.plugins.module_utils.nginx.variables import Variables


class Contexts:
    """Reads what listens and proxies in the directives of the main context.

    `upstreams`, `routes`, `servers` and `streams` are readings; `problems`
    what could not be read, and `complete` whether nothing was left out for a
    bound. `default_port` and `names` are those of `reading.read_nginx`.
    """

    def __init__(self, conf, directives, default_port, names):
        self.problems = []
        self.complete = True
        self.servers = []
        self._conf = conf
        self._settings = nginx_values.Settings()
        self._questions = Questions(names, self.problems)
        written = [server for context in ("http", "stream")
                   for block in blocks(directives, context)
                   for server in blocks(block.block, "server")]
        self._listens = Listens(written, default_port, names, self.problems)
        self.upstreams, self.routes = [], []
        for http in blocks(directives, "http"):
            self._read_http(http.block)
        # Their listeners count for who holds which port; their proxies are no routes.
        self.streams = [{"listens": self._listens.of(server), "where": server.where}
                        for stream in blocks(directives, "stream")
                        for server in blocks(stream.block, "server")]
        self.complete = self.complete and self._listens.complete
        self._questions.answer()

    def _read_http(self, http):
        outer = Level(http)
        upstreams = Upstreams(self._conf, self._settings, self._questions, outer.settings)
        for upstream in blocks(http, "upstream"):
            upstreams.read(upstream)
        variables = Variables(http)
        passes = Passes(upstreams, variables, self._questions, self.problems)
        routes = Routes(self._conf, self._settings, passes, variables)
        found = [(self._server(server), Level(server.block, outer), server.block)
                 for server in blocks(http, "server")]
        settle_addresses([reading for reading, _level, _directives in found])
        settings = [(reading, self._settings.of(level.settings.values(), nginx_values.ROUTE))
                    for reading, level, _directives in found]
        before_host = BeforeHost(settings)
        try:
            for (reading, level, directives), (_reading, own) in zip(found, settings):
                routes.read(directives, level, reading, before_host.of(reading, own))
        except TooMany as bound:
            self.complete = False
            self.problems.append({"subject": self._conf, "reason": str(bound)})
        self.upstreams += upstreams.readings
        self.routes += routes.readings
        self.servers += [reading for reading, _level, _directives in found]

    def _server(self, server):
        return {
            "names": [name for each in server.block if each.name == "server_name"
                      for name in each.args],
            "listens": self._listens.of(server),
            "where": server.where,
            "managed": managed_app(server.file, self._conf),
        }
