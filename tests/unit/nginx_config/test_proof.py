# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof: what is asked, where, and how."""
from __future__ import annotations

import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import proof


def asked(loaded):
    return [(entry["name"], entry["address"], entry["tls"]) for entry in loaded["proof"]]


def test_every_name_is_asked(host):
    loaded = host.bring(host.app(names="shop.example *.shop.example .till.example ~^re[0-9]$"))
    assert [name for name, _address, _tls in asked(loaded)] == [
        "shop.example", "no502.shop.example", "till.example"]
    assert {entry["answer"] for entry in loaded["proof"]} == {loaded["generation"]}


def test_a_wildcard_is_asked_where_nobody_else_listens_on_an_address_of_its_own(host):
    host.write("conf.d/status.conf", host.site("status", listen="127.0.0.1:%d" % host.port))
    host.reload()
    assert asked(host.bring()) == [("shop.example", "127.0.0.2", False)]


def test_tls_is_asked_with_the_servers_name(host):
    certificate = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
        "/CN=shop.example", "-keyout", str(host.top / "key"), "-out", str(host.top / "cert")]
    subprocess.run(certificate, check=True, capture_output=True)
    keys = "ssl_certificate %s/cert; ssl_certificate_key %s/key;" % (host.top, host.top)
    port = host.port + 1
    host.enable("tls", host.site("other.example", keys, "%d ssl default_server" % port))
    host.reload()
    loaded = host.bring(host.app(extra=keys, listen="%d ssl" % port))
    assert asked(loaded) == [("shop.example", "127.0.0.1", True)]
    assert loaded["proof"][0]["answer"] == loaded["generation"]


def test_a_listener_with_proxy_protocol_is_asked_in_its_language(host):
    loaded = host.bring(host.app(listen="%d proxy_protocol" % (host.port + 1)))
    assert loaded["proof"][0]["proxy_protocol"]
    assert loaded["proof"][0]["answer"] == loaded["generation"]


def test_a_unix_socket_is_asked(host):
    loaded = host.bring(host.app(listen="unix:%s/sock" % host.top))
    assert asked(loaded) == [("shop.example", "unix:%s/sock" % host.top, False)]


def test_a_server_that_includes_a_snippet_is_asked_too(host):
    snippet = {"path": "snippets/shop.conf", "content":
               'location = /.well-known/no502/generation { return 200 "$no502_generation"; }\n'}
    host.enable("mine", host.site("mine.example", "include no502/snippets/shop*.conf;"))
    host.reload()
    loaded = host.bring(host.app() + [snippet])
    assert sorted(name for name, _address, _tls in asked(loaded)) == [
        "mine.example", "shop.example"]


@pytest.mark.parametrize("port", [1])
def test_what_does_not_answer_says_so(port):
    question = {"address": "127.0.0.1", "port": port, "name": "a", "tls": False,
                "proxy_protocol": False}
    assert "refused" in proof.ask(question)["answer"]
