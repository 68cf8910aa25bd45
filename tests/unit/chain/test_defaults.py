# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nginx and Node do where nothing is written, by version."""
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values
from ansible_collections.no502.node.plugins.module_utils.node import server_settings
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, unknown
from ansible_collections.no502.node.plugins.plugin_utils.chain.defaults import (
    nginx as nginx_defaults,
    node as node_defaults,
)

from .conftest import built, host, live, node, route

STOCK = "upstream app { server 10.0.0.6:3000; } server { location / { proxy_pass http://app; } }"


def of(nginx, http, version, **reading):
    """The document of the one route of that configuration."""
    read = {**nginx(http, version), **reading}
    return route(built({"lb1": host("10.0.0.5", nginx=[read])}))


@pytest.mark.parametrize("version, keepalive, http, connection", [
    ((1, 22, 1), 0, "1.0", "close"),
    ((1, 28, 3), 0, "1.0", "close"),
    ((1, 29, 6), 0, "1.0", "close"),
    ((1, 29, 7), 32, "1.1", ""),
    ((1, 30, 6), 32, "1.1", ""),
])
def test_a_named_upstream_pools_from_1_29_7_on(nginx, version, keepalive, http, connection):
    document = of(nginx, STOCK, version)
    assert document["upstream"]["keepalive"]["value"] == keepalive
    assert document["settings"]["proxy_http_version"]["value"] == http
    assert document["settings"]["connection_header"]["value"] == connection
    assert document["upstream"]["keepalive"]["origin"] == "default"
    assert ".".join(map(str, version)) in document["upstream"]["keepalive"]["source"]


def test_what_depends_on_a_version_that_is_not_known_is_unknown(nginx):
    document = of(nginx, STOCK, None)
    assert document["upstream"]["keepalive"]["origin"] == "unknown"
    assert document["settings"]["proxy_http_version"]["origin"] == "unknown"
    assert document["settings"]["proxy_read_timeout"]["value"] == 60_000


def test_a_default_is_unknown_where_not_everything_was_read(nginx):
    document = of(nginx, STOCK, (1, 30, 6), complete=False)
    assert document["settings"]["proxy_read_timeout"]["origin"] == "unknown"
    assert document["upstream"]["keepalive"]["origin"] == "unknown"


def test_what_is_written_comes_before_the_default(nginx):
    document = of(nginx, """
        proxy_read_timeout 65s;
        upstream app { server 10.0.0.6:3000; keepalive 8; keepalive_timeout 4s; }
        server { location / { proxy_pass http://app; proxy_http_version 1.0; } }
    """, (1, 30, 6))
    assert document["settings"]["proxy_read_timeout"]["value"] == 65_000
    assert document["settings"]["proxy_read_timeout"]["source"].endswith("nginx.conf:4")
    assert document["settings"]["proxy_http_version"]["value"] == "1.0"
    assert document["upstream"]["keepalive"]["value"] == 8
    assert document["upstream"]["keepalive_timeout"]["value"] == 4_000


@pytest.mark.parametrize("version, survives", [((1, 22, 1), False), ((1, 30, 6), True)])
def test_a_balancer_below_keepalive_switched_the_pool_off(nginx, version, survives):
    http = STOCK.replace("server 10.0.0.6:3000;", "keepalive 8; least_conn; server 10.0.0.6:3000;")
    value = of(nginx, http, version)["upstream"]["pool_survives_balancer"]
    assert value["value"] is survives


def test_a_balancer_above_keepalive_leaves_it_on(nginx):
    http = STOCK.replace("server 10.0.0.6:3000;", "least_conn; keepalive 8; server 10.0.0.6:3000;")
    assert of(nginx, http, (1, 22, 1))["upstream"]["pool_survives_balancer"]["value"] is True


def test_an_upstream_that_proxy_pass_names_itself_is_none(nginx):
    document = of(nginx, "server { location / { proxy_pass http://10.0.0.6:3000; } }", (1, 30, 6))
    assert document["upstream"] is None
    assert [peer["address"] for peer in document["peers"]] == ["10.0.0.6:3000"]


@pytest.mark.parametrize("version, buffer", [
    ((18, 20, 8), 0), ((20, 17, 0), 0), ((20, 18, 0), 1000), ((20, 20, 2), 1000), ((21, 7, 3), 0),
    ((22, 8, 0), 0), ((22, 9, 0), 1000), ((22, 23, 3), 1000), ((23, 1, 0), 1000),
    ((24, 21, 0), 1000), ((26, 10, 0), 1000),
])
def test_the_buffer_that_node_adds(version, buffer):
    [document] = built({"app1": host("10.0.0.6", nodes=[node(version)])})
    value = document["processes"][0]["settings"]["keep_alive_timeout_buffer"]
    assert (value["value"], value["origin"]) == (buffer, "default")


def test_the_buffer_of_a_version_that_is_not_known_is_unknown():
    [document] = built({"app1": host("10.0.0.6", nodes=[node(None)])})
    value = document["processes"][0]["settings"]["keep_alive_timeout_buffer"]
    assert (value["value"], value["origin"]) == (None, "unknown")


def test_what_node_did_not_say_is_assumed():
    [document] = built({"app1": host("10.0.0.6", nodes=[node(settings={})])})
    settings = document["processes"][0]["settings"]
    assert settings["keep_alive_timeout"]["value"] == 5_000
    settings.pop("keep_alive_timeout_buffer")
    settings.pop("idle_limit")
    assert {value["origin"] for value in settings.values()} == {"assumed"}


def test_what_node_said_comes_before_all_else():
    said = {"keep_alive_timeout": live(30_000), "keep_alive_timeout_buffer": live(2_000)}
    [document] = built({"app1": host("10.0.0.6", nodes=[node(settings=said)])})
    settings = document["processes"][0]["settings"]
    assert settings["keep_alive_timeout"] == said["keep_alive_timeout"]
    assert settings["keep_alive_timeout_buffer"] == said["keep_alive_timeout_buffer"]


def settings_of(table):
    """The names of all settings that the reader makes of the directives of a table."""
    return {
        setting
        for directive, values in table.items()
        for setting in values(directive, ["1", "1"])
    }


@pytest.mark.parametrize("table, rows", [
    (nginx_values.MAIN, nginx_defaults.MAIN),
    (nginx_values.ROUTE, nginx_defaults.ROUTE),
    (nginx_values.UPSTREAM, nginx_defaults.UPSTREAM),
    (nginx_values.PEER, nginx_defaults.PEER),
])
def test_every_setting_of_nginx_that_is_read_has_a_default_and_no_other(table, rows):
    assert settings_of(table) == set(rows)


def test_every_setting_of_node_that_is_read_has_a_default_and_no_other():
    read = {name for name, *_rest in server_settings.SETTINGS}
    # How many headers it takes, no reader can ask.
    assert set(node_defaults.SETTINGS) == read | {"max_headers_count"}


@pytest.mark.parametrize("version, knows, headers", [
    ((1, 22, 1), {"max_headers": True}, 1000),  # Debian's has it
    ((1, 22, 1), {"max_headers": False}, UNLIMITED),
    ((1, 22, 1), {"max_headers": None}, None),
    ((1, 22, 1), {}, None),
    ((1, 30, 6), {}, 1000),
    ((1, 30, 6), {"max_headers": False}, UNLIMITED),
    (None, {"max_headers": True}, 1000),
    (None, {}, None),
])
def test_what_the_binary_knows_comes_before_its_version(nginx, version, knows, headers):
    value = of(nginx, STOCK, version, knows=knows)["settings"]["max_headers"]
    assert value["value"] == headers
    assert value["origin"] == ("unknown" if headers is None else "default")


@pytest.mark.parametrize("product, version, keepalive", [
    ("openresty", (1, 27, 1, 2), 0),
    ("openresty", (1, 29, 7, 1), 32),
    ("tengine", (3, 1, 0), None),
    ("Angie", (1, 30, 0), None),
])
def test_others_that_count_their_versions_differently(nginx, product, version, keepalive):
    document = of(nginx, STOCK, version, product=product)
    assert document["upstream"]["keepalive"]["value"] == keepalive
    assert product in document["upstream"]["keepalive"]["source"]
    assert document["settings"]["proxy_read_timeout"]["value"] == 60_000


@pytest.mark.parametrize("version, protocols", [
    ((1, 22, 1), ["TLSv1", "TLSv1.1", "TLSv1.2"]),
    ((1, 26, 3), ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
    ((1, 30, 6), ["TLSv1.2", "TLSv1.3"]),
])
def test_the_protocols_of_tls_to_the_peers(nginx, version, protocols):
    assert of(nginx, STOCK, version)["settings"]["proxy_ssl_protocols"]["value"] == protocols


def test_what_is_compiled_in_is_unknown(nginx):
    user = of(nginx, STOCK, (1, 30, 6))["nginx"]["user"]
    assert (user["value"], user["origin"]) == (None, "unknown")
    assert "compiled in" in user["source"]


@pytest.mark.parametrize("written, busy", [
    ("", 8192),
    ("proxy_buffer_size 16k; proxy_buffers 4 16k;", 32768),
    ("proxy_buffers 8 8k;", 16384),
    ("proxy_buffer_size 8k; proxy_busy_buffers_size 24k; proxy_buffers 8 8k;", 24576),
    ("proxy_buffer_size x;", None),
])
def test_busy_buffers_are_twice_the_larger_one(nginx, written, busy):
    settings = of(nginx, written + STOCK, (1, 30, 6))["settings"]
    assert settings["proxy_busy_buffers_size"]["value"] == busy


@pytest.mark.parametrize("written, version, local", [
    ("", (1, 30, 6), True),
    ("keepalive 8;", (1, 30, 6), False),
    ("keepalive 8 local;", (1, 30, 6), True),
    ("", (1, 22, 1), False),
])
def test_a_pool_that_nobody_asked_for_is_one_for_each_location(nginx, written, version, local):
    http = STOCK.replace("server 10.0.0.6:3000;", "server 10.0.0.6:3000;" + written)
    assert of(nginx, http, version)["upstream"]["keepalive_local"]["value"] is local


@pytest.mark.parametrize("timed, limit", [
    (live(6_500), live(6_500)), (unknown("ms", "it was not closed in time"), None), (None, None),
])
def test_how_long_a_timed_connection_was_kept(timed, limit):
    [document] = built({"app1": host("10.0.0.6", nodes=[node(settings={"idle_limit": timed})])})
    assert document["processes"][0]["settings"]["idle_limit"] == limit
