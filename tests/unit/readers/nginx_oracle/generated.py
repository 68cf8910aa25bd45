# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of nginx, generated: valid to nginx, and written in every way that it takes."""
from __future__ import annotations

from hypothesis import strategies as st

HEAD = """\
pid {directory}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {directory}/b; proxy_temp_path {directory}/p;
    fastcgi_temp_path {directory}/f; uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
    access_log off;
"""
GAPS = st.sampled_from([" ", " ", " ", "  ", "\t", "\n", "\r\n", "\n    ", " \n\n ",
                        " # {a; \"b }\n", "\n#\n", "\n# it's ${a} \\\n"])
# Before `;` and `{`, and behind them.
EDGES = st.sampled_from(["", "", "", " ", "\n", "\n# end;\n", " #{\n"])
_PLAIN = [
    "a", "b-c", "/x", "é", "a'b", 'a"b', "a#b", "a}b", "a=b,c", "(a", "b)", "*", "-1", "[a]",
    "a|b", "x}", r"\.", r"a\ b", r"a\;b", r"a\{b", r"\#", r"a\'b", r'a\"b', r"\n", r"a\tb", r"\\", r"a\\",
    r"\\n", r"\d+", r"\'a", r'\"', "$host", "${host}", "${host}x", "a${host}", "$host$uri",
    "${host}${uri}", "$host/", "a$host", "?", "%20", "100%", "@a", "!", "^", "&", "<a>", "`", "0",
]
_INNER = ["a", "é", " ", "  ", "\t", "\n", ";", "{", "}", "#", "'", '"', "\\'", '\\"', "\\\\",
          "\\n", "\\t", "\\r", "\\.", "\\;", "${host}", "(", ")", "=", "$host "]
# Text that nginx may refuse, for the place of a word.
_BROKEN = ["a", " ", "\n", "'", '"', "\\", "\\'", '\\"', "{", "}", ";", "#", "(", ")", "${", "$",
           "x}", "''", "a{b", "${host}", '"a"b', "'a')"]


def _quote(mark):
    def quoted(pieces):
        # A quote of its kind has to be escaped, unless the piece before has done so.
        inner = "".join("\\" + piece if piece == mark else piece for piece in pieces)
        return mark + inner + mark
    return st.lists(st.sampled_from(_INNER), max_size=4).map(quoted)


WORDS = st.one_of(st.sampled_from(_PLAIN), _quote("'"), _quote('"'))
BROKEN = st.lists(st.sampled_from(_BROKEN), min_size=1, max_size=6).map("".join)
FEW = st.integers(0, 2)
HEADERS = st.sampled_from(["add_header", "proxy_set_header"])
# The last word of an `if`.
ENDS = st.sampled_from(["a)", "'a')", '"b c")', r"a\ b)"])
# What a glob finds of a.conf, B.conf, b.conf and .c.conf.
PATTERNS = st.sampled_from(
    ["*.conf", "[ab].conf", "?.conf", "[^a].conf", "a.conf", "none*", "[!b]*"])


class Writer:
    """Draws a configuration and writes it down.

    files: {name: text}. texts: {word: the drawn words behind it, as they stand in the file} of
    each directive that has a word which is found nowhere else.
    """

    def __init__(self, draw, head):
        self._draw = draw
        self._text = head
        self._number = 0
        self.files = {}
        self.texts = {}

    def configuration(self):
        """Write a main file."""
        for _number in range(self._draw(FEW)):
            self._directive("log_format", self._name("f"), words=self._words(1, 3))
        if self._draw(FEW) == 2:
            self._block(("map", "$host", self._name("$m")), self._map)
        if self._draw(FEW) == 2:
            self._block(("types",), lambda: self._directive("a/b", words=["c"]))
        for _number in range(1 + self._draw(FEW)):
            self._block(("server",), self._server)
        self._text += "}" + self._draw(EDGES)
        self.files["nginx.conf"] = self._text

    def _server(self):
        self._directive("listen", words=["127.0.0.1:1"])
        self._statements()
        for _number in range(self._draw(FEW)):
            self._location(1)

    def _location(self, depth):
        def inside():
            self._statements()
            if depth < 3 and self._draw(FEW) == 2:
                self._location(depth + 1)
            if self._draw(FEW) == 2:
                self._block(("if", "($host", "=", self._draw(ENDS)),
                            lambda: self._statements(st.just("add_header")))
        self._block(("location", "~", self._name("^/")), inside)

    def _map(self):
        for _number in range(self._draw(FEW)):
            self._directive(f"'{self._name('k')} x'", words=self._words(1, 1))

    def _statements(self, headers=HEADERS):
        for _number in range(self._draw(FEW)):
            kind = self._draw(st.integers(0, 5))
            if kind == 0:
                self._include()
            elif kind == 1:
                self._directive("set", self._name("$v"), words=self._words(1, 1))
            elif kind == 2:
                self._directive("return", self._name("2"), words=self._words(1, 1))
            else:
                self._directive(self._draw(headers), self._name("X-"), words=self._words(1, 1))

    def _include(self):
        directory = self._name("d")
        outer = self._text
        for name in ("a", "B", "b", ".c"):
            self._text = ""
            self._directive("add_header", self._name("X-"), words=self._words(1, 1))
            self.files[f"{directory}/{name}.conf"] = self._text
        self._text = outer
        pattern = self._draw(PATTERNS)
        for _number in range(1 + self._draw(FEW) // 2):
            self._directive("include", words=[f"{directory}/{pattern}"])

    def _directive(self, *fixed, words):
        self._text += fixed[0]
        self._write(fixed[1:])
        self.texts[fixed[-1].strip("'")] = self._write(words)
        self._text += self._draw(EDGES) + ";" + self._draw(EDGES)

    def _block(self, words, inside):
        self._text += words[0]
        self._write(words[1:])
        self._text += self._draw(EDGES) + "{" + self._draw(EDGES)
        inside()
        self._text += "}" + self._draw(EDGES)

    def _write(self, words):
        """Write words, each behind a gap; return what was written."""
        written = "".join(self._draw(GAPS) + word for word in words)
        self._text += written
        return written

    def _words(self, least, most):
        return self._draw(st.lists(WORDS, min_size=least, max_size=most))

    def _name(self, prefix):
        """One that is found nowhere else."""
        self._number += 1
        return f"{prefix}{self._number:02}"
