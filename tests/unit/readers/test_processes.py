# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What /proc says of processes: their program, directory, container and signals."""
from __future__ import annotations

import os
import shutil
import signal
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.host import limits, processes
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

from .conftest import wait_until

GONE = 2 ** 22 + 1
IDENTITY = "1c43d25b5cda0657ec05541a7cd386fdb343689568e1355d119f2c7c16d51222"
OURS = IDENTITY[::-1]


@pytest.mark.parametrize("cgroup, container", [
    ("0::/system.slice/docker-%s.scope\n", IDENTITY),
    ("4:memory:/libpod_parent/libpod-%s/a\n", IDENTITY),
    ("0::/docker/%s\n", IDENTITY),
    ("0::/kubepods.slice/b/cri-containerd-%s.scope\n", IDENTITY),
    ("0::/libpod-" + OURS + "/system.slice/docker-%s.scope\n", IDENTITY),
    ("0::/lxc.payload.shop/system.slice\n", "shop"),
    ("0::/machine.slice/machine-shop.scope/payload\n", "shop"),
    ("0::/system.slice/a.service\n", None),
    ("0::/libpod-" + OURS + "/system.slice/a.service\n", None),
    ("", None),
])
def test_a_container_by_its_cgroup(monkeypatch, cgroup, container):
    cgroups = {2: cgroup.replace("%s", IDENTITY), 1: "0::/libpod-" + OURS + "/init.scope\n"}
    monkeypatch.setattr(processes, "read_text", lambda pid, name: cgroups[pid])
    assert processes.container_of(2) == container


def test_the_program_behind_a_title():
    with subprocess.Popen(["bash", "-c", "exec -a 'x (y) z' sleep 60"]) as child:
        try:
            found = processes.all_processes()[child.pid]
            assert found.parent == os.getpid()
            assert abs(found.started - processes.Process(os.getpid()).started) < 3600
            assert (found.uid, found.gid) == (os.getuid(), os.getgid())
        finally:
            child.kill()


@pytest.fixture
def sleeping(background, tmp_path):
    """Start a copy of `sleep` in a directory; return its process id and both paths."""
    def start():
        program, directory = tmp_path / "my sleep", tmp_path / "work"
        shutil.copy(shutil.which("sleep"), program)
        directory.mkdir()
        process = background(str(program), "60", cwd=directory)
        wait_until(lambda: processes.Process(process.pid).binary == str(program), "it runs")
        return process.pid, program, directory
    return start


def test_a_program_and_a_directory_that_are_removed(sleeping):
    pid, program, directory = sleeping()
    process = processes.Process(pid)
    assert (process.binary, process.binary_deleted) == (str(program), False)
    assert processes.working_directory(pid) == {"path": str(directory), "deleted": False}
    program.unlink()
    directory.rmdir()
    process = processes.Process(pid)
    assert (process.binary, process.binary_deleted) == (str(program), True)
    assert process.program == "my sleep"
    assert processes.working_directory(pid) == {"path": str(directory), "deleted": True}


def test_a_process_that_is_stopped_and_one_that_is_gone(sleeping):
    pid, *_paths = sleeping()
    process = processes.Process(pid)
    assert process.is_there() and not processes.is_stopped(pid)
    os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: processes.is_stopped(pid), "it is stopped")
    process.started -= 60
    assert not process.is_there()
    process.pid = GONE
    assert not process.is_there() and not processes.is_stopped(GONE)
    assert processes.working_directory(GONE) is None


def test_signals_that_have_a_handler(monkeypatch):
    previous = signal.signal(signal.SIGUSR1, lambda *_unused: None)
    try:
        assert processes.catches(os.getpid(), signal.SIGUSR1) is True
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert processes.catches(os.getpid(), signal.SIGUSR1) is False
    assert processes.catches(GONE, signal.SIGUSR1) is None


def test_limits_on_open_files(background):
    script = "ulimit -Sn 300; ulimit -Hn 400; exec sleep 60"
    process = background("bash", "-c", script)
    wait_until(lambda: processes.Process(process.pid).name == "sleep", "it runs")
    soft, hard = limits.open_files(process.pid)
    assert (soft["value"], hard["value"]) == (300, 400)
    assert soft["source"] == "/proc/%d/limits" % process.pid
    assert [each["origin"] for each in limits.open_files(GONE)] == ["unknown", "unknown"]


def test_no_limit_on_open_files(monkeypatch):
    line = "Max open files            1024                 unlimited            files     \n"
    monkeypatch.setattr(limits, "read_text", lambda pid, name: line)
    assert [each["value"] for each in limits.open_files(1)] == [1024, UNLIMITED]
