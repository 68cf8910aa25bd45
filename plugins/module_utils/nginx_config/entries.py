# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries: the few lines in nginx's own tree that include the generation in force.

Two contexts need one each: ``http``, and the main context. A file in a directory that the tree
includes by a pattern is preferred; where there is none, one marked line goes into the file that
holds the context. Both include by a pattern, so that they do no harm without a generation.

Where a new file would be included is not guessed from patterns: probes are written to every
directory in question, in the private view, and nginx's own rules say where they end up.
"""

from __future__ import annotations

import os
import re
from typing import Dict, List, Optional, Set, Tuple

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree
from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    files,
    private_mount,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store

# Last in its directory: nginx makes the first server of an address its default.
FILE_NAME = "zz-no502.conf"
USUAL = ("conf.d", "http.d", "sites-enabled", "modules-enabled", "main.d")
MARK = "# managed by no502.node"
PROBE = "no502_probe"

CONTEXTS = ("http", "main")
_INCLUDES = {"http": "include %s/http/*.conf;", "main": "include %s/*.conf;"}

TEXT = """\
%(mark)s
# Harmless without a generation: the pattern then matches nothing.
%(include)s
"""


def plan(store: Store, conf: str, context: str) -> List[dict]:
    """The steps that put the entry of a context in place. Call it in a private view only."""
    tree = nginx_tree.parse(conf)
    include = _INCLUDES[context] % store.link
    if any(include in (files.read_text(path) or "") for path in tree.files):
        return []
    path = _probe(tree).get(context)
    if path:
        content = TEXT % {"mark": MARK, "include": include}
        return [{"do": "write", "path": path, "content": content, "before": None}]
    return [_marked_line(tree, context, "%s %s" % (include, MARK))]


def removal(conf: str) -> List[dict]:
    """The steps that take every entry away again, one that nginx no longer includes as well."""
    tree = nginx_tree.parse(conf)
    paths = set(tree.files)
    paths |= {os.path.join(directory, FILE_NAME) for directory in _directories(tree)}
    steps = []
    for path in sorted(paths):
        text = files.read_text(path)
        if text is None or MARK not in text:
            continue
        if os.path.basename(path) == FILE_NAME:
            steps.append({"do": "remove", "path": path, "before": text})
        else:
            rest = "".join(line for line in text.splitlines(True) if MARK not in line)
            steps.append({"do": "write", "path": path, "content": rest, "before": text})
    return steps


def _directories(tree) -> Set[str]:
    """Where an entry may stand: directories that nginx reads from, or usually does."""
    usual = [os.path.join(os.path.dirname(tree.conf), name) for name in USUAL]
    return ({os.path.dirname(path) for path in tree.files}
            | {directory for directory in usual if os.path.isdir(directory)})


def _probe(tree) -> Dict[str, str]:
    """Context to path of the file that would be included there, last of all."""
    written = []
    for directory in sorted(_directories(tree)):
        path = os.path.join(directory, FILE_NAME)
        if private_mount.is_private(path) and not os.path.lexists(path):
            files.write_text(path, PROBE + ";\n")
            written.append(path)
    try:
        return _landed(nginx_tree.parse(tree.conf))
    finally:
        for path in written:
            os.unlink(path)


def _landed(tree) -> Dict[str, str]:
    places = {}
    for directive in tree.directives:
        if directive.name == PROBE:
            places["main"] = directive.file
    for block in _http_blocks(tree):
        place: Optional[str] = None
        for directive in block.block:
            if directive.name == PROBE:
                place = directive.file
            elif directive.name == "server":
                # A server behind our entry could lose its place as its address's default.
                place = None
        if place:
            places["http"] = place
    return places


def _http_blocks(tree) -> list:
    return [directive for directive in tree.directives
            if directive.name == "http" and directive.block is not None]


def _marked_line(tree, context: str, line: str) -> dict:
    """The step that adds one line at the end of a context, to the file that holds it."""
    if context == "main":
        path, before = tree.conf, files.read_text(tree.conf)
        content = before + ("" if before.endswith("\n") else "\n") + line + "\n"
    else:
        path, before, content = _end_of_http(tree, line)
    return {"do": "write", "path": path, "content": content, "before": before}


def _end_of_http(tree, line: str) -> Tuple[str, str, str]:
    """The file that holds ``http``, its text, and the text with the line at the end of it.

    Which brace closes ``http`` is found by trying, the last one first.
    """
    for block in _http_blocks(tree):
        before = files.read_text(block.file)
        for brace in reversed(list(re.finditer("}", before))):
            if _is_end_of_http(tree, block.file, _before(before, brace.start(), PROBE + ";")):
                return block.file, before, _before(before, brace.start(), line)
    raise Refused("%s has no http block that an include could be added to." % tree.conf)


def _is_end_of_http(tree, path: str, text: str) -> bool:
    if not private_mount.is_private(os.path.realpath(path)):
        return False
    before = files.read_text(path)
    files.write_text(path, text)
    tried = nginx_tree.parse(tree.conf)
    files.write_text(path, before)
    last = [block.block[-1].name for block in _http_blocks(tried) if block.block]
    return tried.problems == tree.problems and PROBE in last


def _before(text: str, position: int, line: str) -> str:
    """The text with one more line in front of a brace, on a line of its own."""
    start = text.rfind("\n", 0, position) + 1
    if text[start:position].strip():
        return text[:position] + "\n    " + line + "\n" + text[position:]
    return text[:start] + "    " + line + "\n" + text[start:]
