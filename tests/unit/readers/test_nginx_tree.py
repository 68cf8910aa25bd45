# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser, on files: words, blocks, includes, lines, and whatever may lie there instead."""
from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree

from .conftest import as_nobody


def parse(tree, text, **more):
    return nginx_tree.parse(tree({"nginx.conf": text, **more}))


def words(tree, text):
    """The words of the only directive of a text."""
    parsed = parse(tree, text)
    assert parsed.problems == []
    (directive,) = parsed.directives
    return [directive.name] + directive.args


@pytest.mark.parametrize("text, expected", [
    ("user www;", ["user", "www"]),
    ("a\tb\r\n c ;", ["a", "b", "c"]),
    ("a 'b c' \"d;e{f}\";", ["a", "b c", "d;e{f}"]),
    ("a '';", ["a", ""]),
    (r"a 'it\'s' \"x\";", ["a", "it's", '"x"']),
    (r"a b\;c d\ e \#f;", ["a", r"b\;c", r"d\ e", r"\#f"]),
    (r"a \t\n\r\\;", ["a", "\t\n\r\\"]),
    ("a ${b}c$d ${e}{f};", None),
    ("a ${b}c$d;", ["a", "${b}c$d"]),
    ("a ${{b};", ["a", "${{b}"]),
    ("a b#c; # d", ["a", "b#c"]),
    ("a b}c;", ["a", "b}c"]),
    ("a b'c d\"e;", ["a", "b'c", 'd"e']),
    ("a (b 'c');", ["a", "(b", "c", ")"]),
    ("a 'x\ny';", ["a", "x\ny"]),
    ("a b;# no blank before", ["a", "b"]),
    ("a \"$b\";", ["a", "$b"]),
    ("a \f;", ["a", "\f"]),
])
def test_words(tree, text, expected):
    if expected is None:
        assert parse(tree, text).problems
    else:
        assert words(tree, text) == expected


@pytest.mark.parametrize("text, reason", [
    ("a 'b'c;", 'line 1: unexpected "c"'),
    ("\n\na 'b;", "line 3: unexpected end of file in a quoted word"),
    ("a b", 'unexpected end of file, expecting ";" or "}"'),
    ("a {\n b c;\n", 'unexpected end of file, expecting "}"'),
    ("a;\n}", 'line 2: unexpected "}"'),
    ("a { b }", 'line 1: unexpected "}"'),
    (";", 'line 1: unexpected ";"'),
    ("{ }", 'line 1: unexpected "{"'),
    ("a {" * 100, "line 1: blocks more than 64 deep"),
    ("x_by_lua_block { '", "line 1: the Lua block has no end"),
])
def test_what_nginx_refuses_is_a_problem(tree, text, reason):
    parsed = parse(tree, text)
    assert [problem["reason"] for problem in parsed.problems] == [reason]
    assert parsed.problems[0]["subject"] == parsed.conf
    assert parsed.directives == []


@pytest.mark.parametrize("text", [
    "a %s;", "a '%s;", "#%s\n a;", "a 'b' %s ;", " \n\n%s;",
])
@pytest.mark.parametrize("letter", ["x", "é", "\udce9"])
def test_a_word_that_is_too_long_for_nginx(tree, text, letter):
    size = len(letter.encode("utf-8", "surrogateescape"))
    room = 4095 - (text[0] == "#") - ("'%" in text)
    for number, reasons in ((room // size, []), (room // size + 1, ["too long parameter"])):
        written = text % (letter * number)
        written = written.replace(";", "';") if "'%" in text else written
        content = written.encode("utf-8", "surrogateescape")
        problems = parse(tree, content).problems
        assert [each["reason"].partition(": ")[2] for each in problems] == reasons


def test_blocks_and_lines(tree):
    parsed = parse(tree, """# one
http {           # two
    server {
        listen
            80;
        names 'x
y'; after z;
    }
}
""")
    (http,) = parsed.directives
    (server,) = http.block
    assert [(each.name, each.line) for each in server.block] \
        == [("listen", 4), ("names", 6), ("after", 7)]
    assert (http.line, server.where) == (2, parsed.conf + ":3")


def test_a_lua_block_is_opaque(tree):
    lua = "\n local s = '}' -- }\n --[[ } ]] local t = { a = [==[ } ]] ]==] }\n "
    parsed = parse(tree, "location / { content_by_lua_block {%s} a b;\n}" % lua)
    assert parsed.problems == []
    block, after = parsed.directives[0].block
    assert (block.args, after.name, after.line) == ([lua], "a", 4)


@pytest.mark.parametrize("lua", [
    "'\n{ '} ", "'\\\n{ '} ", r"'\'}'", '"}"', "[[ } ]]", "[=[ ]] } ]=]", "--[[ }\n} ]]", "-- }\n",
    "a[b[1]] = {}",
])
def test_what_a_lua_block_may_hold(tree, lua):
    """Each of these was accepted by the Lua module itself."""
    parsed = parse(tree, "x_by_lua_block {%s} a;" % lua)
    assert parsed.problems == []
    assert [each.name for each in parsed.directives] == ["x_by_lua_block", "a"]


@pytest.mark.parametrize("lua", ["[[ }", "--[=[ } ]]", "[[" * 10 ** 5, "'}'", "{"])
def test_a_lua_block_without_an_end(tree, lua):
    problems = parse(tree, "x_by_lua_block {%s" % lua).problems
    assert [each["reason"] for each in problems] == ["line 1: the Lua block has no end"]


def test_bytes_that_are_not_utf8_survive(tree):
    parsed = parse(tree, b"# caf\xe9\na '\xff\xc3\xa4';")
    assert parsed.directives[0].args[0].encode("utf-8", "surrogateescape") == b"\xff\xc3\xa4"


def test_includes_start_at_the_main_files_directory(tree):
    parsed = parse(
        tree, "include sub/a.conf;",
        **{"sub/a.conf": "include b.conf;", "b.conf": "right 1;", "sub/b.conf": "wrong 1;"}
    )
    assert [each.name for each in parsed.directives] == ["right"]
    assert len(parsed.files) == 3


def test_a_glob_is_sorted_by_bytes_and_sees_no_hidden_files(tree):
    names = ["b", "B", "a", "a-", "ä", ".hidden"]
    parsed = parse(tree, "include d/*.conf;",
                   **{"d/%s.conf" % name: "d '%s';" % name for name in names})
    assert [each.args[0] for each in parsed.directives] == ["B", "a-", "a", "b", "ä"]


def test_a_negated_class_is_globs_own(tree):
    parsed = parse(tree, "include d/[^a]*;", **{"d/a1": "a;", "d/b1": "b;"})
    assert [each.name for each in parsed.directives] == ["b"]


def test_a_glob_may_find_nothing_and_a_name_may_not(tree):
    parsed = parse(tree, "include none/*.conf; include none.conf;")
    assert [problem["reason"] for problem in parsed.problems] == ["No such file or directory"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("closed, mode, pattern", [
    ("in/d", 0o700, "d/*.conf"), ("in/d", 0o744, "*/a.conf"), ("in", 0o700, "d/*.conf"),
    ("in", 0o711, "*/a.conf"),
])
def test_a_directory_that_is_closed_may_have_files_to_include(closed, mode, pattern):
    # Above it all is open, which pytest's own directories are not.
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        os.makedirs(top + "/in/d")
        Path(top, "in/d/a.conf").write_text("a;")
        conf = Path(top, "nginx.conf")
        conf.write_text("include in/%s; include none/*/*.conf;" % pattern)
        assert nginx_tree.parse(str(conf)).problems == []
        os.chmod(os.path.join(top, closed), mode)
        (problem,) = as_nobody(lambda: nginx_tree.parse(str(conf)).problems)
        assert problem["subject"].startswith(os.path.join(top, closed))
        assert problem["reason"] == "Permission denied"


def test_a_file_in_two_contexts_is_in_both_and_read_once(tree):
    read = []

    def counting(path):
        read.append(path)
        return nginx_tree.read_file(path)

    conf = tree({"nginx.conf": "a { include x.conf; } b { include x.conf; }", "x.conf": "x 1;"})
    parsed = nginx_tree.parse(conf, counting)
    assert [each.block[0].args for each in parsed.directives] == [["1"], ["1"]]
    assert len(read) == 2


def test_a_cycle_is_said_and_the_rest_is_read(tree):
    parsed = parse(tree, "a; include x.conf; b;", **{"x.conf": "x; include nginx.conf;"})
    assert [each.name for each in parsed.directives] == ["a", "x", "b"]
    assert "includes itself" in parsed.problems[0]["reason"]


def test_files_that_double_each_other_end_at_a_bound(tree):
    files = {"%d.conf" % n: "include %d.conf; include %d.conf;" % (n + 1, n + 1)
             for n in range(40)}
    parsed = parse(tree, "include 0.conf;", **files, **{"40.conf": "x;"})
    assert "more than 400000 directives" in parsed.problems[0]["reason"]


def test_a_long_chain_of_includes_ends_at_a_bound(tree):
    files = {"%d.conf" % n: "include %d.conf;" % (n + 1) for n in range(200)}
    parsed = parse(tree, "include 0.conf;", **files)
    assert "included more than 64 levels deep" in parsed.problems[0]["reason"]


def test_what_is_no_file(tree, tmp_path):
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "null").symlink_to("/dev/null")
    parsed = parse(tree, "include d; include pipe; include null; a;")
    assert [problem["reason"] for problem in parsed.problems] == ["not a regular file"] * 3
    assert [each.name for each in parsed.directives] == ["a"]


def test_a_file_of_100_mb(tree, tmp_path):
    with open(tmp_path / "huge.conf", "wb") as file:
        file.truncate(100 * 1024 * 1024)
    parsed = parse(tree, "include huge.conf; a;")
    assert [problem["reason"] for problem in parsed.problems] == ["larger than 4 MiB"]


def test_reading_leaves_the_access_time(tree, tmp_path):
    conf = tree({"nginx.conf": "a;"})
    os.utime(conf, (1, 2 ** 30))
    nginx_tree.parse(conf)
    assert os.stat(conf).st_atime == 1


def test_data_blocks_are_checked_but_not_kept(tree):
    parsed = parse(tree, "types { text/html html; } geo $x { default 0; } a;")
    assert [(each.name, each.block) for each in parsed.directives] \
        == [("types", []), ("geo", []), ("a", None)]
    assert parse(tree, "types { text/html html }").problems


def test_the_hash_and_time_of_each_file(tree):
    conf = tree({"nginx.conf": "a;"})
    os.utime(conf, (5, 7))
    assert nginx_tree.parse(conf).files == {conf: (hashlib.sha256(b"a;").hexdigest(), 7.0)}
