# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a `proxy_pass` sends requests, as far as the configuration says."""

from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address

_PORTS = {"http": 80, "https": 443}


class Passes:
    """Reads the targets of `proxy_pass`.

    `upstreams` are the `Upstreams` of the configuration, `variables` its
    `Variables`; `questions` finds the addresses.
    """

    def __init__(self, upstreams, variables, questions, problems):
        self._upstreams = upstreams
        self._variables = variables
        self._questions = questions
        self._problems = problems

    def read(self, directive, server, location):
        """Return the reading of one directive within these directives.

        Where nginx evaluates the URL for each request there are `candidates`,
        the upstreams that it can come to, and `names`, the hosts that nginx then
        looks up itself, through its `resolver`; both None where it cannot be told.
        """
        result = {"scheme": None, "target": None, "upstream": None,
                  "variable": False, "addresses": []}
        try:
            scheme, authority, variable = nginx_address.split_url(directive.args[0])
        except ValueError as error:
            self._problems.append({"subject": directive.where, "reason": str(error)})
            return result
        result.update(scheme=scheme, target=authority, variable=variable,
                      upstream=self._upstreams.name_of(authority))
        if variable:
            self._add_candidates(result, directive, server, location)
        elif result["upstream"] is None:
            self._ask(result, scheme, authority, directive)
        return result

    def _ask(self, result, scheme, authority, directive):
        self._questions.ask(result["addresses"], authority, _PORTS[scheme],
                            "proxy_pass (%s)" % directive.where)

    def _add_candidates(self, result, directive, server, location):
        result.update(candidates=None, names=None)
        texts = self._variables.values(result["target"], server, location)
        try:
            targets = [_target(result["scheme"], text) for text in texts or () if text]
        except ValueError:
            return
        if not targets:
            return
        result.update(candidates=[], names=[])
        schemes = {scheme for scheme, _authority in targets}
        result["scheme"] = schemes.pop() if len(schemes) == 1 else None
        for scheme, authority in dict.fromkeys(targets):
            upstream = self._upstreams.name_of(authority)
            if upstream is not None:
                result["candidates"].append(upstream)
            elif _is_literal(authority):
                self._ask(result, scheme, authority, directive)
            else:
                result["names"].append(authority)


def _target(scheme, text):
    """Return (scheme, authority) of a value; raises ValueError where it is no URL."""
    url = text if scheme is None else "%s://%s" % (scheme, text)
    return nginx_address.split_url(url)[:2]


def _is_literal(authority):
    """Tell whether an authority needs no resolver at run time."""
    if authority.startswith("unix:"):
        return True
    try:
        return nginx_address.ip_literal(nginx_address.parse_address(authority).host) is not None
    except ValueError:
        return False
