# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings in, documents out, and what the policies make of well-known set-ups."""
from __future__ import annotations

import json
import pathlib

import jsonschema
import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision

from .conftest import TODAY, built, host, live, node, route

SCHEMAS = pathlib.Path(__file__).resolve().parents[3] / "policies" / "schema"
STOCK = "upstream app { server 127.0.0.1:3000; } server { location / { proxy_pass http://app; } }"
APPS = {"shop": {
    "name": "shop", "state": "present", "nginx_hosts": ["lb1"], "node_hosts": ["lb1"],
    "server_names": ["shop.example.com"], "path": "/", "longest_request": 60_000,
    "edge": {"kind": "aws_alb", "idle_timeout": 120_000, "response_limit": 120_000, "layer": 7},
}}


def on_one_host(nginx, http=STOCK, version=(1, 30, 6), **parts):
    """The readings of a host with nginx in front of one Node."""
    return {"lb1": host("10.0.0.5", nodes=[node(**parts)], nginx=[nginx(http, version)])}


def fits(documents):
    """Check documents against their schemas."""
    for document in documents:
        schema = json.loads((SCHEMAS / f"{document['kind']}.json").read_text(encoding="utf-8"))
        jsonschema.validate(document, schema)


def worst(documents, engine):
    """The results of a decision that are no pass, the worst first."""
    results = decision.decide(documents, engine)["results"]
    return [result for result in results if result["status"] in ("fail", "unknown")]


def test_stock_trixie_and_forky_loses_requests_at_the_idle_limit(nginx, engine):
    first = worst(built(on_one_host(nginx)), engine)[0]
    assert (first["rule"], first["severity"]) == ("timeouts.node_outlives_nginx", "error")
    assert (first["has"], first["needs"]) == (6_000, 61_000)


def test_stock_bookworm_loses_nothing(nginx, engine):
    readings = host("10.0.0.5", nodes=[node((18, 20, 4))], nginx=[nginx(STOCK, (1, 22, 1))])
    found = worst(built({"lb1": readings}), engine)
    assert [result["rule"] for result in found if result["severity"] == "error"] == []


def test_a_node_that_says_nothing_is_unknown_not_failed(nginx, engine):
    found = worst(built(on_one_host(nginx, settings={})), engine)
    race = [result for result in found if result["rule"] == "timeouts.node_outlives_nginx"]
    assert [result["status"] for result in race] == ["unknown"]


@pytest.mark.parametrize("http", [
    STOCK,
    "server { location / { proxy_pass http://127.0.0.1:3000; } }",
    "server { location / { proxy_pass http://unix:/run/shop.sock; } }",
    "server { location / { set $to app; proxy_pass http://$to; } }",
    STOCK.replace("127.0.0.1:3000;", "127.0.0.1:3000 down;"),
    STOCK.replace("127.0.0.1:3000;", "10.9.9.9:3000; server 10.0.0.5:3001 backup;"),
])
@pytest.mark.parametrize("version", [(1, 22, 1), (1, 30, 6), None])
def test_documents_fit_their_schemas(nginx, http, version):
    unit = {"name": "shop.service", "timeout_stop": live(90_000)}
    guard = {"version": "1.0.0", "release": "x", "draining": False, "idle_grace": live(11_000)}
    fits(built(on_one_host(nginx, http, version), APPS))
    fits(built(on_one_host(nginx, http, version, unit=unit, guard=guard), APPS))


@pytest.mark.parametrize("http, states", [
    (STOCK, ["node"]),
    ("server { location / { set $to app; proxy_pass http://$to; } }", ["unread"]),
    (STOCK.replace("127.0.0.1:3000;", "127.0.0.1:3000 down; server 127.0.0.1:3001;"),
     ["down", "silent"]),
])
def test_the_states_of_peers(nginx, http, states):
    document = route(built(on_one_host(nginx, http)))
    assert [peer["state"] for peer in document["peers"]] == states


def test_what_the_inventory_declares_belongs_to_the_route_with_that_name(nginx):
    http = """
        upstream app { server 127.0.0.1:3000; }
        server { server_name shop.example.com; location / { proxy_pass http://app; } }
        server { server_name blog.example.com; location / { proxy_pass http://app; } }
        server { server_name shop.example.com; location /admin { proxy_pass http://app; } }
    """
    documents = [each for each in built(on_one_host(nginx, http), APPS) if each["kind"] == "route"]
    assert [document["app"] for document in documents] == ["shop", None, None]
    assert documents[0]["declared"]["longest_request"]["value"] == 60_000
    assert documents[0]["edge"]["idle_timeout"]["origin"] == "declared"
    assert documents[1]["declared"]["longest_request"] is None
    assert documents[1]["edge"] is None


def test_only_what_this_collection_rendered_is_managed(nginx):
    document = route(built(on_one_host(nginx), APPS))
    assert not document["managed"]
    reading = nginx(STOCK)
    reading["routes"][0]["managed"] = "shop"
    document = route(built({"lb1": host("10.0.0.5", nodes=[node()], nginx=[reading])}, APPS))
    assert document["managed"] and document["app"] == "shop"
    assert document["declared"]["longest_request"]["value"] == 60_000


@pytest.mark.parametrize("unit, app", [
    ("no502-shop-3000@a.service", "shop"),
    ("no502-big-shop-3000@b.service", "big-shop"),
    ("shop.service", None),
    ("no502-shop.service", None),
])
def test_a_process_is_managed_by_the_name_of_its_unit(unit, app):
    reading = node(unit={"name": unit, "timeout_stop": live(1)})
    [document] = built({"app1": host("10.0.0.6", nodes=[reading])})
    process = document["processes"][0]
    assert (process["app"], process["managed"], process["name"]) == (app, app is not None, unit)


def test_our_own_variable_leaves_the_connection_open(nginx):
    http = STOCK.replace("proxy_pass http://app;", """
        proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $no502_connection; proxy_pass http://app;""")
    reading = nginx(http)
    unmanaged = route(built({"lb1": host("10.0.0.5", nginx=[reading])}))
    assert unmanaged["connection_header_values"] == [] and unmanaged["upgrades"]
    reading["routes"][0]["managed"] = "shop"
    managed = route(built({"lb1": host("10.0.0.5", nginx=[reading])}))
    assert managed["connection_header_values"] == ["upgrade", ""]


def test_a_host_that_was_not_read_has_no_document(nginx):
    readings = {**on_one_host(nginx), "app2": None}
    assert [document["host"] for document in built(readings)] == ["lb1", "lb1"]


def test_an_absent_app_declares_nothing(nginx):
    reading = nginx(STOCK)
    reading["routes"][0]["managed"] = "shop"
    apps = {"shop": {**APPS["shop"], "state": "absent"}}
    assert route(built({"lb1": host("10.0.0.5", nginx=[reading])}, apps))["edge"] is None


def test_every_document_says_when_and_how_it_is_judged(nginx):
    for document in built(on_one_host(nginx), phase="transition", profile="strict"):
        assert (document["today"], document["phase"], document["profile"]) == (
            TODAY, "transition", "strict")


def test_two_addresses_of_one_host_are_told_apart(nginx):
    http = STOCK.replace("127.0.0.1:3000;", "127.0.0.1:3000; server [::1]:3000;")
    names = [peer["name"] for peer in route(built(on_one_host(nginx, http)))["peers"]]
    assert names == ["lb1:3000 (127.0.0.1:3000)", "lb1:3000 ([::1]:3000)"]


def test_two_processes_on_one_peer_are_two_subjects(nginx):
    reading = host("10.0.0.5", nodes=[node(pid=1), node(pid=2)], nginx=[nginx(STOCK)])
    names = [peer["name"] for peer in route(built({"lb1": reading}))["peers"]]
    assert names == ["lb1:3000 pid 1", "lb1:3000 pid 2"]
