# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks that cannot be entered."""
from __future__ import annotations

import ctypes
import os
import socket
import sys

import pytest

from ansible_collections.no502.node.plugins.module_utils.host import network_namespace


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch):
    monkeypatch.setattr(network_namespace, "is_ours", lambda pid: False)


def test_a_python_that_is_built_without_ctypes(monkeypatch):
    monkeypatch.setitem(sys.modules, "ctypes", None)
    with pytest.raises(OSError, match="its network may not be entered"):
        network_namespace.socket_in(os.getpid(), socket.AF_INET)


def test_a_c_library_without_setns(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda *_arguments, **_named: object())
    with pytest.raises(OSError, match="its network may not be entered"):
        network_namespace.socket_in(os.getpid(), socket.AF_INET)


def test_a_process_that_is_gone():
    with pytest.raises(FileNotFoundError):
        network_namespace.socket_in(2 ** 22 + 1, socket.AF_INET)
