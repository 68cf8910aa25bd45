# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of the host that lead into a container."""
from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest

from ansible_collections.no502.node.plugins.module_utils.node import published
from ansible_collections.no502.node.plugins.module_utils.node.discovery import Application

OUTSIDE = {"address": "0.0.0.0", "port": 8080}


def proxy(*arguments, program="docker-proxy"):
    cmdline = b"\0".join(each.encode() for each in arguments) + b"\0"
    return SimpleNamespace(pid=5, program=program, cmdline=cmdline)


def container(pid, *ports):
    listens = [{"address": "::", "port": each} for each in ports]
    return Application(SimpleNamespace(pid=pid), [], listens, foreign=True)


def held(process, listen):
    return {process.pid: process}, SimpleNamespace(listening={77: listen}, holders={77: [5]})


@pytest.mark.parametrize("address, port, found", [
    ("10.88.0.4", "3001", [(OUTSIDE, 1)]), ("10.88.0.4", "3002", []), ("10.88.0.5", "3001", []),
])
def test_dockers_proxy_says_where_it_leads(monkeypatch, address, port, found):
    monkeypatch.setattr(published, "ipv4_addresses", lambda pid: ["10.88.0.4"])
    app = container(1, 3000, 3001)
    holder = proxy("/usr/bin/docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port",
                   "8080", "-container-ip", address, "-container-port", port)
    published.publish([app], *held(holder, OUTSIDE))
    assert app.published == found


@pytest.mark.parametrize("program, connect, leads", [
    ("conmon", True, True), ("conmon", False, False), ("haproxy", True, False),
])
def test_where_a_connection_comes_out(program, connect, leads):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = {"address": "127.0.0.1", "port": listener.getsockname()[1]}
        # It comes out in this very network: the namespace is not what is tested here.
        app = container("self", 1, listen["port"])
        published.publish([app], *held(proxy("x", program=program), listen), connect=connect)
        assert app.published == ([(listen, 1)] if leads else [])


def test_one_connection_that_fits_may_be_chance(monkeypatch):
    peers_of = published.peers_of
    monkeypatch.setattr(published, "peers_of", lambda *where: set(list(peers_of(*where))[:1]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = {"address": "127.0.0.1", "port": listener.getsockname()[1]}
        app = container("self", listen["port"])
        published.publish([app], *held(proxy("x", program="conmon"), listen))
        assert app.published == []


def test_a_port_that_leads_elsewhere():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = {"address": "127.0.0.1", "port": listener.getsockname()[1]}
        app = container("self", 1, 2)
        published.publish([app], *held(proxy("x", program="conmon"), listen))
        assert app.published == []
