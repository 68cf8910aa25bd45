# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking a program something: bounded in time and size, with nothing handed over."""
from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.binary import MAX_BYTES, ask
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.host.name_lookup import look_up


def sh(script, **more):
    return ask("/bin/sh", ["-c", script], **more)


def test_both_outputs():
    assert sh("echo out; echo err >&2") == ("out\nerr\n", None)


def test_a_program_that_fails_still_answers():
    assert sh("echo it; exit 3") == ("it\n", None)


def test_a_program_that_hangs():
    text, reason = sh("sleep 60", seconds=0.2)
    assert text is None and "did not answer within" in reason


def test_a_child_that_keeps_the_output_open():
    text, _reason = sh("sleep 60 & echo $!", seconds=0.2)
    assert text is None


def test_a_program_that_prints_without_end():
    text, _reason = sh("yes")
    assert len(text) == MAX_BYTES


def test_no_such_program():
    assert ask("/no/such", []) == (None, "/no/such cannot be run: No such file or directory")


def test_no_environment_and_no_terminal(monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    text, _reason = sh("env; tty; [ $$ = $(ps -o sid= -p $$) ] && echo session")
    assert "SECRET" not in text and "not a tty" in text and "session" in text


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_as_another_user():
    groups = os.getgroups()
    os.setgroups([0, 4])
    try:
        text, _reason = sh("id -u; id -g; id -G", uid=65534, gid=65533)
    finally:
        os.setgroups(groups)
    assert text == "65534\n65533\n65533\n"


def test_answers_in_parallel_keep_their_order_and_their_bound():
    released = threading.Event()

    def slow(item):
        if item == "never":
            released.wait()
        return item

    assert in_parallel(slow, ["a", "never", "b"], 0.3) == ["a", None, "b"]
    released.set()
    assert in_parallel(str, [], 1) == []
    assert in_parallel(str, range(100), 5) == [str(n) for n in range(100)]


def test_what_never_answers_does_not_keep_the_program_alive():
    script = """import time
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
assert in_parallel(lambda item: time.sleep(600), [1], 0.1) == [None]
"""
    paths = os.environ["ANSIBLE_COLLECTIONS_PATH"]
    subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": paths}, check=True,
                   timeout=60)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_names():
    found = look_up(["localhost", "no502.invalid", "a" * 300, "\udce9"])
    assert "127.0.0.1" in found.pop("localhost")
    assert list(found.values()) == [[], [], []]
