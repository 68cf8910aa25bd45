# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node stands behind an address of nginx."""
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.plugin_utils.chain.peers import Fleet

from .conftest import host, listener, node


def found(readings, address="10.0.0.6", port=3000):
    """What nginx on lb1 reaches there."""
    return Fleet({"lb1": host("10.0.0.5"), **readings}).behind("lb1", address, port)


@pytest.mark.parametrize("listening, address", [
    ("0.0.0.0", "10.0.0.6"),
    ("10.0.0.6", "10.0.0.6"),
    ("::", "10.0.0.6"),  # Node's default takes both
    ("::", "fd00::6"),
    ("fd00::6", "FD00:0::6"),
    ("::ffff:10.0.0.6", "10.0.0.6"),
    ("fe80::6%eth0", "fe80::6"),
])
def test_a_node_that_listens_there(listening, address):
    app1 = host("10.0.0.6", "fd00::6", "fe80::6%eth0", nodes=[node(address=listening)])
    result = found({"app1": app1}, address)
    assert (result.state, result.host, len(result.nodes)) == ("node", "app1", 1)


@pytest.mark.parametrize("listening, address", [
    ("127.0.0.1", "10.0.0.6"),
    ("0.0.0.0", "fd00::6"),
    ("10.0.0.7", "10.0.0.6"),
])
def test_a_node_that_listens_elsewhere(listening, address):
    app1 = host("10.0.0.6", "10.0.0.7", "fd00::6", nodes=[node(address=listening)])
    assert found({"app1": app1}, address).state == "silent"


def test_another_port_is_silent():
    assert found({"app1": host("10.0.0.6", nodes=[node()])}, port=3001).state == "silent"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "10.0.0.5"])
def test_loopback_and_its_own_addresses_are_the_nginx_host(address):
    listening = "::" if ":" in address else "0.0.0.0"
    readings = {"lb1": host("10.0.0.5", nodes=[node(address=listening)]), "app1": host("10.0.0.6")}
    result = Fleet(readings).behind("lb1", address, 3000)
    assert (result.state, result.host) == ("node", "lb1")


def test_an_address_that_the_nginx_host_shares_is_its_own():
    readings = {"lb1": host("172.17.0.1"), "app1": host("172.17.0.1", nodes=[node()])}
    assert Fleet(readings).behind("lb1", "172.17.0.1", 3000).state == "silent"


def test_an_address_of_two_other_hosts_cannot_be_told():
    result = found({"app1": host("10.0.0.6", nodes=[node()]), "app2": host("10.0.0.6")})
    assert result.state == "unread"
    assert "app1" in result.reason and "app2" in result.reason


def test_a_host_that_was_not_read():
    result = found({"app1": None})
    assert result.state == "unread"
    assert "10.0.0.6" in result.reason and "app1" in result.reason


def test_the_most_specific_listener_is_the_one():
    app1 = host("10.0.0.6", nodes=[node(pid=1), node(pid=2, address="10.0.0.6")])
    assert [each["pid"] for each in found({"app1": app1}).nodes] == [2]


def test_a_specific_stranger_hides_a_node_on_the_wildcard():
    app1 = host("10.0.0.6", nodes=[node()],
                listeners=[listener(), listener("10.0.0.6", pid=5, process="haproxy")])
    assert found({"app1": app1}).state == "other"


def test_several_processes_on_one_socket_are_all_there():
    app1 = host("10.0.0.6", nodes=[node(pid=1), node(pid=2)])
    assert [each["pid"] for each in found({"app1": app1}).nodes] == [1, 2]


def test_one_that_drains_is_left_out_while_another_takes_its_place():
    old, new = node(pid=1, guard={"draining": True}), node(pid=2, guard={"draining": False})
    assert found({"app1": host("10.0.0.6", nodes=[old, new])}).nodes == (new,)
    assert found({"app1": host("10.0.0.6", nodes=[old])}).nodes == (old,)


def test_a_socket_of_systemd_that_node_has_taken():
    app1 = host("10.0.0.6", nodes=[node()], listeners=[listener(pid=1, process="systemd")])
    assert found({"app1": app1}).state == "node"


@pytest.mark.parametrize("stranger, state", [
    (listener(process="python3"), "other"),
    (listener(process="systemd", pid=1), "unread"),  # the process comes with the first request
    (listener(process="node"), "unread"),  # a Node whose time-outs nobody read
    (listener(process=None, pid=None), "unread"),
])
def test_a_listener_that_is_no_node_of_the_reading(stranger, state):
    assert found({"app1": host("10.0.0.6", listeners=[stranger])}).state == state


def test_no_listener_is_silent_only_where_all_were_read():
    left_out = [{"subject": "listeners", "reason": "300 are left out"}]
    assert found({"app1": host("10.0.0.6", problems=left_out)}).state == "unread"
    assert found({"app1": {**host("10.0.0.6"), "listeners": None}}).state == "unread"


def test_a_unix_socket_is_on_the_nginx_host():
    app = node(listens=[{"path": "/run/shop.sock"}])
    lb1 = host("10.0.0.5", nodes=[app], listeners=[{"path": "/run/shop.sock", "process": "node"}])
    result = Fleet({"lb1": lb1}).behind("lb1", "unix:/run/shop.sock", None)
    assert (result.state, result.host) == ("node", "lb1")
    assert Fleet({"lb1": lb1}).behind("lb1", "unix:/run/blog.sock", None).state == "silent"
