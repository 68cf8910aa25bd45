# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening sockets and their holders, with real sockets."""
from __future__ import annotations

import os
import select
import socket

import pytest

from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets, waits_on
from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes
from ansible_collections.no502.node.plugins.module_utils.host.sock_diag import tcp_listeners


def seen():
    sockets = Sockets()
    sockets.find_holders([os.getpid()])
    return sockets


@pytest.mark.parametrize("family, address", [
    (socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"),
    (socket.AF_INET6, "::1"), (socket.AF_INET6, "::"),
])
def test_tcp(family, address):
    with socket.socket(family) as listener:
        listener.bind((address, 0))
        wanted = {"address": address, "port": listener.getsockname()[1]}
        assert wanted not in seen().of(os.getpid())
        listener.listen()
        assert wanted in seen().of(os.getpid())


@pytest.mark.parametrize("name", ["a.sock", "with blank.sock", "caf\udce9.sock"])
def test_unix(tmp_path, name):
    path = str(tmp_path / name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert {"path": path} in seen().of(os.getpid())


def test_a_unix_socket_with_a_relative_path_is_as_it_was_bound(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("relative.sock")
        listener.listen()
        assert {"path": "relative.sock"} in seen().of(os.getpid())


@pytest.mark.parametrize("v6only, told", [(0, {}), (1, {"v6only": True})])
def test_whether_a_wildcard_of_ipv6_takes_ipv4(v6only, told):
    with socket.socket(socket.AF_INET6) as listener:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
        listener.bind(("::", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert {"address": "::", "port": port, **told} in seen().of(os.getpid())


def test_a_datagram_and_a_nameless_socket_do_not_count(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one, \
            socket.socket(socket.AF_UNIX) as other:
        one.bind(str(tmp_path / "d.sock"))
        other.bind("\0no502-test")
        other.listen()
        assert not any(str(tmp_path) in str(each) or "no502-test" in str(each)
                       for each in seen().of(os.getpid()))


def test_entries_name_the_process():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        found = all_processes()
        sockets = seen()
        (entry,) = [each for each in sockets.entries(found) if each.get("port") == port]
        assert entry["pid"] == os.getpid()
        assert entry["process"] == found[os.getpid()].program


def test_a_socket_that_nobody_we_see_holds():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        (entry,) = [each for each in Sockets().entries({}) if each.get("port") == port]
        assert (entry["pid"], entry["process"]) == (None, None)


@pytest.mark.parametrize("family, address", [
    (socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"),
])
def test_how_many_connections_may_wait(family, address):
    with socket.create_server((address, 0), family=family, backlog=77) as listener:
        inode = os.fstat(listener.fileno()).st_ino
        assert tcp_listeners()[inode]["backlog"] == 77
    assert inode not in tcp_listeners()


def test_who_waits_for_connections():
    with socket.create_server(("127.0.0.1", 0)) as listener, select.epoll() as waiting:
        inode = os.fstat(listener.fileno()).st_ino
        assert waits_on(os.getpid(), inode) is False
        waiting.register(listener.fileno())
        assert waits_on(os.getpid(), inode) is True
    assert waits_on(2 ** 22 + 1, inode) is None
