# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three readers of one configuration: the collection's parser, ngxparse, and nginx."""
from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree

ROOT = Path(__file__).resolve().parents[4]
# nginx's messages about the text itself; others are about what the words mean.
SYNTAX = re.compile(r"unexpected|expecting|too long parameter")
_BATCH = 300


def ours(conf):
    """The tree as the collection's parser reads it, with its files and problems."""
    return nginx_tree.parse(str(conf))


def flat(directives):
    """Every directive of our tree: its words, line, and whether it has a block."""
    for each in directives:
        yield plain_if([each.name, *each.args]), each.line, each.block is not None
        yield from flat(each.block or [])


# What stands behind the name of a directive, up to its end.
_BEHIND = r"""((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.|\$\{|\#[^\n]*|[^;{"'\\\#])*)"""


def all_of(directives):
    """Our directives in the order of `flat`."""
    for each in directives:
        yield each
        yield from all_of(each.block or [])


def written(directive):
    """What stands in its file behind the directives of that name that begin on that line."""
    lines = Path(directive.file).read_bytes().decode().split("\n")
    rest = "\n".join(lines[directive.line - 1:])
    begin = re.compile(r"(?<![^\s;{}])['\"]?" + re.escape(directive.name) + r"['\"]?(?=[\s;{])"
                       + _BEHIND, re.DOTALL)
    return [found[1] for found in begin.finditer(rest) if found.start() <= len(lines[
        directive.line - 1])]


def plain_if(words):
    """The words of an `if` without its brackets, as ngxparse gives them."""
    if words[0] != "if" or len(words) < 2:
        return words
    inner = [words[1].removeprefix("("), *words[2:]]
    inner[-1] = inner[-1].removesuffix(")")
    return ["if", *(word for number, word in enumerate(inner)
                    if word or 0 < number < len(inner) - 1)]


class Ngxparse:
    """ngxparse, as a process that answers."""

    def __init__(self):
        venv = subprocess.run([ROOT / "tools/venv", "ngxparse"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip().splitlines()[-1]
        self._process = subprocess.Popen(
            [f"{venv}/bin/python", Path(__file__).with_name("server.py")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, conf):
        """([(words, line, whether it has a block), ...], what it has against them)"""
        self._process.stdin.write(json.dumps(str(conf)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return [tuple(each) for each in answer["directives"]], answer["errors"]

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)


class Nginx:
    """The judge."""

    def __init__(self, program, directory):
        self._program = program
        self._directory = Path(directory)

    def files(self, conf):
        """The files that nginx reads, in this order; none where it does not take them."""
        done = subprocess.run([self._program, "-T", "-q", "-c", str(conf)], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return [os.fsdecode(name) for name in
                re.findall(rb"^# configuration file (.+):$", done.stdout, re.M)]

    def judges(self, conf):
        """What nginx has against a configuration, and whether that is about how it is written.

        None where it takes it. Where it stopped at what a directive means, it did not look at the
        rest.
        """
        said = self._test(conf)
        return (said, bool(SYNTAX.search(said))) if "[emerg]" in said else (None, False)

    def words(self, texts):
        """The words that nginx makes of what stands behind the first word of a directive.

        Of `types { t/1 a; t/2 a; }` it says that the extension "a" is there twice, so each text is
        given it twice: what it says are the words.
        """
        found = []
        for start in range(0, len(texts), _BATCH):
            found += self._words(texts[start:start + _BATCH])
        return found

    def _words(self, texts):
        lines = "".join(f"t/{2 * n} {text};\nt/{2 * n + 1} {text};\n"
                        for n, text in enumerate(texts))
        conf = self._directory / "judge.conf"
        conf.write_bytes((
            f"pid {self._directory}/pid; error_log stderr; events {{}} http {{\n"
            "types_hash_max_size 65536; types_hash_bucket_size 4096; types {\n"
            f"{lines}}} }}").encode("utf-8", "surrogateescape"))
        said = self._test(conf)
        assert not SYNTAX.search(said), said
        found = [[] for _text in texts]
        for word, kind in re.findall(
                r'duplicate extension "(.*?)", content type: "t/(\d+)", previous content type: "t/',
                said, re.DOTALL):
            if int(kind) % 2:
                found[int(kind) // 2].append(word)
        return found

    def _test(self, conf):
        done = subprocess.run([self._program, "-t", "-c", str(conf)], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode("utf-8", "surrogateescape")
