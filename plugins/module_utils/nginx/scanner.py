# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cut the text of an nginx configuration into directives (`ngx_conf_read_token`).

Words end at blank, `;` or `{`; `${name}` does not open a block; a quoted word
has to be followed by blank, `;`, `{` or `)`.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
      (?P<skip> [ \t\r\n]+ | \#[^\n]* )
    | (?P<mark> [;{}] )
    | " (?P<double> [^"\\]* (?: \\. [^"\\]* )* ) "
    | ' (?P<single> [^'\\]* (?: \\. [^'\\]* )* ) '
    | (?P<word> [^"' \t\r\n;{}\#\\$] [^ \t\r\n;{\\$]*
                (?: (?: \\. | \$\{* ) [^ \t\r\n;{\\$]* )*
              | (?: (?: \\. | \$\{* ) [^ \t\r\n;{\\$]* )+ )
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"""\\([trn"'\\])""")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
# Bytes of a word with its opening quote, or of a comment, that nginx's buffer takes (measured on
# 1.22.1, 1.26.3 and 1.30.6).
_MAX_WORD = 4095
_TOKENS_A_CHECK = 4096
# As the Lua module itself cuts its blocks (compared on 4,500 random ones with 0.10.23).
_LUA = re.compile(
    r"""(?:--)? \[(?P<level>=*)\[ | --[^\n]*
      | "(?:[^"\\\n]|\\[^\n])*" | '(?:[^'\\\n]|\\[^\n])*' | [{}]""",
    re.VERBOSE,
)
# What may stand right behind a closing quote.
_AFTER_QUOTE = frozenset(" \t\r\n;{)")


class ConfigError(Exception):
    """A file that nginx would refuse, or that is not read for its size or kind."""


class Scanner:
    """Cuts a text into directives, keeping count of lines.

    `check` is called now and then, and may raise what ends the reading.
    """

    def __init__(self, text, check):
        self._text = text
        self._check = check
        self._tokens = 0
        self._at = 0
        self._counted = 0
        self._line = 1

    def next_directive(self):
        """Return (words, mark, line); mark is `;`, `{`, `}`, or None at the end."""
        words = []
        start = self._at
        while True:
            match = self._match()
            if match is None:
                if words:
                    raise ConfigError('unexpected end of file, expecting ";" or "}"')
                return words, None, self._line_at(start)
            kind = match.lastgroup
            if kind == "skip":
                continue
            if not words:
                start = match.start()
            if kind == "mark":
                mark = match.group()
                if bool(words) == (mark == "}"):
                    self._refuse(match.start(), 'unexpected "%s"' % mark)
                return words, mark, self._line_at(start)
            words.append(_unescape(match.group(kind)))
            if kind != "word":
                self._check_after_quote()

    def skip_lua(self):
        """Return the text of a Lua block, whose opening brace has just been read."""
        depth = 1
        start = at = self._at
        while depth:
            match = _LUA.search(self._text, at)
            if match is None:
                self._refuse(start, "the Lua block has no end")
            at = match.end()
            if match.group() == "{":
                depth += 1
            elif match.group() == "}":
                depth -= 1
            elif match.lastgroup == "level":
                at = self._end_of_long_bracket(at, match.group("level"), start)
        self._at = at
        return self._text[start:at - 1]

    def _end_of_long_bracket(self, at, level, start):
        closing = "]%s]" % level
        end = self._text.find(closing, at)
        if end < 0:
            self._refuse(start, "the Lua block has no end")
        return end + len(closing)

    def _match(self):
        if self._at >= len(self._text):
            return None
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            self._refuse(self._at, "unexpected end of file in a quoted word")
        self._check_length(match)
        self._tokens += 1
        if self._tokens % _TOKENS_A_CHECK == 0:
            self._check()
        self._at = match.end()
        return match

    def _check_length(self, match):
        kind, length = match.lastgroup, match.end() - match.start()
        if length < _MAX_WORD // 4 or match.group()[0] in " \t\r\n":
            return
        word = match.group() if kind in ("word", "skip") else match.group()[:-1]
        if len(word.encode("utf-8", "surrogateescape")) > _MAX_WORD:
            self._refuse(match.start(), "too long parameter")

    def _check_after_quote(self):
        following = self._text[self._at:self._at + 1]
        if following and following not in _AFTER_QUOTE:
            self._refuse(self._at, 'unexpected "%s"' % following)

    def _refuse(self, position, reason):
        raise ConfigError("line %d: %s" % (self._line_at(position), reason))

    def _line_at(self, position):
        self._line += self._text.count("\n", self._counted, position)
        self._counted = max(self._counted, position)
        return self._line


def _unescape(word):
    if "\\" not in word:
        return word
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match.group(1), match.group(1)), word)
