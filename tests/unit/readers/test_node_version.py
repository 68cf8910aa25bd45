# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a Node: of the file that runs, asked or read."""
from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.processes import Process
from ansible_collections.no502.node.plugins.module_utils.node import version

from .conftest import wait_until


@pytest.fixture
def real(node_program):
    text = subprocess.run([node_program, "--version"], stdout=subprocess.PIPE, check=True).stdout
    return version.numbers(text.decode())


@pytest.fixture
def running(background, node_program, tmp_path):
    """A copy of Node that runs, and its file."""
    program = tmp_path / "node"
    shutil.copy(node_program, program)
    process = background(str(program), "-e", "setInterval(() => {}, 1000)")
    wait_until(lambda: Process(process.pid).binary == str(program), "it runs")
    return process, program


def test_the_program_that_runs_is_asked_not_what_replaced_it(running, real):
    process, program = running
    program.unlink()
    program.write_text("#!/bin/sh\necho v1.2.3\n")
    program.chmod(0o755)
    assert version.Versions().of(Process(process.pid)) == (real, None)


def test_the_first_is_asked_at_once_and_only_once(running, real, monkeypatch):
    process, _program = running
    versions = version.Versions(Process(process.pid))
    monkeypatch.setattr(version, "Question", None)
    assert versions.of(Process(process.pid)) == (real, None)
    assert versions.of(Process(process.pid)) == (real, None)
    versions.drop()


def test_two_files_that_had_one_path(background, tmp_path, monkeypatch):
    monkeypatch.setattr(version, "shares_root", lambda pid: False)
    program, ran = tmp_path / "node", []
    for number in (b"24.1.0", b"22.2.0"):
        content = open(shutil.which("sleep"), "rb").read()
        program.write_bytes(content + b"/node-v%s.tar.gz" % number)
        program.chmod(0o755)
        ran.append(background(str(program), "60"))
        wait_until(lambda: Process(ran[-1].pid).name == "node", "it runs")
        program.unlink()
    processes = [Process(each.pid) for each in ran]
    assert processes[0].exe == processes[1].exe == "%s (deleted)" % program
    versions = version.Versions()
    assert [versions.of(each)[0] for each in processes] == [[24, 1, 0], [22, 2, 0]]


def test_who_was_asked_and_is_not_wanted_is_ended(background, tmp_path):
    shutil.copy(shutil.which("sleep"), tmp_path / "node")
    process = background(str(tmp_path / "node"), "60")
    wait_until(lambda: Process(process.pid).name == "node", "it runs")
    versions = version.Versions(Process(process.pid))
    question = next(iter(versions._asked.values()))
    asked = question._process
    versions.drop()
    assert asked.returncode is not None


def test_a_program_under_a_root_of_its_own_is_read_and_not_run(running, real, monkeypatch):
    process, program = running
    monkeypatch.setattr(version, "shares_root", lambda pid: False)
    monkeypatch.setattr(version, "Question", None)
    assert version.Versions().of(Process(process.pid)) == (real, None)
    gone = Process(process.pid)
    process.kill()
    process.wait()
    found, reason = version.Versions().of(gone)
    assert found is None and reason == "its program cannot be read: No such file or directory"


@pytest.mark.parametrize("before", [0, 100, 2 ** 20 - 10, 2 ** 20 + 5, 3 * 2 ** 20 - 30])
def test_a_version_wherever_it_lies_in_the_file(tmp_path, before):
    program = tmp_path / "node"
    program.write_bytes(b"x" * before + b"https://x/node-v24.21.0.tar.gz\0" + b"y" * 100)
    assert version._in_file(str(program), 5) == ([24, 21, 0], None)


def test_a_program_without_a_version(tmp_path):
    program = tmp_path / "node"
    program.write_bytes(b"node-v24.21.0-headers.tar.gz" * 1000)
    found, reason = version._in_file(str(program), 5)
    assert found is None and "does not hold its version" in reason


def test_one_that_does_not_answer_leaves_the_others_some_time(background, tmp_path, monkeypatch):
    monkeypatch.setattr(version, "MAX_SECONDS", 0.5)
    copies = []
    for name in ("one", "two"):
        shutil.copy(shutil.which("sleep"), tmp_path / name)
        copies.append(background(str(tmp_path / name), "60"))
    wait_until(lambda: all(Process(each.pid).name in ("one", "two") for each in copies), "both run")

    class Slow:
        """A question whose answer takes longer than all may take."""

        def __init__(self, *_arguments):
            pass

        def answer(self, _seconds):
            version.time.sleep(0.6)
            return None, "x"

    monkeypatch.setattr(version, "Question", Slow)
    versions = version.Versions()
    assert [versions.of(Process(each.pid))[1] for each in copies] \
        == ["x", "its version is not asked for: others took all of the time"]
    assert versions.of(Process(os.getpid()))[0] is None


@pytest.mark.parametrize("text, found", [
    ("v24.21.0\n", [24, 21, 0]), ("v24.21", None), ("", None), (None, None), ("24.21.0", None),
])
def test_what_node_says_of_itself(text, found):
    assert version.numbers(text) == found
