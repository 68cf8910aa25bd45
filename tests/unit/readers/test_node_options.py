# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of Node and V8 in command lines and NODE_OPTIONS, and none of the secrets there."""
from __future__ import annotations

import json
import subprocess
from types import SimpleNamespace

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.processes import Process
from ansible_collections.no502.node.plugins.module_utils.node import options

from .conftest import wait_until


def started_with(*arguments):
    cmdline = b"\0".join(each.encode() for each in arguments) + b"\0"
    return SimpleNamespace(pid=1, binary="/usr/bin/node", cmdline=cmdline)


def listed(arguments):
    return [(each["name"], each["value"]) for each in options.chosen(arguments, "x")[0]]


@pytest.mark.parametrize("arguments, found", [
    (["--max-old-space-size=512", "app.js"], [("--max-old-space-size", "512")]),
    (["--max_old_space_size=512"], [("--max-old-space-size", "512")]),
    (["--max-http-header-size", "8192", "app.js"], [("--max-http-header-size", "8192")]),
    (["--no-insecure-http-parser"], [("--no-insecure-http-parser", None)]),
    (["--inspect=0.0.0.0:9230"], [("--inspect", "0.0.0.0:9230")]),
    (["--debug-port=9230"], [("--inspect-port", "9230")]),
    (["--disable-sigusr1", "-r", "x.js", "--jitless"], [("--disable-sigusr1", None),
                                                        ("--jitless", None)]),
    (["--require", "x.js", "--import=y.mjs", "-C", "dev", "--jitless"], [("--jitless", None)]),
    # What follows the script is the application's own.
    (["app.js", "--max-old-space-size=1"], []),
    (["--", "--max-old-space-size=1"], []),
    (["-e", "--max-old-space-size=1"], []),
    (["--token=s3cr3t", "--password", "s3cr3t", "--jitless"], []),
    (["--unhandled-rejections=a b;c"], [("--unhandled-rejections", "(not shown)")]),
    (["--report-signal=" + "x" * 65], [("--report-signal", "(not shown)")]),
    ([], []), ([""], []), (["--"], []), (["--inspect-port"], [("--inspect-port", None)]),
])
def test_options_of_the_list_only(arguments, found):
    assert listed(arguments) == found
    assert "s3cr3t" not in json.dumps(options.chosen(arguments, "x"))


@pytest.mark.parametrize("text, words", [
    ("--a --b=1", ["--a", "--b=1"]), ("  --a   --b ", ["--a", "--b"]), ("", []),
    ('--require "/srv/my app/x.js" --b', ["--require", "/srv/my app/x.js", "--b"]),
    (r'"--a=x\"y\\z" --b', ['--a=x"y\\z', "--b"]), ("--a=it's --b", ["--a=it's", "--b"]),
    (r"--a=c:\x --b", ["--a=c:\\x", "--b"]), ('--a="x"y', ["--a=xy"]),
])
def test_words_of_node_options(text, words):
    assert options._words(text) == words


@pytest.mark.parametrize("cmdline, arguments", [
    (b"node\0app.js\0--port\0003000\0", ["app.js", "--port", "3000"]),
    (b"node\0", []), (b"node\0app.js\0\0", ["app.js", ""]),
    (b"shop\0\0\0\0\0", None), (b"node /srv/app.js\0\0\0", None), (b"node /srv/app.js\0", None),
    (b"/opt/my node/node\0app.js\0", ["app.js"]),
    # A title that fills all of the room up.
    (b"caf\xe9-shop-title-of-one-word\0", None), (b"shop\0--jitless\0", None),
    (b"/usr/bin/node-22\0--jitless\0caf\xe9\0", ["--jitless", "caf\udce9"]),
])
def test_arguments_and_titles_that_cover_them(cmdline, arguments):
    binary = "/opt/my node/node"
    assert options.arguments_of(SimpleNamespace(binary=binary, cmdline=cmdline)) == arguments


@pytest.mark.parametrize("given", ["--env-file=.env", "--env-file-if-exists=.env",
                                   "--experimental-default-config-file"])
def test_options_from_a_file_are_said_to_be_missing(given, monkeypatch):
    monkeypatch.setattr(options, "variable", lambda pid, name: None)
    assert options.options_of(started_with("node", given, "app.js")) \
        == ([], "it reads options from a file")


@pytest.mark.parametrize("words, reason", [
    (["--jitless"] * 500, "its command line is too long to be read whole"),
    (["--jitless", "app.js"] + ["x"] * 3000, None),
])
def test_a_command_line_that_was_cut(words, reason, monkeypatch):
    monkeypatch.setattr(options, "variable", lambda pid, name: None)
    process = started_with("node", *words)
    process.cmdline = process.cmdline[:4096]
    if process.cmdline.endswith(b"\0"):
        process.cmdline = process.cmdline[:-1] + b"x"
    assert options.options_of(process)[1] == reason


def test_the_last_one_counts():
    given = [{"name": "--a", "value": "1"}, {"name": "--b", "value": None},
             {"name": "--a", "value": "2"}]
    assert [options.last(given, name) for name in ("--a", "--b", "--c")] == ["2", "", None]


def test_a_process_that_is_gone(monkeypatch):
    gone = started_with("node", "--jitless")
    gone.pid = 2 ** 22 + 1
    assert options.options_of(gone) \
        == ([], "its environment cannot be read: No such file or directory")


APP = """
if (process.argv[2]) process.title = process.argv[2];
console.log('ready');
setInterval(() => {}, 1000);
"""


@pytest.fixture
def node(background, node_program, tmp_path):
    def start(title, *given, **environment):
        (tmp_path / "app.js").write_text(APP)
        child = background(node_program, *given, str(tmp_path / "app.js"), title,
                           stdout=subprocess.PIPE, env=environment)
        assert child.stdout.readline() == b"ready\n"
        return Process(child.pid)
    return start


def test_a_real_node(node):
    process = node("", "--max-old-space-size=300", "--redirect-warnings", "/dev/null",
                   "--max-http-header-size", "20000", PASSWORD="s3cr3t",
                   NODE_OPTIONS="--max-old-space-size=200 --no-warnings")
    assert options.options_of(process) == ([
        {"name": "--max-old-space-size", "value": "200", "source": "NODE_OPTIONS"},
        {"name": "--max-old-space-size", "value": "300", "source": "command line"},
        {"name": "--max-http-header-size", "value": "20000", "source": "command line"},
    ], None)


def test_a_real_node_with_a_title(node):
    given = node("node /srv/app.js", "--max-old-space-size=300", NODE_OPTIONS="--no-warnings")
    wait_until(lambda: options.arguments_of(Process(given.pid)) is None, "the title is there")
    assert options.options_of(Process(given.pid)) == ([], "a title covers its command line")
