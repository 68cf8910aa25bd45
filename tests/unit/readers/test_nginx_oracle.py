# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser against ngxparse, on configurations generated and real; where they differ, nginx says.

NO502_SEED is another seed to generate from.
"""
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree

from .nginx_oracle import readers
from .nginx_oracle.generated import BROKEN, HEAD, Writer

SEED = int(os.environ.get("NO502_SEED", 502))
GENERATED = 2200
BROKEN_ONES = 500
REAL = sorted((Path(__file__).parent / "files").glob("*/nginx.conf"))
ENDLESS = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck),
                   phases=[Phase.explicit, Phase.generate, Phase.shrink])


@pytest.fixture(scope="module")
def ngxparse():
    process = readers.Ngxparse()
    yield process
    process.close()


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("nginx")
    for name in "bpfus":
        (path / name).mkdir()
    path.chmod(0o755)
    return path


@pytest.fixture(scope="module")
def nginx(nginx_program, directory):
    return readers.Nginx(nginx_program, directory)


class Compared:
    """What both readers made of configurations, until nginx is asked about it."""

    def __init__(self):
        self.seen = set()
        self.directives = 0
        self.otherwise = 0
        # What stands in the file: the words that our parser reads.
        self.words = {}

    def add(self, texts, ours, theirs):
        """Keep the words of ours, as `texts` has them, that nginx has to read the same way.

        Those that ngxparse reads differently; all, where it differs in anything else. Returns
        whether it does: nginx has to say then what it makes of the whole.
        """
        ours = list(readers.flat(ours.directives))
        self.directives += len(ours)
        otherwise = [each[1:] for each in ours] != [each[1:] for each in theirs]
        for number, (words, _line, _block) in enumerate(ours):
            if not otherwise and words == theirs[number][0]:
                continue
            known = [at for at, word in enumerate(words) if word in texts]
            if known:
                self.words[texts[words[known[0]]]] = words[known[0] + 1:]
            else:
                otherwise = True
        self.otherwise += otherwise
        return otherwise

    def judged(self, nginx):
        """Ask nginx; return where it does not read our words."""
        print(f"{len(self.seen)} configurations, {self.directives} directives; nginx judges the "
              f"words of {len(self.words)} and the form of {self.otherwise}; seed {SEED}")
        return [(text, ours, said)
                for (text, ours), said in zip(self.words.items(), nginx.words(list(self.words)))
                if said != [word.lower() for word in ours]]


def write(directory, files):
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode())
    return directory / "nginx.conf"


def test_generated_configurations(ngxparse, nginx, directory):
    compared = Compared()

    @seed(SEED)
    @settings(ENDLESS, max_examples=GENERATED)
    @given(st.data())
    def generate(data):
        writer = Writer(data.draw, HEAD.format(directory=directory))
        writer.configuration()
        conf = write(directory, writer.files)
        ours = readers.ours(conf)
        theirs, errors = ngxparse.read(conf)
        compared.seen.add(str(writer.files))
        assert ours.problems == []
        if compared.add(writer.texts, ours, theirs) or errors:
            assert nginx.files(conf) == list(ours.files), nginx.judges(conf)

    generate()
    assert compared.judged(nginx) == []
    assert len(compared.seen) >= 2000


def test_broken_configurations(ngxparse, nginx, directory):
    compared = Compared()
    judged = set()

    @seed(SEED)
    @settings(ENDLESS, max_examples=BROKEN_ONES)
    @given(BROKEN)
    def generate(text):
        conf = write(directory, {"nginx.conf": HEAD.format(directory=directory)
                                 + f"server {{ add_header X {text};\n}} }}\n"})
        ours = readers.ours(conf)
        theirs, errors = ngxparse.read(conf)
        compared.seen.add(text)
        if bool(ours.problems) == bool(errors) and (
                errors or list(readers.flat(ours.directives)) == theirs):
            return
        judged.add(text)
        said, syntax = nginx.judges(conf)
        assert not (ours.problems and said is None or syntax and not ours.problems), said
        if said is None:
            compared.add({"X": text}, ours, theirs)

    generate()
    print(f"{len(judged)} of them were judged by nginx")
    assert compared.judged(nginx) == []


@pytest.mark.parametrize("conf", REAL, ids=[conf.parent.name for conf in REAL])
def test_real_configurations(ngxparse, nginx, conf):
    ours = readers.ours(conf)
    theirs, errors = ngxparse.read(conf)
    assert ours.problems == []
    flat = list(readers.flat(ours.directives))
    if errors or [each[1:] for each in flat] != [each[1:] for each in theirs]:
        assert nginx.files(conf) == list(ours.files), nginx.judges(conf)
        theirs = [([], 0, False)] * len(flat)
    for each, directive, other in zip(flat, readers.all_of(ours.directives), theirs):
        if each[0] != other[0]:
            said = nginx.words(readers.written(directive))
            assert [word.lower() for word in directive.args] in said


# What Lua may hold that looks like the end of its block, and is none.
LUA = st.lists(st.sampled_from([
    "local a = { b = { 1 } }\n", "print('}')\n", 'print("\\"}")\n', "-- }\n", "--[[ } ]]\n",
    "--[==[ } ]] \n ]==]\n", "local s = [[}]]\n", "local s = [=[ ]] } ]=]\n", "a[b[1]] = 2\n",
    "if a then return end\n", "x = 'it\\'s }'\n", "# not Lua; \n",
]), max_size=6).map("".join)


@seed(SEED)
@settings(ENDLESS, max_examples=200)
@given(LUA)
def test_lua_blocks(lua):
    """OpenResty's; neither ngxparse nor Debian's nginx knows them."""
    text = f"location / {{\n content_by_lua_block {{{lua}}}\n after 1; }}\nlast;\n".encode()
    parsed = nginx_tree.parse("/nginx.conf", lambda _path: (text, 0.0))
    assert parsed.problems == []
    location, last = parsed.directives
    block, after = location.block
    assert (block.args, after.name, last.name) == ([lua], "after", "last")
    assert last.line == text.count(b"\n")
