# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that nginx could not bind, though `nginx -t` has nothing against them."""
from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import sockets
from ansible_collections.no502.node.plugins.module_utils.nginx_config.configuration import (
    Address,
    Listen,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused


def listen(host, port=80, ipv6only=True):
    return Listen(Address(host, port), False, False, ipv6only, False, "site.conf:2")


def held(host, port=80, by_nginx=False):
    return sockets.Held(Address(host, port), "apache2 (pid 7)", by_nginx)


def test_a_port_of_another_process_is_refused_by_name(host):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        text = host.refused(host.app(extra="listen %d;" % port))
    assert "app-shop.conf:5: nginx cannot bind *:%d" % port in text
    assert "(pid %d) holds 127.0.0.1:%d" % (os.getpid(), port) in text


def test_a_single_address_beside_nginxs_own_wildcard_is_refused(host):
    """A reload would have to close the one before it could bind the other."""
    host.write("conf.d/other.conf", "")
    text = host.refused(host.app(listen="127.0.0.1:%d" % host.port))
    assert "while it holds *:%d itself" % host.port in text


def test_nginxs_own_addresses_are_no_collision(host):
    assert host.stage()["generation"]


@pytest.mark.parametrize("wanted, taken", [
    (listen("0.0.0.0"), held("0.0.0.0")),
    (listen("0.0.0.0"), held("127.0.0.1")),
    (listen("10.0.0.5"), held("0.0.0.0")),
    (listen("::"), held("::1")),
    (listen("::", ipv6only=False), held("127.0.0.1")),
    (listen("10.0.0.5"), held("0.0.0.0", by_nginx=True)),
    (listen("0.0.0.0"), held("10.0.0.5", by_nginx=True)),
])
def test_collisions(wanted, taken):
    with pytest.raises(Refused):
        sockets.check([wanted], [taken])


@pytest.mark.parametrize("wanted, taken", [
    (listen("0.0.0.0"), held("0.0.0.0", port=81)),
    (listen("10.0.0.5"), held("10.0.0.6")),
    (listen("::"), held("0.0.0.0")),
    (listen("0.0.0.0"), held("0.0.0.0", by_nginx=True)),
])
def test_no_collisions(wanted, taken):
    sockets.check([wanted], [taken])


def test_beside_a_wildcard_a_single_address_is_not_bound():
    """nginx opens one socket for both, so that its own wildcard is in nobody's way."""
    sockets.check([listen("0.0.0.0"), listen("10.0.0.5")], [held("0.0.0.0", by_nginx=True)])
