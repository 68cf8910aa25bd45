# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tracers, which replace emit() of http servers as well: before the guard, and after it."""
from __future__ import annotations

import pytest

# Each defines traced(): whether the request being handled has a span.
TRACERS = {
    "OpenTelemetry": """
        const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
        const { registerInstrumentations } = require('@opentelemetry/instrumentation');
        const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
        new NodeTracerProvider().register();
        registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });
        const { trace } = require('@opentelemetry/api');
        globalThis.traced = () => trace.getActiveSpan() !== undefined;
    """,
    "dd-trace": """
        const tracer = require('dd-trace').init();
        globalThis.traced = () => tracer.scope().active() !== null;
    """,
}
# Without the agent that dd-trace would talk to.
QUIET = {"DD_TRACE_STARTUP_LOGS": "false", "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
         "DD_REMOTE_CONFIGURATION_ENABLED": "false"}
# The tracer has loaded http, and patched it, before the guard sees anything.
EARLY = "require('http');"
SERVER = """
    const server = require('http').createServer((req, res) => {
        if (req.method === 'POST') {
            res.writeHead(413, {Connection: 'close'}); res.end(); return; }
        setTimeout(() => res.end(String(traced())), Number(req.headers['x-wait'] ?? 0));
    });
    server.on('clientError', (error, socket) => socket.destroy());
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
"""
BODY = b"x" * 4 * 2**20


@pytest.fixture(params=["guard first", "tracer first"])
def traced(request, node):
    """Starts the server with that tracer and the guard, in that order."""
    def start(tracer, **settings):
        preloads = [node.guard, node.write("tracer.cjs", TRACERS[tracer] + EARLY)]
        if request.param == "tracer first":
            preloads.reverse()
        arguments = [part for each in preloads for part in ("--require", str(each))]
        return node.run([node.program, *arguments, node.write("app.js", SERVER)],
                        variables=QUIET, **settings).listening()
    return start


@pytest.mark.parametrize("tracer", TRACERS)
def test_guard_and_tracer_both_work(traced, tracer):
    app = traced(tracer, KEEP_ALIVE_MS=30000, IDLE_GRACE_MS=600000, DRAIN_MAX_MS=600000)
    assert app.server()["effective"]["keepAliveTimeout"] == 30000
    for head, status in ((b"X: a\x01b", 400), (b"X: y", 413)):
        with app.connect() as connection:
            connection.send(b"POST / HTTP/1.1\r\nHost: app\r\n" + head
                            + b"\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY)
            assert connection.response().status == status
            assert connection.rest() == b""
    with app.connect() as idle, app.connect() as busy:
        response = idle.request()
        assert (response.content, response.headers["Keep-Alive"]) == (b"true", "timeout=30")
        busy.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 500\r\n\r\n")
        app.drain()
        for connection in (busy, idle):
            response = (connection.response() if connection is busy else connection.request())
            assert (response.content, response.headers["Connection"]) == (b"true", "close")
            assert connection.rest() == b""
    assert app.exit_code() == 0
    assert "no502 guard" not in app.errors()
