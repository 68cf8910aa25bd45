# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is written by nginx's rules is read back as it was meant, with its lines."""
from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree

GAPS = st.text(alphabet=" \t\r\n", min_size=1, max_size=3) | st.builds(
    "\n#{}\n".format, st.text(alphabet="a;{}'\"\\ #", max_size=8))
PLAIN = st.text(alphabet="abcé=/.:-_@%^~*+|?,!}'\"#", min_size=1, max_size=8).filter(
    lambda word: word[0] not in "}'\"#")
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def written(draw):
    """(the word, as a file may have it)"""
    style = draw(st.sampled_from(["plain", "'", '"']))
    if style == "plain":
        word = draw(PLAIN)
        return word, word
    word = draw(WORDS)
    return word, style + word.replace("\\", "\\\\").replace(style, "\\" + style) + style


# A directive: its words, and the directives of its block or None.
DIRECTIVES = st.recursive(
    st.tuples(st.lists(written(), max_size=4), st.none()),
    lambda inner: st.tuples(st.lists(written(), max_size=3), st.lists(inner, max_size=4)),
    max_leaves=12,
)


class Writer:
    """Writes directives with gaps that are drawn, and keeps what is expected of them."""

    def __init__(self, draw):
        self._draw = draw
        self.text = ""

    def directives(self, drawn):
        return [self._directive(words, block) for words, block in drawn]

    def _directive(self, words, block):
        self.text += self._draw(st.just("") | GAPS)
        line = self.text.count("\n") + 1
        # A name that means nothing: `include`, data and Lua blocks are read differently.
        words = [("name", "name")] + words
        self.text += self._draw(GAPS).join(word for _meant, word in words)
        self.text += self._draw(st.just("") | GAPS)
        inner = None
        if block is None:
            self.text += ";"
        else:
            self.text += "{"
            inner = self.directives(block)
            self.text += self._draw(st.just("") | GAPS) + "}"
        return ["name"] + [meant for meant, _word in words[1:]], line, inner


def shape(directives):
    return [([each.name] + each.args, each.line,
             None if each.block is None else shape(each.block)) for each in directives]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_read_back(data):
    writer = Writer(data.draw)
    expected = writer.directives(data.draw(st.lists(DIRECTIVES, max_size=5)))
    content = writer.text.encode()
    parsed = nginx_tree.parse("/nginx.conf", lambda path: (content, 0.0))
    assert parsed.problems == []
    assert shape(parsed.directives) == expected


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="a ;{}'\"\\$#\n", max_size=60).map(str.encode))
def test_anything_gives_a_tree_or_a_problem(content):
    parsed = nginx_tree.parse("/nginx.conf", lambda path: (content, 0.0))
    assert isinstance(parsed.directives, list)
    assert len(parsed.problems) <= 200
