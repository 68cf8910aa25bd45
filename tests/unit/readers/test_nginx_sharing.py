# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large configuration is said in few words, and nothing of it is lost."""
from __future__ import annotations

import copy
import json

from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
from ansible_collections.no502.node.plugins.module_utils.nginx.sharing import share
from ansible_collections.no502.node.plugins.plugin_utils.chain.build import build

HTTP = """proxy_http_version 1.1; proxy_connect_timeout 3s; proxy_read_timeout 65s;
proxy_send_timeout 65s; keepalive_timeout 75s; client_max_body_size 20m; proxy_buffer_size 16k;
proxy_buffers 8 16k; proxy_busy_buffers_size 32k; client_body_timeout 15s; send_timeout 30s;
client_header_timeout 15s; large_client_header_buffers 4 16k; reset_timedout_connection on;
proxy_next_upstream error timeout http_503; proxy_next_upstream_tries 2; resolver 10.0.0.2;
proxy_request_buffering off; client_body_buffer_size 128k; proxy_set_header Host $host;
proxy_set_header X-Real-IP $remote_addr; proxy_set_header Connection "";
server { listen 80 default_server; listen [::]:80 default_server; return 444; }
"""
SERVER = """upstream app%(n)d { server 10.0.0.1:3000; server 10.0.0.2:3000; keepalive 16; }
server { listen 80; listen [::]:80; listen 443 ssl; server_name app%(n)d.example.com;
client_header_timeout 20s; %(more)s
location / { proxy_pass http://app%(n)d; }
location /api/ { proxy_pass http://app%(n)d; proxy_read_timeout 300s; } }
"""


def read(tree, number, more=""):
    servers = "".join(SERVER % {"n": n, "more": more} for n in range(number))
    return read_nginx(tree({"nginx.conf": "http { %s %s }" % (HTTP, servers)}), "/")


def settings(reading):
    inherited = reading.get("inherited", {})
    return {route["id"]: dict(inherited, **route["settings"]) for route in reading["routes"]}


def test_a_small_one_is_left_as_it_is(tree):
    reading = read(tree, 2)
    before = copy.deepcopy(reading)
    share(reading)
    assert reading == dict(before, inherited={})


def test_a_large_one_loses_nothing(tree):
    reading = read(tree, 60)
    before = copy.deepcopy(reading)
    share(reading)
    assert settings(reading) == settings(before)
    assert len(json.dumps(reading)) < 0.6 * len(json.dumps(before))
    assert "proxy_next_upstream" in reading["inherited"]
    # Half of the routes have another; what most have is taken, and the others keep their own.
    assert {route["settings"].get("proxy_read_timeout", {}).get("value")
            for route in reading["routes"]} <= {None, 300000, 65000}


def test_the_chain_is_the_same(tree):
    def documents(reading):
        host = {"host": {"addresses": ["127.0.0.1"]}, "nginx": [reading], "node": [],
                "listeners": [], "problems": []}
        return [each for each in build({"lb": host}, options={"today": "2026-11-21"})
                if each["kind"] == "route"]

    reading = read(tree, 60)
    whole = documents(copy.deepcopy(reading))
    share(reading)
    assert reading["inherited"] and documents(reading) == whole


def test_what_one_route_has_not_is_not_shared(tree):
    reading = read(tree, 60)
    del reading["routes"][7]["settings"]["proxy_next_upstream"]
    share(reading)
    assert "proxy_next_upstream" not in reading["inherited"]
    assert "proxy_next_upstream" in reading["routes"][0]["settings"]


def test_a_hundred_routes_fit(tree):
    reading = read(tree, 100, "proxy_ssl_verify off; proxy_ssl_server_name on; max_headers 99;")
    share(reading)
    assert len(reading["routes"]) == 200
    assert len(json.dumps(reading)) <= 32 * 1024 + 200 * 4 * 1024


def test_names_by_the_thousand(tree):
    names = " ".join("customer%d.example.com" % n for n in range(3000))
    reading = read(tree, 1, "server_name %s;" % names)
    share(reading)
    server = reading["servers"][1]
    assert (len(server["names"]), server["more_names"]) == (32, 3001 - 32)
    assert len(json.dumps(reading)) <= 64 * 1024


def test_servers_that_proxy_nothing(tree):
    text = "".join("server { listen 80; listen [::]:80; server_name s%d.example.com; return 301 /; }"
                   % n for n in range(500))
    reading = read_nginx(tree({"nginx.conf": "http { %s }" % text}), "/")
    share(reading)
    assert reading["servers"][0]["listens"][0]["default_server"]
    assert reading["more_servers"] == 499
    assert len(json.dumps(reading)) <= 32 * 1024
