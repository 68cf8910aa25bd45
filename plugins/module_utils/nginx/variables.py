# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a variable of the configuration can come to, as far as literal values tell.

`map`, `split_clients` and `set` are read. A variable that anything else may
give a value to (a module, a script, the capture of a regular expression), or
that nginx itself has, cannot be told.
"""

from __future__ import annotations

import re

from ansible_collections.no502.node.plugins.module_utils.nginx.levels import every_block

MAX_VALUES = 16
_MAX_DEPTH = 8

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_CAPTURE = re.compile(r"\(\?P?[<'](\w+)[>']")
_LUA_VARIABLE = re.compile(r"\bngx\s*\.\s*var\s*\.\s*(\w+)")
# Directives of modules that give a variable, named in their arguments, a value.
_ASSIGNING = re.compile(r"\w+_set\Z|set_|geo|js_|perl|eval")
# Scripts that may write any variable, and that are not in the configuration itself.
_SCRIPT = re.compile(r"\w+_by_lua_file\Z|js_(?!import\Z|path\Z|include\Z)|perl")
_TABLES = frozenset(["map", "split_clients"])
_CONDITIONS = frozenset(["if", "limit_except"])


class Variables:
    """The variables of an `http` context, given by its directives."""

    def __init__(self, http):
        self._tables = {}
        self._assigned = set()
        self._any_assigned = False
        self._set = set()
        self._known = {}
        for directives in every_block(http):
            for each in directives:
                self._note(each)

    def values(self, text, server, location):
        """Return the values that `text` can come to, each once; None where that cannot be told.

        `server` and `location` are the directives of the blocks in which `text` stands.
        """
        return self._evaluate(text, server, location, 0)

    def _note(self, directive):
        if directive.name in _TABLES and len(directive.args) == 2:
            self._tables[_name(directive.args[1])] = directive
            self._note_captures(each.name for each in directive.block or ())
            return
        if directive.name == "set" and directive.args:
            self._set.add(_name(directive.args[0]))
            return
        if _SCRIPT.match(directive.name):
            self._any_assigned = True
        if _ASSIGNING.match(directive.name):
            self._assigned.update(_name(word) for word in directive.args if word.startswith("$"))
        self._note_captures(directive.args)
        if "_by_lua" in directive.name and directive.args:
            self._note_lua(directive.args[-1])

    def _note_captures(self, words):
        for word in words:
            if "(?" in word:
                self._assigned.update(name.lower() for name in _CAPTURE.findall(word))

    def _note_lua(self, code):
        named = _LUA_VARIABLE.findall(code)
        self._assigned.update(name.lower() for name in named)
        if code.count("ngx.var") != len(named):
            self._any_assigned = True

    def _evaluate(self, text, server, location, depth):
        results = [""]
        at = 0
        for match in _REFERENCE.finditer(text):
            values = self._variable(
                (match.group(1) or match.group(2)).lower(), server, location, depth + 1
            )
            if values is None:
                return None
            between = text[at:match.start()]
            results = [result + between + value for result in results for value in values]
            if len(results) > MAX_VALUES:
                return None
            at = match.end()
        return [result + text[at:] for result in results]

    def _variable(self, name, server, location, depth):
        if self._any_assigned or name in self._assigned or depth > _MAX_DEPTH:
            return None
        values = []
        for text in self._texts(name, server, location):
            results = self._evaluate(text, server, location, depth)
            if results is None:
                return None
            values.extend(result for result in results if result not in values)
            if len(values) > MAX_VALUES:
                return None
        return values or None

    def _texts(self, name, server, location):
        """Return what the variable is set to, as it is written.

        What the location itself sets is set last. Else every `set` of the server
        counts, since a request can come through other locations of it.
        """
        texts = []
        if name in self._set:
            texts = _set_by_location(name, location) or self._once(
                ("set", name, id(server)), _set_by_server, name, server
            )
        if name in self._tables:
            table = self._tables[name]
            texts = texts + self._once(("table", id(table)), _entries, table)
        return texts

    def _once(self, key, function, *arguments):
        if key not in self._known:
            self._known[key] = function(*arguments)
        return self._known[key]


def _name(word):
    return word.lstrip("$").lower()


def _entries(table):
    """Return the values of a `map` or `split_clients`, with what is taken by default."""
    default = "default" if table.name == "map" else "*"
    entries = [each for each in table.block or () if len(each.args) == 1]
    texts = list(dict.fromkeys(each.args[0] for each in entries))
    if not any(each.name == default for each in entries):
        texts.append("")
    return texts


def _set_by_server(name, server):
    """Return every text that a server sets the variable to.

    Where none of them is sure to be passed, the variable may still be empty.
    """
    texts = [text for block in every_block(server) for text in _direct(name, block)]
    return texts if _is_sure(name, server, {"break", "last"}) else texts + [""]


def _set_by_location(name, location):
    """Return what a location sets the variable to; nothing where it may leave it as it is."""
    # What a rewrite marked `last` leads to comes through a location from its start.
    if not _is_sure(name, location, {"break"}):
        return []
    conditional = [each.block for each in location if each.block and each.name in _CONDITIONS]
    return _direct(name, location) + [text for block in conditional
                                      for text in _direct(name, block)]


def _is_sure(name, directives, flags):
    """Tell whether a `set` of the variable is reached before `break` or a rewrite marked so."""
    for each in directives:
        if _direct(name, [each]):
            return True
        within = each.block or () if each.name in _CONDITIONS else [each]
        if any(inner.name == "break" or inner.name == "rewrite" and set(inner.args[2:]) & flags
               for inner in within):
            return False
    return False


def _direct(name, directives):
    return [each.args[1] for each in directives
            if each.name == "set" and len(each.args) == 2 and _name(each.args[0]) == name]
