# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the default server of an address decides, in readings and in a real nginx."""
from __future__ import annotations

import socket

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx

from .conftest import accepts, wait_until

PASS = "location / { proxy_pass http://127.0.0.1:1; }"


def routes(tree, servers):
    conf = tree({"nginx.conf": "http {\n%s\n}" % servers})
    return {route["id"]: route for route in read_nginx(conf, "/")["routes"]}


def server(name, content="", listen="80"):
    return "server { listen %s; server_name %s; %s %s }\n" % (listen, name, content, PASS)


def decided(route):
    found = route.get("before_host")
    return found and {name: value["value"] for name, value in found.items()}


def test_the_first_server_decides(tree):
    found = routes(tree, server("a", "client_header_timeout 2s;") + server("b"))
    assert "before_host" not in found["a:80/"]
    assert decided(found["b:80/"]) == {"client_header_timeout": 2000}
    assert found["b:80/"]["before_host"]["client_header_timeout"]["source"].endswith(":2")


def test_what_the_default_server_leaves_unwritten_is_absent(tree):
    found = routes(tree, server("a", "keepalive_timeout 1s;")
                   + server("b", "client_header_timeout 2s;"))
    assert found["b:80/"]["before_host"] == {}


def test_a_default_server_that_says_nothing_decides(tree):
    found = routes(tree, "server { listen 80; return 444; }"
                   + server("b", "client_header_timeout 2s;"))
    assert found["b:80/"]["before_host"] == {}


def test_an_explicit_default_server_decides(tree):
    found = routes(tree, server("a") + server("b", "max_headers 7;", "80 default_server"))
    assert decided(found["a:80/"]) == {"max_headers": 7}
    assert "before_host" not in found["b:80/"]


def test_a_nameless_server_is_no_default_by_that(tree):
    found = routes(tree, server("a", "client_header_timeout 2s;") + "server { listen 80; %s }"
                   % PASS)
    assert decided(found["*:80/"]) == {"client_header_timeout": 2000}


def test_other_addresses_and_ports_have_their_own(tree):
    found = routes(tree, server("a", "client_header_timeout 2s;") + server("b", listen="81")
                   + server("c", listen="127.0.0.1:80"))
    assert not any("before_host" in route for route in found.values())


def test_what_is_said_in_http_is_the_same_for_all(tree):
    found = routes(tree, "client_header_timeout 2s;" + server("a") + server("b"))
    assert not any("before_host" in route for route in found.values())


def test_tls_names_the_server_before_the_request(tree):
    settings = "client_header_timeout 2s; large_client_header_buffers 4 1k;"
    found = routes(tree, server("a", settings, "443 ssl") + server("b", "", "443"))
    assert decided(found["b:443/"]) == {"client_header_timeout": 2000}


def test_http2_without_tls_keeps_the_default_servers_idle_time(tree):
    settings = "keepalive_timeout 2s; keepalive_requests 5;"
    found = routes(tree, server("a", settings, "80 http2") + server("b"))
    assert decided(found["b:80/"]) == {"keepalive_timeout": 2000, "keepalive_requests": 5}


@pytest.mark.parametrize("more, value", [("", None), ("client_header_timeout 2s;", 2000)])
def test_addresses_that_differ(tree, more, value):
    found = routes(tree, server("a", "client_header_timeout 2s;", "80")
                   + server("b", more, "81") + server("c", "listen 81;", "80"))
    timeout = found["c:80/"]["before_host"]["client_header_timeout"]
    assert timeout["value"] == value
    assert value or "different default servers" in timeout["source"]


def test_quic_is_an_address_of_its_own(tree):
    found = routes(tree, server("a", "client_header_timeout 2s;", "443 quic")
                   + server("b", listen="443 ssl"))
    assert "before_host" not in found["b:443/"]
    assert found["b:443/"]["server"]["listens"][0]["default_server"]
    found = routes(tree, server("a", "client_header_timeout 2s;", "443 quic")
                   + server("b", listen="443 quic"))
    assert "before_host" not in found["b:443/"]


NGINX = """pid {0}/nginx.pid; error_log {0}/error.log; daemon off; worker_processes 1;
events {{ }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:{1}; server_name small; large_client_header_buffers 4 2k;
    location / {{ proxy_pass http://127.0.0.1:{1}/ok/; }} }}
  server {{ listen 127.0.0.1:{1}; server_name large; large_client_header_buffers 4 16k;
    location / {{ proxy_pass http://127.0.0.1:{1}/ok/; }} location /ok/ {{ return 200; }} }} }}
"""


def test_nginx_takes_the_buffers_of_the_default_server_until_host(
        nginx_program, background, tmp_path, port):
    for name in "bpfus":
        (tmp_path / name).mkdir()
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(tmp_path, port))
    (small, large) = read_nginx(str(conf), "/")["routes"]
    background(nginx_program, "-c", str(conf))
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")

    def status(path, *headers):
        with socket.create_connection(("127.0.0.1", port)) as client:
            lines = ("GET %s HTTP/1.1" % path,) + headers + ("Connection: close", "", "")
            client.sendall("\r\n".join(lines).encode())
            return client.recv(100).split()[1]

    between = "x" * 4000
    assert decided(large)["large_client_header_buffers_size"] == 2048 < len(between)
    assert status("/ok/" + between, "Host: large") == b"414"
    assert status("/ok/", "X: " + between, "Host: large") == b"400"
    settings = large["settings"]["large_client_header_buffers_size"]
    assert settings["value"] == 16384 > len(between)
    assert status("/ok/", "Host: large", "X: " + between) == b"200"
    assert "before_host" not in small
