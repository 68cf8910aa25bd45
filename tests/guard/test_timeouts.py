# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-outs: floors under whatever the code sets, whenever it sets it."""
from __future__ import annotations

import pytest

FLOORS = {"KEEP_ALIVE_MS": 30000, "HEADERS_MS": 70000, "REQUEST_MS": 400000}
OK = "res.end('ok');"


def test_defaults_are_raised(node):
    server = node.serve(OK, **FLOORS).server()
    assert server["requested"] == {
        "keepAliveTimeout": 5000, "headersTimeout": 60000, "requestTimeout": 300000}
    effective = server["effective"]
    assert (effective["keepAliveTimeout"], effective["headersTimeout"],
            effective["requestTimeout"]) == (30000, 70000, 400000)


def test_node_advertises_what_is_in_force(node):
    with node.serve(OK, **FLOORS).connect() as connection:
        assert connection.request().headers["Keep-Alive"] == "timeout=30"


def test_options_are_raised(node):
    app = node.serve(OK, options="{keepAliveTimeout: 1000, headersTimeout: 2000,"
                     " requestTimeout: 3000}", **FLOORS)
    server = app.server()
    assert server["requested"] == {
        "keepAliveTimeout": 1000, "headersTimeout": 2000, "requestTimeout": 3000}
    assert server["effective"]["headersTimeout"] == 70000


def test_higher_values_stay(node):
    app = node.serve(OK, "server.keepAliveTimeout = 72000;", **FLOORS)
    assert app.server()["effective"]["keepAliveTimeout"] == 72000


@pytest.mark.parametrize("value, requested, effective", [
    ("3000", 3000, 30000),
    ("'3000'", 3000, 30000),         # an environment variable: crashes Node 18 and 20
    ("'90000'", 90000, 90000),
    ("Infinity", 2000000000, 2000000000),
    ("0", 0, 0),                     # never
    ("99999.5", 100000, 100000),
])
def test_late_assignment(node, value, requested, effective):
    app = node.serve(OK, f"setTimeout(() => {{ server.keepAliveTimeout = {value}; }}, 50);",
                     **FLOORS)
    status = app.status(lambda s: s["servers"]
                        and s["servers"][0]["requested"]["keepAliveTimeout"] == requested)
    assert status["servers"][0]["effective"]["keepAliveTimeout"] == effective
    with app.connect() as connection:
        assert connection.request().status == 200
        assert connection.request().status == 200


@pytest.mark.parametrize("value", ["'soon'", "NaN", "-1", "null", "undefined", "{}", "''"])
def test_senseless_values_are_refused_and_said(node, value):
    app = node.serve(OK, f"server.keepAliveTimeout = {value};", **FLOORS)
    status = app.status()
    assert status["servers"][0]["effective"]["keepAliveTimeout"] == 30000
    assert any("server.keepAliveTimeout" in problem for problem in status["problems"])
    assert "server.keepAliveTimeout" in app.errors()
    with app.connect() as connection:
        assert connection.request().status == 200


def test_class_fields_do_not_get_past_the_floor(node):
    app = node.start("""
        const http = require('http');
        class Impatient extends http.Server { keepAliveTimeout = 2000; }
        const server = new Impatient((req, res) => res.end('ok'));
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """, **FLOORS).listening()
    with app.connect() as connection:
        assert connection.request().headers["Keep-Alive"] == "timeout=30"


@pytest.mark.parametrize("setting", ["abc", "-5", "", "Infinity", "12s"])
def test_bad_settings_are_replaced_and_said(node, setting):
    app = node.serve(OK, KEEP_ALIVE_MS=setting)
    status = app.status()
    assert status["servers"][0]["effective"]["keepAliveTimeout"] == 75000
    assert any("NO502_KEEP_ALIVE_MS" in problem and "75000" in problem
               for problem in status["problems"])


@pytest.mark.parametrize("setting", ["1e99", "3000000000"])
def test_absurd_settings_are_limited_and_said(node, setting):
    """Longer than Node's timers, which would fire at once."""
    app = node.serve(OK, KEEP_ALIVE_MS=setting, DRAIN_MAX_MS=setting)
    status = app.status()
    assert status["servers"][0]["effective"]["keepAliveTimeout"] == 2e9
    assert status["drain"]["max_ms"] == 2e9
    assert sum("the most that works" in problem for problem in status["problems"]) == 2
    with app.connect() as connection:
        assert connection.request().status == 200


def test_drain_shorter_than_the_grace_is_said(node):
    status = node.serve(OK, IDLE_GRACE_MS=2000, DRAIN_MAX_MS=1000).status()
    assert any("NO502_DRAIN_MAX_MS" in problem for problem in status["problems"])


@pytest.mark.parametrize("setting", ["http", "0", "-1", "70000", "10.0.0.2:", "3000.5"])
def test_bad_port_is_said(node, setting):
    app = node.run([node.program, "--require", node.guard, node.write("app.js", """
        const server = require('http').createServer();
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """)], variables={"LISTEN_FDS": "1"}, LISTEN=setting).listening()
    assert any("NO502_LISTEN" in problem for problem in app.status()["problems"])


def test_request_floor_follows_headers_floor(node):
    """Node swaps the two otherwise, and its constructor throws on options between them."""
    app = node.serve(OK, options="{headersTimeout: 40000, requestTimeout: 50000}",
                     HEADERS_MS=100000, REQUEST_MS=60000)
    status = app.status()
    assert status["servers"][0]["effective"]["requestTimeout"] == 100000
    assert any("NO502_REQUEST_MS" in problem for problem in status["problems"])


def test_a_wrong_option_is_still_nodes_own_error(node):
    app = node.start("require('http').createServer({keepAliveTimeout: 'soon'});")
    assert app.exit_code() == 1
    assert "ERR_INVALID_ARG_TYPE" in app.errors()


def test_fastify_sets_72_seconds(node, major):
    fastify = "fastify-4" if major < 20 else "fastify-5"
    app = node.start(f"""
        const app = require('{fastify}')();
        app.get('/', async () => 'ok');
        app.listen({{port: 0, host: '127.0.0.1'}}).then(() =>
            console.log(app.server.address().port));
    """, **FLOORS).listening()
    assert app.server()["effective"]["keepAliveTimeout"] == 72000
