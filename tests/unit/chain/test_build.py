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


def test_what_a_variable_comes_to_is_a_route_each(nginx):
    http = """
        upstream blue { server 10.0.0.5:3000; keepalive 8; } upstream green { server 10.0.0.5:3001; }
        server { location / { proxy_pass http://$to; } }
    """
    reading = nginx(http)
    reading["routes"][0]["pass"].update(upstream=None, candidates=["blue", "green"])
    documents = built({"lb1": host("10.0.0.5", nodes=[node()], nginx=[reading])})
    routes = [document for document in documents if document["kind"] == "route"]
    assert [document["route"].rpartition(" to ")[2] for document in routes] == ["blue", "green"]
    assert [document["upstream"]["name"] for document in routes] == ["blue", "green"]
    assert [document["peers"][0]["state"] for document in routes] == ["node", "silent"]
    fits(documents)


MAPPED = """
    upstream app { server 127.0.0.1:3000; }
    map $host $to { default app; canary 127.0.0.1:3001; dead nowhere.invalid:3000; }
    server { location / { proxy_pass http://$to; } }
"""


def test_what_a_variable_comes_to_besides_upstreams_is_a_route_of_its_own(nginx):
    reading = host("10.0.0.5", nodes=[node(), node(port=3001, pid=813)], nginx=[nginx(MAPPED)])
    documents = built({"lb1": reading})
    fits(documents)
    app, besides = [document for document in documents if document["kind"] == "route"]
    assert app["route"].endswith(" to app")
    assert besides["route"].endswith(" to other addresses")
    assert (besides["upstream"], besides["upstream_known"]) == (None, True)
    assert [(peer["name"], peer["state"]) for peer in besides["peers"]] == [
        ("lb1:3001", "node"), ("nowhere.invalid:3000", "unread")]
    assert besides["peers"][1]["reason"] == "nginx looks nowhere.invalid:3000 up at run time"


def test_a_variable_that_comes_to_one_address_alone(nginx):
    http = MAPPED.replace("default app; ", "").replace("dead nowhere.invalid:3000; ", "")
    document = route(built(on_one_host(nginx, http)))
    assert [(peer["address"], peer["state"]) for peer in document["peers"]] == [
        ("127.0.0.1:3001", "silent")]
    assert not document["route"].endswith("addresses")


@pytest.mark.parametrize("location, known_, status", [
    ("location ~ ^/(?<to>app2?)$ { proxy_pass http://$to; }", False, "unknown"),
    ("location / { proxy_pass http://127.0.0.1:3000; }", True, "fail"),
    ("location / { proxy_pass http://app; }", True, "pass"),
])
def test_a_variable_that_cannot_be_told_may_come_to_a_pool(nginx, engine, location, known_, status):
    http = "upstream app { server 127.0.0.1:3000; } server { %s }" % location
    documents = built(on_one_host(nginx, http))
    fits(documents)
    assert route(documents)["upstream_known"] is known_
    found = decision.decide(documents, engine)["results"]
    assert [result["status"] for result in found
            if result["rule"] == "upstream.connection_reuse"] == [status]


def test_an_upstream_that_the_reading_lacks_is_not_known(nginx):
    reading = nginx(STOCK)
    reading["upstreams"] = []
    document = route(built({"lb1": host("10.0.0.5", nginx=[reading])}))
    assert (document["upstream"], document["upstream_known"]) == (None, False)


@pytest.mark.parametrize("ssl, timeout, buffers", [(False, 5_000, 4), (True, 5_000, 8)])
def test_what_the_default_server_decides(nginx, ssl, timeout, buffers):
    http = STOCK.replace("location", "large_client_header_buffers 8 8k; location", 1)
    reading = nginx(http)
    reading["routes"][0]["before_host"] = {"client_header_timeout": live(5_000)}
    reading["routes"][0]["server"]["listens"] = [{"address": "0.0.0.0", "port": 443, "ssl": ssl}]
    document = route(built({"lb1": host("10.0.0.5", nginx=[reading])}))
    assert document["before_host"]["client_header_timeout"]["value"] == timeout
    assert document["before_host"]["large_client_header_buffers_count"]["value"] == buffers
    assert document["settings"]["client_header_timeout"]["value"] == 60_000


def test_without_a_word_of_the_default_server_it_is_the_routes_own(nginx):
    reading = nginx("client_header_timeout 7s;" + STOCK)
    reading["routes"][0].pop("before_host", None)
    document = route(built({"lb1": host("10.0.0.5", nginx=[reading])}))
    assert document["before_host"]["client_header_timeout"]["value"] == 7_000


def daemon(**app):
    """The reading of a PM2 daemon with one app."""
    return {
        "pid": 800, "user": "deploy", "home": "/home/deploy/.pm2", "version": [7, 0, 4],
        "answers": True, "unit": None, "saved": live(True, None), "problems": [],
        "apps": [{
            "name": "shop", "id": 0, "pid": 812, "mode": "fork", "status": "online",
            "restarts": live(0, "count"), "unstable_restarts": live(0, "count"),
            "settings": {"kill_timeout": live(10_000)}, "node_options": [],
            "instances": {"declared": live(1, "count"), "running": live(1, "count")}, **app,
        }],
    }


def test_what_pm2_keeps(nginx):
    reading = {**on_one_host(nginx)["lb1"], "pm2": [daemon()]}
    documents = built({"lb1": reading})
    fits(documents)
    [app] = documents[0]["pm2_apps"]
    assert (app["name"], app["status"]["value"]) == ("shop in PM2 of deploy", "online")
    assert app["settings"]["kill_timeout"]["value"] == 10_000
    assert app["settings"]["listen_timeout"]["value"] == 3_000
    assert app["settings"]["listen_timeout"]["origin"] == "default"
    assert documents[0]["processes"][0]["pm2_app"] == app
    assert route(documents)["peers"][0]["node"]["pm2_app"] == app


def test_pm2s_app_behind_the_daemon_that_listens_for_it(nginx):
    reading = {**on_one_host(nginx)["lb1"], "pm2": [daemon(pid=900)]}
    supervisor = {"kind": "pm2", "name": "shop", "reason": None, "daemon": 800, "pids": [899, 900]}
    reading["node"] = [{**reading["node"][0], "supervisor": supervisor}]
    documents = built({"lb1": reading})
    [app] = documents[0]["pm2_apps"]
    assert documents[0]["processes"][0]["pm2_app"] == app


def test_an_app_of_pm2_without_a_process_is_there():
    [document] = built({"app1": {**host("10.0.0.5"), "pm2": [daemon(pid=0, status="errored")]}})
    assert document["processes"] == []
    assert [(app["pid"], app["status"]["value"]) for app in document["pm2_apps"]] == [
        (None, "errored")]


def test_a_process_that_no_route_reaches_is_there():
    [document] = built({"app1": host("10.0.0.6", nodes=[node(port=9000)])})
    assert [process["name"] for process in document["processes"]] == ["node pid 812"]


def test_how_nginx_runs(nginx):
    reading = nginx(STOCK)
    reading.update(
        running=True, master={"pid": 1, "started": 5.0},
        workers=[{"pid": 2, "started": 10.0, "shutting_down": True},
                 {"pid": 3, "started": 40.0, "shutting_down": False}],
        disk={"differs": live(True, None), "files": ["/etc/nginx/nginx.conf"],
              "loaded": {"at": 40.0, "generation": "abc"}},
    )
    lb1 = host("10.0.0.5", nginx=[reading])
    lb1["host"]["now"] = 100.5
    document = built({"lb1": lb1})[0]
    fits([document])
    [found] = document["nginx"]
    assert (found["workers"], found["workers_shutting_down"]) == (1, 1)
    assert found["loaded_ago"]["value"] == 60_500
    assert found["disk"]["differs"]["value"] is True
    assert found["disk"]["loaded_generation"] == "abc"


def test_how_a_unit_of_systemd_stands():
    unit = {"name": "shop.service", "restart": "no", "n_restarts": 2, "need_daemon_reload": True,
            "memory_max": live(2**30, "bytes")}
    reading = host("10.0.0.6", nodes=[node(unit=unit, started=40.0)])
    reading["host"]["now"] = 100.0
    [document] = built({"app1": reading})
    fits([document])
    found = document["processes"][0]["unit"]
    names = ("restart", "n_restarts", "need_daemon_reload", "memory_max", "enabled")
    assert [found[name]["value"] for name in names] == ["no", 2, True, 2**30, None]
    assert document["processes"][0]["uptime"]["value"] == 60_000


@pytest.mark.parametrize("unit, said, kind", [
    (None, {"kind": "pm2", "name": "shop"}, "pm2"),
    (None, {"kind": "none", "name": None}, "none"),
    (None, {"kind": "unknown", "reason": "closed to us"}, None),
    (None, None, None),
    ({"name": "shop.service"}, None, "systemd"),
])
def test_who_supervises_a_process(unit, said, kind):
    [document] = built({"app1": host("10.0.0.6", nodes=[node(unit=unit, supervisor=said)])})
    assert document["processes"][0]["supervisor"]["value"] == kind
