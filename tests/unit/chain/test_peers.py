# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which Node stands behind an address of nginx."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError

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


@pytest.mark.parametrize("bound, directory, address", [
    ("/run/shop.sock", None, "unix:/run/shop.sock"),
    ("/run/shop.sock", None, "unix:/var/run/shop.sock"),
    ("/var/run/shop.sock", None, "unix:/run/./shop.sock"),
    ("shop.sock", "/srv/shop", "unix:/srv/shop/shop.sock"),
    ("./run/../shop.sock", "/srv/shop", "unix:/srv/shop/shop.sock"),
])
def test_a_unix_socket_however_it_is_written(bound, directory, address):
    app = node(listens=[{"path": bound}], directory={"path": directory, "deleted": False})
    lb1 = host("10.0.0.5", nodes=[app], listeners=[{"path": bound, "process": "node"}])
    assert Fleet({"lb1": lb1}).behind("lb1", address, None).state == "node"


@pytest.mark.parametrize("bound, address, state", [
    ("shop.sock", "unix:/srv/shop/shop.sock", "unread"),  # of whom is not known
    ("run/../shop.sock", "unix:/srv/shop/shop.sock", "unread"),
    ("/srv/releases/7/shop.sock", "unix:/srv/current/shop.sock", "unread"),  # may be a link
    ("shop.sock", "unix:/srv/shop/blog.sock", "silent"),
    ("/run/shop.sock", "unix:run/shop.sock", "unread"),  # where nginx's leads is not known
    ("/run/shop.sock", "unix:@shop", "unread"),
])
def test_a_unix_socket_whose_place_is_not_known(bound, address, state):
    lb1 = host("10.0.0.5", listeners=[{"path": bound, "process": "python3"}])
    found_there = Fleet({"lb1": lb1}).behind("lb1", address, None)
    assert (found_there.state, found_there.host) == (state, "lb1")


def test_a_socket_for_ipv6_alone_does_not_take_ipv4():
    alone = {**listener("::"), "v6only": True}
    reading = host("10.0.0.6", nodes=[node(listens=[alone])], listeners=[alone])
    assert found({"app1": reading}).state == "silent"
    both = {**alone, "v6only": False}
    reading = host("10.0.0.6", nodes=[node(listens=[both])], listeners=[both])
    assert found({"app1": reading}).state == "node"


@pytest.mark.parametrize("address, state", [("10.0.0.6", "unread"), ("fd00::6", "node")])
def test_a_socket_of_which_is_not_known_whether_it_takes_ipv4(address, state):
    untold = {**listener("::"), "v6only": None}
    reading = host("10.0.0.6", "fd00::6", nodes=[node(listens=[untold])], listeners=[untold])
    assert found({"app1": reading}, address).state == state


def mapped(*mappings, **parts):
    """A host whose inventory declares port mappings."""
    return {**host("10.0.0.6", **parts), "port_mappings": list(mappings)}


NAT = {"address": "203.0.113.7", "port": 8080, "to": 3000}


def test_an_address_that_is_translated():
    result = found({"app1": mapped(NAT, nodes=[node()])}, "203.0.113.7", 8080)
    assert (result.state, result.host) == ("node", "app1")
    assert found({"app1": mapped(NAT, nodes=[node()])}, "203.0.113.7", 8081).state == "unread"
    assert found({"app1": mapped(NAT)}, "203.0.113.7", 8080).state == "silent"
    other = mapped(NAT, listeners=[listener(process="python3")])
    assert found({"app1": other}, "203.0.113.7", 8080).state == "other"


def test_a_port_that_is_mapped_on_the_host_itself():
    reading = mapped({"port": 80, "to": 3000}, nodes=[node(address="127.0.0.1")])
    assert found({"app1": reading}, port=80).state == "node"
    assert found({"app1": reading}, port=3000).state == "silent"


def test_two_hosts_that_declare_the_same():
    result = found({"app1": mapped(NAT, nodes=[node()]), "app2": mapped(NAT)}, "203.0.113.7", 8080)
    assert result.state == "unread"
    assert "app1 and app2" in result.reason


def contained(container="4f2d9c8a1b7e", **parts):
    """A Node process in a container."""
    inside = [{"address": "::", "port": 3000}]
    return node(**{"listens": [], "listens_inside": inside, "container": container, **parts})


@pytest.mark.parametrize("mapping, nodes, state", [
    ({"port": 8080, "to": 3000}, [contained()], "node"),
    ({"port": 8080, "to": 3001}, [contained()], "unread"),
    ({"port": 8080, "to": 3000, "container": "4f2d9c8a1b7e"}, [contained()], "node"),
    ({"port": 8080, "to": 3000, "container": "aaaaaaaaaaaa"}, [contained()], "unread"),
    ({"port": 8080, "to": 3000}, [contained(), contained("aaaaaaaaaaaa", pid=2)], "unread"),
    ({"port": 8080, "to": 3000, "container": "aaaaaaaaaaaa"},
     [contained(), contained("aaaaaaaaaaaa", pid=2)], "node"),
    ({"port": 8080, "to": 3000}, [contained(), node(pid=2)], "unread"),
])
def test_a_container_that_publishes_a_port(mapping, nodes, state):
    assert found({"app1": mapped(mapping, nodes=nodes)}, port=8080).state == state


@pytest.mark.parametrize("listeners", [
    [listener(port=8080, process="docker-proxy")],
    [],  # published by the packet filter alone
])
def test_a_published_port_that_nobody_declared_is_not_told(listeners):
    result = found({"app1": host("10.0.0.6", nodes=[contained()], listeners=listeners)}, port=8080)
    assert result.state == "unread"
    assert "no502_port_mappings" in result.reason


@pytest.mark.parametrize("process", ["docker-proxy", "conmon", "rootlessport"])
def test_a_published_port_of_a_container_in_which_nothing_was_read(process):
    reading = host("10.0.0.6", listeners=[listener(port=8080, process=process)])
    result = found({"app1": reading}, port=8080)
    assert result.state == "unread"
    assert process in result.reason and "8080" in result.reason


def test_a_mapping_that_is_none_is_refused():
    with pytest.raises(InputError, match="no502_port_mappings of app1"):
        found({"app1": mapped({"port": 8080})})


def test_the_workers_of_a_cluster_are_one_process():
    cluster = node(workers=[813, 814], mode="cluster")
    assert len(found({"app1": host("10.0.0.6", nodes=[cluster])}).nodes) == 1


def test_an_address_of_every_host_is_the_nearest_one():
    """Each Debian host has 127.0.1.1, and each with Docker 172.17.0.1."""
    addresses = ["127.0.1.1", "172.17.0.1"]
    readings = {"lb1": host(*addresses, nodes=[node()]), "app1": host(*addresses)}
    for address in addresses:
        assert Fleet(readings).behind("lb1", address, 3000).host == "lb1"


@pytest.mark.parametrize("address, port, state", [
    ("172.17.0.2", 3000, "node"), ("172.17.0.2", 3001, "unread"), ("172.17.0.3", 3000, "unread"),
])
def test_a_container_on_the_nginx_host_by_its_own_address(address, port, state):
    lb1 = host("10.0.0.5", nodes=[contained(addresses_inside=["172.17.0.2"])])
    assert Fleet({"lb1": lb1}).behind("lb1", address, port).state == state
    # Another host does not reach it.
    readings = {"lb1": host("10.0.0.6"), "app1": lb1}
    assert Fleet(readings).behind("lb1", address, port).state == "unread"


def test_what_is_true_of_one_port_only():
    listens = [
        {"address": "::", "port": 3000, "settings": {"headers_timeout": 1}, "protocol": "http"},
        {"address": "::", "port": 3443, "settings": {"headers_timeout": 2}, "protocol": "https"},
    ]
    [found_there] = found({"app1": host("10.0.0.6", nodes=[node(listens=listens)])}, port=3443).nodes
    assert (found_there["settings"], found_there["protocol"]) == ({"headers_timeout": 2}, "https")
