# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unix sockets: those that a process sees under a path, and of no other process."""
from __future__ import annotations

import os
import socket
import sys
import time

import pytest

from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint

from .conftest import accepts, wait_until

# Listens on the path that it is told, under a root of its own where one is given.
LISTENER = """
import os, signal, socket, sys
path, root = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX)
if root: os.chroot(root)
listener.bind(path)
listener.listen()
signal.pause()
"""


def connect(path, *holders):
    return Endpoint({"path": path}, holders=holders).connect(time.monotonic() + 5)


@pytest.fixture
def listen(background):
    def start(path, root=""):
        process = background(sys.executable, "-c", LISTENER, path, str(root))
        wait_until(lambda: accepts(str(root) + path), "it listens")
        return process.pid
    return start


def test_the_process_that_listens(listen, tmp_path):
    path = str(tmp_path / "a.sock")
    connect(path, os.getpid(), listen(path)).close()
    connect(path).close()


def test_another_process_that_has_the_path_by_now(listen, tmp_path):
    path = str(tmp_path / "a.sock")
    pid = listen(path)
    with pytest.raises(OSError, match="pid %d listens there now" % pid):
        connect(path, os.getpid())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change its root")
def test_a_path_under_a_root_of_its_own(listen, tmp_path):
    pid = listen("/a.sock", tmp_path)
    with connect("/a.sock", pid) as connection:
        assert connection.family == socket.AF_UNIX
