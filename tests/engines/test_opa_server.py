# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An OPA server that does not answer as it should: always unknown, and the message says which."""
from __future__ import annotations

import contextlib
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision
from ansible_collections.no502.node.plugins.plugin_utils.engine import (
    catalog as bundle_catalog,
    choice as engines,
)
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

from .conftest import ROOT, documents, free_port, running_opa

TIMEOUT_MS = 1_000
ROUTE = next(document for document in documents() if document["kind"] == "route")
REVISION = bundle_catalog.catalog()["revision"]
RULES = sorted(bundle_catalog.rules_about("route"))
WHOLE = {"canary": "no502", "revision": REVISION, "document": "route", "rules": RULES,
         "results": []}


@contextlib.contextmanager
def answering(answer):
    """A server on loopback that answers every POST by `answer(handler)`; yields its URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        """One request."""

        def do_POST(self):  # pylint: disable=invalid-name
            """Read the question and answer it."""
            self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(OSError):
                answer(self)

        def log_message(self, *_args):
            """Keep quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def saying(body, status=200, kind="application/json"):
    """An answer with that body."""

    def answer(handler):
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def silent(_handler):
    """No answer for longer than anybody waits."""
    time.sleep(30)


def dribbling(handler):
    """An answer that comes a byte at a time, each soon enough for the next read."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _byte in range(1000):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def cut_short(handler):
    """Half a document."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"result": {"canary"')
    handler.close_connection = True


def without(*names):
    """A whole answer that lacks some of its parts."""
    return {"result": {name: value for name, value in WHOLE.items() if name not in names}}


def decided(url, **config):
    """The decision on one route, which must come in time."""
    engine = engines.engine({"kind": "opa", "url": url, "timeout": TIMEOUT_MS, **config})
    began = time.monotonic()
    made = decision.decide([ROUTE, ROUTE, ROUTE], engine)
    assert time.monotonic() - began < TIMEOUT_MS / 1000 + 1
    return made


def refused(made):
    """What a decision says is wrong, which must be one thing."""
    assert made["verdict"] == "unknown"
    [problem] = made["problems"]
    assert problem["subject"] == "policy engine"
    return problem["reason"]


@pytest.mark.parametrize("answer, words", [
    (silent, "no answer within 1 s"),
    (dribbling, "no answer within 1 s"),
    (cut_short, "breaks off"),
    (saying("<html>It works</html>", kind="text/html"), "not JSON"),
    (saying({}), "does not know no502.main.decision"),
    (saying([]), "does not know no502.main.decision"),
    (saying({"result": {}}), "not a decision of these policies"),
    (saying({"result": None}), "not a decision of these policies"),
    (saying({"code": "internal_error", "message": "eval_conflict_error"}, status=500),
     "HTTP 500: eval_conflict_error"),
    (saying("<html>Bad gateway</html>", status=502, kind="text/html"), "HTTP 502"),
    (saying({"code": "unauthorized", "message": "no"}, status=401), "refuses the token"),
    (saying(without("canary")), "not a decision of these policies"),
    (saying({"result": {**WHOLE, "revision": "0123456789abcdef"}}), "0123456789abcdef"),
    (saying(without("revision")), "revision None"),
    (saying(without("results")), "no results"),
    (saying({"result": {**WHOLE, "document": "host"}}), "about a host"),
    (saying({"result": {**WHOLE, "rules": RULES[1:]}}), "these rules ran"),
])
def test_a_bad_answer_is_unknown(answer, words):
    with answering(answer) as url:
        assert words in refused(decided(url))


def test_a_whole_answer_that_says_nothing_is_unknown_for_every_rule():
    with answering(saying({"result": WHOLE})) as url:
        made = decided(url)
    assert made["verdict"] == "unknown"
    assert {result["status"] for result in made["results"]} == {"unknown"}
    assert {result["rule"] for result in made["results"]} == set(RULES)


def test_a_server_that_is_down_is_unknown():
    assert "no connection" in refused(decided(f"http://127.0.0.1:{free_port()}"))


def test_a_host_that_does_not_take_connections_is_unknown():
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        with contextlib.ExitStack() as queue:
            for _connection in range(8):
                waiting = queue.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(("127.0.0.1", port))
            assert "no answer within 1 s" in refused(decided(f"http://127.0.0.1:{port}"))


def test_a_server_without_the_policies_is_unknown():
    with running_opa() as url:
        assert "server.bundle into it" in refused(decided(url))


def test_a_server_with_an_older_bundle_is_unknown(built, tmp_path):
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies, ignore=shutil.ignore_patterns("*_test.rego"))
    (policies / "no502" / "meta").mkdir()
    catalog = json.loads((built / "data.json").read_text(encoding="utf-8"))
    catalog["no502"]["meta"]["revision"] = "older"
    meta = policies / "no502" / "meta" / "data.json"
    meta.write_text(json.dumps(catalog["no502"]["meta"]), encoding="utf-8")
    with running_opa("--bundle", policies) as url:
        assert "revision older" in refused(decided(url))


def test_a_certificate_that_is_not_accepted_is_unknown(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
         "-out", certificate],
        check=True, capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}"
    try:
        assert "certificate is not accepted" in refused(decided(url))
        # With the authority named it goes through, to a server that is no OPA.
        assert "HTTP 501" in refused(decided(url, ca=str(certificate)))
    finally:
        server.shutdown()
        server.server_close()


def test_the_token_is_sent():
    seen = []

    def answer(handler):
        seen.append(handler.headers["Authorization"])
        saying({"result": WHOLE})(handler)

    with answering(answer) as url:
        decided(url, token="s3cret")
    assert set(seen) == {"Bearer s3cret"}


@pytest.mark.parametrize("config, words", [
    ({"kind": "opa"}, "no502_engine.url"),
    ({"kind": "opa", "url": "opa.example.com:8181"}, "no502_engine.url"),
    ({"kind": "opa", "url": "https://opa.example.com/prefix"}, "no502_engine.url"),
    ({"kind": "opa", "url": "http://localhost:8181", "timeout": 0}, "no502_engine.timeout"),
    ({"kind": "opa", "url": "http://localhost:8181", "timeout": "5s"}, "no502_engine.timeout"),
    ({"kind": "rego"}, "embedded, opa"),
])
def test_a_setting_that_is_none_is_named(config, words):
    with pytest.raises(EngineError, match=words):
        engines.engine(config)
