# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""https and HTTP/2: the same promises; sessions of HTTP/2 are told to go away."""
from __future__ import annotations

import json
import ssl
import subprocess

import pytest

from .conftest import wait_for

LONG = 600000
HANDLER = """(req, res) => {
    if (req.url === '/events') {
        res.writeHead(200, {'Content-Type': 'text/event-stream'}); res.write('data: 1\\n\\n');
    } else if (req.url === '/held') {
        const timer = setInterval(() => {
            if (require('fs').existsSync('release')) { clearInterval(timer); res.end('done'); }
        }, 20);
    } else setTimeout(() => res.end('done'), Number(req.headers['x-wait'] ?? 0));
}"""
START = "server.listen(0, '127.0.0.1', () => console.log(server.address().port));"
SERVERS = {
    "https": f"const server = require('https').createServer(tls, {HANDLER});",
    "h2": "const server = require('http2').createSecureServer("
          f"{{...tls, allowHTTP1: true}}, {HANDLER});",
    "h2 alone": f"const server = require('http2').createSecureServer(tls, {HANDLER});",
    "h2c": f"const server = require('http2').createServer({HANDLER});",
}
# Prints a line for each of: a response's body, its failure, the session's end.
CLIENT = """
    const session = require('http2').connect(process.argv[2], {rejectUnauthorized: false});
    session.once('goaway', (code) => console.log(`goaway ${code}`));
    session.on('close', () => console.log('closed'));
    session.on('error', (error) => console.log(error.message));
    require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const [path, wait] = line.split(' ');
        const stream = session.request({':path': path, 'x-wait': wait});
        let body = '';
        stream.setEncoding('utf8').on('data', (text) => {
            body += text;
            if (path === '/events') console.log('event');
        });
        stream.on('end', () => console.log(`end ${body}`));
        stream.on('error', (error) => console.log(error.message));
    });
"""


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A key and a certificate of its own, as an object of JavaScript."""
    directory = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-subj", "/CN=app", "-keyout", "key.pem", "-out", "certificate.pem"],
        cwd=directory, check=True, capture_output=True)
    return json.dumps({"key": (directory / "key.pem").read_text(),
                       "cert": (directory / "certificate.pem").read_text()})


@pytest.fixture
def tls():
    """A client that speaks HTTP/1 and believes everybody."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@pytest.fixture
def serve(node, certificate):
    """Starts a server of one of the kinds."""
    def start(kind, before_listen="", **settings):
        source = f"const tls = {certificate}; {SERVERS[kind]} {before_listen} {START}"
        return node.start(source, **settings).listening()
    return start


class Session:
    """A client of HTTP/2: Node's own, without the guard."""

    def __init__(self, node, app, scheme, number):
        self._output = node.directory / f"client-{number}"
        self._read = 0
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [node.program, node.write("client.js", CLIENT),
                 f"{scheme}://127.0.0.1:{app.port}"],
                stdin=subprocess.PIPE, stdout=output, text=True)

    def ask(self, path="/", wait=0):
        self._process.stdin.write(f"{path} {wait}\n")
        self._process.stdin.flush()

    def line(self):
        """The next line that it prints."""
        def read():
            lines = self._output.read_text().splitlines(keepends=True)[self._read:]
            return lines and lines[0].endswith("\n") and lines[0]
        line = wait_for(read, "a line of the client")
        self._read += 1
        return line.strip()

    def end(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def session(node):
    """Opens sessions that end with the test."""
    opened = []

    def connect(app, scheme="http"):
        opened.append(Session(node, app, scheme, len(opened)))
        return opened[-1]
    yield connect
    for each in opened:
        each.end()


@pytest.mark.parametrize("kind", ["https", "h2"])
def test_http_1_over_tls(serve, tls, kind):
    app = serve(kind, KEEP_ALIVE_MS=30000, IDLE_GRACE_MS=LONG)
    server = app.server()
    assert server["protocol"] == kind
    assert server["effective"]["keepAliveTimeout"] == 30000
    with app.connect(tls) as idle, app.connect(tls) as busy:
        assert idle.request().headers["Keep-Alive"] == "timeout=30"
        busy.send(b"GET / HTTP/1.1\r\nHost: app\r\nX-Wait: 700\r\n\r\n")
        app.drain()
        assert busy.response().headers["Connection"] == "close"
        assert busy.rest() == b""
        response = idle.request()
        assert (response.content, response.headers["Connection"]) == (b"done", "close")
        assert idle.rest() == b""
    assert app.exit_code() == 0


@pytest.mark.parametrize("kind", ["https", "h2"])
def test_malformed_requests_over_tls(serve, tls, kind):
    app = serve(kind, "server.on('clientError', (error, socket) => socket.destroy());")
    with app.connect(tls) as connection:
        connection.send(b"POST / HTTP/1.1\r\nHost: app\r\nX: a\x01b\r\n"
                        b"Content-Length: 2000000\r\n\r\n" + b"x" * 2000000)
        assert connection.response().status == 400
        assert connection.rest() == b""


@pytest.mark.parametrize("kind, scheme", [("h2", "https"), ("h2 alone", "https"),
                                          ("h2c", "http")])
def test_sessions_are_drained(node, serve, session, kind, scheme):
    app = serve(kind, IDLE_GRACE_MS=LONG)
    assert app.server()["protocol"] == kind.split()[0]
    client = session(app, scheme)
    client.ask()
    assert client.line() == "end done"
    client.ask("/held")
    client.ask("/events")
    assert client.line() == "event"  # so the one before has arrived as well
    idle = session(app, scheme)
    idle.ask()
    assert idle.line() == "end done"
    app.drain()
    assert app.status()["requests_in_flight"] == 2
    assert [idle.line(), idle.line()] == ["goaway 0", "closed"]
    (node.directory / "release").touch()
    assert [client.line(), client.line()] == ["goaway 0", "end done"]


def test_event_stream_of_a_session_ends_after_its_own_grace(serve, session):
    app = serve("h2c", STREAM_GRACE_MS=300, DRAIN_MAX_MS=LONG, IDLE_GRACE_MS=100)
    client = session(app)
    client.ask("/events")
    assert client.line() == "event"
    app.kill()
    lines = [client.line() for _number in range(4)]
    assert lines[:2] == ["goaway 0", "end data: 1"]
    assert app.exit_code() == 0


def test_deadline_cuts_sessions(serve, session):
    app = serve("h2c", "process.on('SIGTERM', () => server.close(() => process.exit(7)));",
                STREAM_GRACE_MS=LONG, DRAIN_MAX_MS=300, IDLE_GRACE_MS=100)
    client = session(app)
    client.ask(wait=LONG)
    client.ask("/events")
    assert client.line() == "event"
    app.kill()
    assert app.exit_code() == 7
    wait_for(lambda: "end of the drain: 2" in app.errors(), "the report")


@pytest.mark.parametrize("code", ["server.close(() => process.exit(7));",
                                  "process.exit(7);"])
def test_own_handlers_run_when_the_drain_is_over(node, serve, session, code):
    app = serve("h2", f"process.on('SIGTERM', () => {{ {code} }});")
    client = session(app, "https")
    client.ask("/held")
    app.status(lambda status: status["servers"])
    client.ask("/events")
    assert client.line() == "event"
    app.drain()
    (node.directory / "release").touch()
    assert [client.line(), client.line()] == ["goaway 0", "end done"]
    client.end()
    assert app.exit_code() == 7
