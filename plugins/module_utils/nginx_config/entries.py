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
from typing import Dict, List, Optional

from ansible_collections.no502.node.plugins.module_utils import nginx_tree
from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    files,
    private_mount,
)
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
    if _is_there(tree, include):
        return []
    return [_step(tree, context, include, _probe(tree).get(context))]


def removal(store: Store, conf: str) -> List[dict]:
    """The steps that take every entry away again."""
    steps = []
    for path in nginx_tree.parse(conf).files:
        text = files.read_text(path)
        if text is None or MARK not in text:
            continue
        if os.path.basename(path) == FILE_NAME:
            steps.append({"do": "remove", "path": path, "before": text})
        else:
            rest = "".join(line for line in text.splitlines(True) if MARK not in line)
            steps.append({"do": "write", "path": path, "content": rest, "before": text})
    return steps


def _is_there(tree, include: str) -> bool:
    texts = (files.read_text(path) for path in tree.files)
    return any(include in (text or "") for text in texts)


def _http_blocks(tree) -> list:
    return [directive for directive in tree.directives
            if directive.name == "http" and directive.block is not None]


def _probe(tree) -> Dict[str, str]:
    """Context to path of the file that would be included there, last of all."""
    conf_dir = os.path.dirname(tree.conf)
    directories = {os.path.dirname(path) for path in tree.files}
    directories |= {os.path.join(conf_dir, name) for name in USUAL
                    if os.path.isdir(os.path.join(conf_dir, name))}
    written = []
    for directory in sorted(directories):
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


def _step(tree, context: str, include: str, place: Optional[str]) -> dict:
    if place:
        content = TEXT % {"mark": MARK, "include": include}
        return {"do": "write", "path": place, "content": content, "before": None}
    blocks = _http_blocks(tree) if context == "http" else []
    path = blocks[-1].file if blocks else tree.conf
    before = files.read_text(path) or ""
    content = _marked(before, context, "%s %s" % (include, MARK))
    return {"do": "write", "path": path, "content": content, "before": before}


def _marked(text: str, context: str, line: str) -> str:
    """The text with one more line at the end of the context."""
    if context == "main":
        return text + ("" if text.endswith("\n") or not text else "\n") + line + "\n"
    end = _end_of_http(text)
    start = text.rfind("\n", 0, end) + 1
    if text[start:end].strip():
        return text[:end] + "\n    " + line + "\n" + text[end:]
    return text[:start] + "    " + line + "\n" + text[start:]


def _end_of_http(text: str) -> int:
    """The position of the brace that closes the last ``http``."""
    scanner = nginx_tree._Scanner(text)
    names: List[str] = []
    end = 0
    while True:
        words, mark, _line = scanner.next_directive()
        if mark is None:
            return end
        if mark == "{" and words[0].endswith("_by_lua_block"):
            scanner.skip_lua()
        elif mark == "{":
            names.append(words[0])
        elif mark == "}" and names.pop() == "http" and not names:
            end = scanner._at - 1
