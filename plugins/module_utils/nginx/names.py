# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host names of a configuration: looked up all at once, each once, in bounded time."""

from __future__ import annotations

import time

from ansible_collections.no502.node.plugins.module_utils.host.name_lookup import (
    MAX_SECONDS,
    look_up,
)
from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address


class Names:
    """Looks host names up; `seconds` is what all lookups together may take.

    One serves every nginx of a host: a resolver that does not answer is waited
    for once.
    """

    def __init__(self, seconds=MAX_SECONDS):
        self._left = seconds
        self._known = {}

    def look_up(self, hosts):
        """Return {host: [addresses]}, as `name_lookup.look_up` does."""
        missing = sorted(set(hosts) - set(self._known))
        if missing:
            started = time.monotonic()
            answers = look_up(missing, self._left) if self._left > 0 else {}
            self._known.update((host, answers.get(host, [])) for host in missing)
            self._left -= time.monotonic() - started
        return {host: self._known[host] for host in hosts}


class Questions:
    """Collects addresses to be found, so that their names are looked up all at once."""

    def __init__(self, names, problems):
        self._names = names
        self._problems = problems
        # (list to fill, host as written, port, who asks)
        self._open = []

    def ask(self, addresses, text, port, subject):
        """Have `addresses` filled with [address, port] of `text` by the next `answer`.

        `port` counts where none is written; `subject` names the asker in a problem.
        """
        try:
            address = nginx_address.parse_address(text)
        except ValueError as error:
            self._problem(subject, str(error))
            return
        if address.path is not None:
            addresses.append(["unix:" + address.path, None])
            return
        if address.ports:
            port = address.ports[0]
        literal = nginx_address.ip_literal(address.host)
        if literal:
            addresses.append([literal, port])
        else:
            self._open.append((addresses, address.host, port, subject))

    def answer(self):
        """Fill the lists of all that asked; a name that nobody knows becomes a problem."""
        answers = self._names.look_up([entry[1] for entry in self._open])
        for addresses, host, port, subject in self._open:
            addresses.extend([address, port] for address in answers[host])
            if not answers[host]:
                self._problem(subject, "host %r could not be resolved" % host)
        self._open = []

    def _problem(self, subject, reason):
        self._problems.append({"subject": subject, "reason": reason})
