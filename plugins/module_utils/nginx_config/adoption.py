# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that someone else's files serve already, and taking those files over.

nginx accepts one name in two servers with no more than a warning, and the order of the files
decides which of them answers. So a name that is served elsewhere is refused, unless its owner
says ``adopt``; then the file that serves it is disabled in the same transaction.
"""

from __future__ import annotations

import os
from typing import Iterable, List, Set

from ansible_collections.no502.node.plugins.module_utils.nginx_config.configuration import (
    Configuration,
    Listen,
    Server,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

SUFFIX = ".no502-disabled"

# What a file may hold beside its servers without ruling the servers of other files.
OWN_BLOCKS = ("server", "upstream", "map", "geo", "split_clients", "log_format", "limit_req_zone",
              "limit_conn_zone", "proxy_cache_path")


def plan(configuration: Configuration, adopted: Iterable[str]) -> List[dict]:
    """The steps that disable the files which serve our names; refuses where it may not.

    ``configuration`` is the one with the candidate in force, ``adopted`` holds the server names
    that may be taken over, or apps, which stands for all of their names.
    """
    found = configuration.servers
    ours = [server for server in found if server.app]
    conflicts = [server for server in found if not server.app and _shared(server, ours)]
    permitted = set(adopted)
    permitted |= {name for server in ours if server.app in permitted for name in server.names}
    for server in conflicts:
        _check_permission(server, _shared(server, ours), permitted)
    paths = sorted({server.file for server in conflicts})
    for path in paths:
        _check_file(configuration, path, [server for server in found if server.file == path], ours)
    return [_disable(path, [server for server in conflicts if server.file == path])
            for path in paths]


def is_covered(configuration: Configuration, names: Iterable[str]) -> bool:
    """Whether a server of ours serves one of these names."""
    served = {name for server in configuration.servers if server.app for name in server.names}
    return bool(served & set(names))


def _shared(server: Server, ours: List[Server]) -> Set[str]:
    """The names that a server has in common with ours, at an address that both listen on."""
    return {name for own in ours if _meet(server, own)
            for name in set(server.names) & set(own.names)}


def _meet(one: Server, other: Server) -> bool:
    return any(listen.address.overlaps(their.address)
               for listen in one.listens for their in other.listens)


def _check_permission(server: Server, names: Set[str], permitted: Set[str]) -> None:
    for name in sorted(names - permitted):
        raise Refused(
            "The server name %s is served already, by %s. Of two servers with one name nginx "
            "answers with whichever it reads first. Set `adopt: true` for the app to take the "
            "name over (that file is then disabled), or choose another name."
            % (name or '""', server.where))


def _check_file(configuration: Configuration, path: str, inside: List[Server],
                ours: List[Server]) -> None:
    if path == configuration.conf:
        raise Refused(
            "%s serves a name of ours in the main file itself, which cannot be disabled. Remove "
            "that server block by hand." % inside[0].where)
    for server in inside:
        _check_server(server, ours)
    for directive, top in _directives(configuration.tree):
        if directive.file != path:
            continue
        if top is None or top.file != path or top.name not in OWN_BLOCKS:
            raise Refused(
                "%s cannot be disabled: `%s` at line %d rules more than the servers of that file. "
                "Move it to a file of its own, or remove the server block by hand."
                % (path, directive.name, directive.line))


def _check_server(server: Server, ours: List[Server]) -> None:
    """Refuse to disable a server that serves what none of ours does."""
    for name in server.names:
        for listen in server.listens:
            if not _is_served(name, listen, ours):
                raise Refused(
                    "%s cannot be disabled: it also serves %s on %s, which no app serves. Add the "
                    "name to the app, or move that server to a file of its own."
                    % (server.where, name or "requests without a known name", listen.address))


def _is_served(name: str, listen: Listen, ours: List[Server]) -> bool:
    return any(name in own.names and any(mine.address.covers(listen.address)
                                         for mine in own.listens) for own in ours)


def _directives(tree):
    """Every directive with the one of ``http`` that it stands in; None outside ``http``."""
    for directive in tree.directives:
        if directive.name != "http" or directive.block is None:
            for inner in _below(directive):
                yield inner, None
            continue
        yield directive, None
        for top in directive.block:
            for inner in _below(top):
                yield inner, top


def _below(directive):
    yield directive
    for inner in directive.block or ():
        yield from _below(inner)


def _disable(path: str, conflicts: List[Server]) -> dict:
    names = sorted({name for server in conflicts for name in server.names})
    target = os.readlink(path) if os.path.islink(path) else None
    return {"do": "disable", "path": path, "target": target,
            "moved_to": None if target else _free_name(path), "names": names}


def _free_name(path: str) -> str:
    """A hidden name beside the file: no pattern of an include matches a leading dot."""
    hidden = os.path.join(os.path.dirname(path), "." + os.path.basename(path) + SUFFIX)
    name, number = hidden, 1
    while os.path.lexists(name):
        number += 1
        name = "%s-%d" % (hidden, number)
    return name
