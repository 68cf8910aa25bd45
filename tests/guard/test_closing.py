# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Closing: whoever is refused learns why, also while a body is still on its way."""
from __future__ import annotations

import threading

import pytest

MEGABYTE = b"x" * 2**20
OK = "req.resume(); req.on('end', () => res.end('ok'));"
BAD_HEADER = b"POST / HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\nContent-Length: %d\r\n\r\n"
BAD_URL = b"POST /\xc3\xa9 HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\nContent-Length: %d\r\n\r\n"
LONG_HEADER = (b"POST / HTTP/1.1\r\nHost: app\r\nX: " + b"y" * 40000
               + b"\r\nContent-Length: %d\r\n\r\n")
GOOD = b"POST / HTTP/1.1\r\nHost: app\r\nContent-Length: %d\r\n\r\n"

HANDLERS = {
    "none": "",
    "logs only": "server.on('clientError', () => {});",
    "destroys": "server.on('clientError', (error, socket) => socket.destroy());",
    "usual": """server.on('clientError', (error, socket) => {
        if (error.code === 'ECONNRESET' || !socket.writable) return socket.destroy();
        socket.end('HTTP/1.1 400 Bad Request\\r\\n\\r\\n');
    });""",
    "answers and destroys": """server.on('clientError', (error, socket) => {
        socket.write('HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n');
        socket.destroy(error);
    });""",
}


def send_slowly(connection, head, megabytes):
    """As nginx does: head and body at once, the answer read meanwhile. A reset shows as an error
    of either side."""
    errors = []

    def send():
        try:
            connection.send(head % (megabytes * len(MEGABYTE)))
            for _number in range(megabytes):
                connection.send(MEGABYTE)
        except OSError as error:
            errors.append(error)

    sender = threading.Thread(target=send)
    sender.start()
    sender.join()
    return errors


@pytest.mark.parametrize("megabytes", [0, 1, 8])
@pytest.mark.parametrize("handler", HANDLERS)
def test_malformed_requests_are_answered(node, handler, megabytes):
    app = node.serve(OK, HANDLERS[handler])
    for head in (BAD_HEADER, BAD_URL):
        with app.connect() as connection:
            assert send_slowly(connection, head, megabytes) == []
            response = connection.response()
            assert (response.status, response.content) == (400, b"")
            assert connection.rest() == b""


@pytest.mark.parametrize("handler", ["none", "destroys"])
def test_too_long_headers_are_431(node, handler):
    app = node.serve(OK, HANDLERS[handler])
    with app.connect() as connection:
        assert send_slowly(connection, LONG_HEADER, 1) == []
        assert connection.response().status == 431


def test_late_request_is_408(node):
    app = node.serve(OK, options="{connectionsCheckingInterval: 50}", HEADERS_MS=0, REQUEST_MS=0,
                     before_listen="server.requestTimeout = 200; server.headersTimeout = 100;")
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost:")
        assert connection.response().status == 408


def test_next_connections_are_not_concerned(node):
    app = node.serve(OK, HANDLERS["logs only"])
    with app.connect() as good:
        assert good.request().status == 200
        with app.connect() as bad:
            send_slowly(bad, BAD_HEADER, 1)
            assert bad.response().status == 400
            assert good.request().status == 200


def test_answered_socket_is_closed_though_the_client_stays(node):
    app = node.serve(OK)
    with app.connect() as connection:
        send_slowly(connection, BAD_HEADER, 0)
        assert connection.response().status == 400
        assert connection.rest() == b""  # our FIN


def test_exception_in_the_applications_handler_is_not_swallowed(node):
    app = node.serve(OK, "server.on('clientError', () => { throw new Error('mine'); });")
    with app.connect() as connection:
        send_slowly(connection, BAD_HEADER, 0)
        assert app.exit_code() != 0
    assert "Error: mine" in app.errors()


EARLY = {
    "plain": """
        const server = require('http').createServer((req, res) => {
            res.writeHead(413, {Connection: 'close', 'Content-Length': 0}); res.end();
        });
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """,
    "paused": """
        const server = require('http').createServer((req, res) => {
            req.once('data', () => { req.pause(); res.writeHead(413, {Connection: 'close'});
                                     res.end(); });
        });
        server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """,
    "express": """
        const express = require('express-EXPRESS');
        const app = express().use(express.json({limit: 1000}));
        app.post('/', (req, res) => res.send('ok'));
        app.use((error, req, res, next) => {
            res.set('Connection', 'close').status(error.status).end(); });
        const server = app.listen(0, '127.0.0.1', () => console.log(server.address().port));
    """,
    "fastify": """
        const app = require('fastify-FASTIFY')({bodyLimit: 1000});
        app.addContentTypeParser('*', {parseAs: 'buffer'}, (req, body, done) => done(null, body));
        app.post('/', async () => 'ok');
        app.listen({port: 0, host: '127.0.0.1'}).then(() =>
            console.log(app.server.address().port));
    """,
}


@pytest.mark.parametrize("framework", EARLY)
def test_early_413_arrives(node, major, framework):
    source = EARLY[framework].replace("EXPRESS", "4" if major == 18 else "5")
    app = node.start(source.replace("FASTIFY", "4" if major == 18 else "5")).listening()
    head = GOOD.replace(b"Host", b"Content-Type: application/json\r\nHost")
    with app.connect() as connection:
        assert send_slowly(connection, head, 8) == []
        assert connection.response().status == 413
        assert connection.rest() == b""
    assert app.process.poll() is None


def test_last_response_of_a_complete_request_closes_at_once(node):
    app = node.serve("res.setHeader('Connection', 'close'); " + OK)
    with app.connect() as connection:
        send_slowly(connection, GOOD, 1)
        assert connection.response().status == 200
        assert connection.rest() == b""
    with app.connect() as connection:
        connection.send(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.response().content == b"ok"
        assert connection.rest() == b""
