# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to stand behind nginx's peers is what answers there, whoever reads."""
from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), *os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")]
import fleet  # noqa: E402
from ansible_collections.no502.node.plugins.plugin_utils.chain.build import build  # noqa: E402
from cases import BY_MAP, CASES, OF_NOBODY  # noqa: E402

READ = HERE.parent / "files/read.yml"
OTHERS = dict.fromkeys(["/by-map", "/by-map?to=other", "/literal"], 4)


@pytest.fixture(scope="module")
def addresses(hosts):
    """The address of each host on the network of all; the programs run there by then."""
    found = {name: host.check_output("getent ahostsv4 %s", name).split()[0]
             for name, host in hosts.items()}
    fleet.start(hosts, found)
    return found


@pytest.fixture(scope="module")
def read(addresses, play, tmp_path_factory):
    """Has chain_info read all hosts as a user: host -> reading."""
    def read_as(reader):
        out = tmp_path_factory.mktemp("readings") / "found.json"
        done = play(READ, reader=reader, out=str(out))
        assert done.code == 0, done.output
        found = json.loads(out.read_text("utf-8"))
        assert sorted(found["readings"]) == sorted(addresses), found["unread"]
        return found["readings"]
    return read_as


@pytest.fixture(scope="module")
def readings(read):
    """What root reads."""
    return read("root")


@pytest.fixture(scope="module")
def joined(readings):
    """What root's readings are joined to: path -> peers."""
    return by_path(readings)


@pytest.fixture(scope="module")
def joined_of_nobody(read):
    """The same of what an unprivileged user reads."""
    return by_path(read("nobody"))


@pytest.fixture(scope="module")
def answers(hosts, readings):
    """Who answers nginx, asked when all has been read: a question may start a program."""
    assert readings
    return fleet.answers(hosts["lb1"],
                         {f"/{case.name}": case.asked for case in CASES} | OTHERS)


def by_path(readings):
    """The peers of each route; where several processes have an address, each is a peer."""
    return {document["route"].split("= ")[-1]: document["peers"]
            for document in build(readings) if document["kind"] == "route"}


def by_address(peers):
    """The peers of each address of a route."""
    return {peer["address"]: [each for each in peers if each["address"] == peer["address"]]
            for peer in peers}


def said(peer):
    """What a peer was joined with, as cases have it."""
    return f"{peer['state']} {peer['host']}" if peer["host"] else peer["state"]


def answering(peers):
    """Who is said to answer at the peers of an address."""
    return {f"{peer['host']} {peer['node']['pid']}" for peer in peers}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_peers_of_an_upstream(case, joined, addresses):
    peers = joined[f"/{case.name}"]
    assert {peer["address"]: said(peer) for peer in peers} == {
        fleet.located(address, addresses): state for address, state in case.peers.items()}
    reasons = [peer["reason"] for peer in peers if peer["state"] == "unread"]
    assert all(word in reason for reason in reasons for word in case.reason)
    assert bool(reasons) == bool(case.reason)


@pytest.mark.parametrize("case", [case for case in CASES if case.asked], ids=lambda case: case.name)
def test_is_what_answers_there(case, joined, answers):
    """nginx itself is asked; a peer that was joined with nothing takes no connection."""
    truth = answers[f"/{case.name}"]
    peers = by_address([peer for peer in joined[f"/{case.name}"] if peer["state"] != "down"])
    assert set(truth) == set(peers)
    for address, who in truth.items():
        (state,) = {peer["state"] for peer in peers[address]}
        if state == "silent":
            assert who == {"502"}
        elif state == "other" or case.name == "mute":
            assert who == {"504"}
        elif state == "node":
            assert who == answering(peers[address])


@pytest.mark.parametrize("path, upstream", [
    ("/by-map", BY_MAP[0]), ("/by-map?to=other", BY_MAP[1])])
def test_a_variable_comes_to_upstreams(path, upstream, joined, answers):
    peers = joined[f"/by-map to {upstream}"]
    assert peers == joined[f"/{upstream}"]
    assert {address: answering(there) for address, there in by_address(peers).items()} == (
        answers[path])


def test_proxy_pass_without_an_upstream(joined, answers):
    (peer,) = joined["/literal"]
    assert said(peer) == "node lb1"
    assert answers["/literal"] == {fleet.LITERAL: answering([peer])}


def test_stream_is_kept_apart(joined, readings):
    """Its listener is read, its upstream is no route's."""
    paths = {f"/{case.name}" for case in CASES}
    assert set(joined) == {*paths, *(f"/by-map to {name}" for name in BY_MAP), "/literal"}
    assert 8030 in {listen.get("port") for listen in readings["lb1"]["listeners"]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_reader_without_rights_knows_less_and_nothing_else(case, joined, joined_of_nobody):
    """That nobody listens can be seen by everybody; who does, of one's own processes alone."""
    peers = by_address(joined_of_nobody[f"/{case.name}"])
    for address, of_root in by_address(joined[f"/{case.name}"]).items():
        (state,) = {peer["state"] for peer in of_root}
        seen = state in ("silent", "down") or case.name in OF_NOBODY
        for peer in peers[address]:
            assert peer["state"] == (state if seen else "unread")
            assert bool(peer["reason"]) == (peer["state"] == "unread")
        if seen and state == "node":
            assert answering(peers[address]) == answering(of_root)


@pytest.mark.parametrize("unread, words", [
    ({"app2": None}, "; not read: app2"),  # it could not be reached
    ({}, "no host that was read has the address"),  # it is in no inventory
])
def test_a_host_that_was_not_read(unread, words, readings, answers, addresses):
    others = {name: reading for name, reading in readings.items() if name != "app2"}
    (peer,) = by_path({**others, **unread})["/name"]
    assert said(peer) == "unread"
    assert addresses["app2"] in peer["reason"] and words in peer["reason"]
    (who,) = answers["/name"][peer["address"]]
    assert who.startswith("app2 ")
