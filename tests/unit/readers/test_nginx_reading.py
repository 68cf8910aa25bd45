# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reading makes of a configuration: inheritance, routes, upstreams, listeners."""
from __future__ import annotations

import json
import os
import socket
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import managed as nginx_managed
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx

EVENTS = "events { worker_connections 512; }\n"


def reading(tree, http, main="", **files):
    files = {name.replace("__", "/"): content for name, content in files.items()}
    conf = tree(dict(files, **{"nginx.conf": main + EVENTS + "http {\n" + http + "\n}\n"}))
    return read_nginx(conf, "/usr/share/nginx")


def routes(result):
    return {route["id"]: route for route in result["routes"]}


def setting(route, name):
    value = route["settings"].get(name)
    return value and value["value"]


def server(content, head="listen 80; server_name a;"):
    return "server { %s %s }\n" % (head, content)


PASS = "proxy_pass http://127.0.0.1:3000;"


def test_the_nearest_level_wins_and_says_where(tree):
    result = reading(tree, """
proxy_read_timeout 10s;
server {
    listen 80; server_name a;
    proxy_connect_timeout 2s;
    location / { proxy_pass http://127.0.0.1:3000; }
    location /x {
        proxy_read_timeout 20s;
        location /x/y { proxy_pass http://127.0.0.1:3000; proxy_connect_timeout 3s; }
    }
}""")
    plain, nested = routes(result)["a:80/"], routes(result)["a:80/x/y"]
    assert plain["settings"]["proxy_read_timeout"] == {
        "value": 10000, "unit": "ms", "origin": "config", "source": result["conf"] + ":4",
    }
    assert setting(plain, "proxy_connect_timeout") == 2000
    assert setting(nested, "proxy_read_timeout") == 20000
    assert setting(nested, "proxy_connect_timeout") == 3000


def test_what_is_not_written_is_absent(tree):
    (route,) = reading(tree, server("location / { %s }" % PASS))["routes"]
    assert route["settings"] == {}
    assert route["request_headers"] == []


def test_proxy_pass_does_not_go_down(tree):
    result = reading(tree, server("location / { %s location /x { } }" % PASS))
    assert list(routes(result)) == ["a:80/"]


def test_a_lower_level_replaces_the_list_of_headers(tree):
    result = reading(tree, """
proxy_set_header Connection "";
proxy_set_header Upgrade $http_upgrade;
""" + server("location / { %s } location /x { %s proxy_set_header Host $host; }" % (PASS, PASS)))
    headers = {name: [(each["name"], each["value"]) for each in route["request_headers"]]
               for name, route in routes(result).items()}
    assert headers == {
        "a:80/": [("Connection", ""), ("Upgrade", "$http_upgrade")],
        "a:80/x": [("Host", "$host")],
    }


def test_a_header_that_may_hold_a_secret_is_not_shown(tree):
    headers = 'proxy_set_header Authorization "Bearer abc"; proxy_set_header X-Id "$a ${b}";'
    (route,) = reading(tree, server("location / { %s %s }" % (PASS, headers)))["routes"]
    assert [each["value"] for each in route["request_headers"]] == [None, "$a ${b}"]


def test_times_sizes_and_the_rest(tree):
    (route,) = reading(tree, server("""
keepalive_timeout 1m5s 60; proxy_next_upstream error timeout http_503;
proxy_next_upstream_tries 2; client_max_body_size 8M; proxy_buffers 4 16k;
proxy_http_version 1.1; proxy_request_buffering off; proxy_next_upstream_timeout 500ms;
location / { %s }""" % PASS))["routes"]
    assert {name: value["value"] for name, value in route["settings"].items()} == {
        "keepalive_timeout": 65000, "keepalive_timeout_header": 60000,
        "proxy_next_upstream": ["error", "timeout", "http_503"], "proxy_next_upstream_tries": 2,
        "client_max_body_size": 8 * 1024 ** 2, "proxy_buffers_count": 4,
        "proxy_buffers_size": 16384, "proxy_http_version": "1.1",
        "proxy_request_buffering": "off", "proxy_next_upstream_timeout": 500,
    }


def test_what_clients_are_told_of_keepalive_is_inherited_by_itself(tree):
    result = reading(tree, "keepalive_timeout 10s 5s;" + server("""keepalive_timeout 20s;
location / { %s keepalive_timeout 30s; } location /x { %s keepalive_timeout 40s 4s; }
location /y { %s }""" % (PASS, PASS, PASS)))
    assert {name: (setting(route, "keepalive_timeout"), setting(route, "keepalive_timeout_header"))
            for name, route in routes(result).items()} \
        == {"a:80/": (30000, 5000), "a:80/x": (40000, 4000), "a:80/y": (20000, 5000)}


@pytest.mark.parametrize("text", ["1M", "-5s", "1.5s", "$t", "5x"])
def test_a_time_that_nginx_would_refuse_is_unknown(tree, text):
    (route,) = reading(tree, server("proxy_read_timeout %s; location / { %s }" % (text, PASS))
                       )["routes"]
    value = route["settings"]["proxy_read_timeout"]
    assert (value["value"], value["origin"]) == (None, "unknown")
    assert "nginx.conf:3: proxy_read_timeout: " in value["source"]


@pytest.mark.parametrize("text, place, name", [
    ("/", ("", "/"), "a:80/"),
    ("= /x", ("=", "/x"), "a:80 = /x"),
    ("=/x", ("=", "/x"), "a:80 = /x"),
    ("^~ /x", ("^~", "/x"), "a:80 ^~ /x"),
    ('~* "\\.(a|b){2}$"', ("~*", "\\.(a|b){2}$"), "a:80 ~* \\.(a|b){2}$"),
    ("~^/x", ("~", "^/x"), "a:80 ~ ^/x"),
    ("@app", ("", "@app"), "a:80@app"),
])
def test_locations(tree, text, place, name):
    (route,) = reading(tree, server("location %s { %s }" % (text, PASS)))["routes"]
    assert (route["location"]["modifier"], route["location"]["pattern"]) == place
    assert route["id"] == name


def test_if_and_limit_except_have_routes_of_their_own(tree):
    result = reading(tree, server("""location / {
        %s
        proxy_read_timeout 9s;
        if ($request_method = POST) { proxy_pass http://127.0.0.1:3001; }
        limit_except GET { proxy_pass http://127.0.0.1:3002; }
    }""" % PASS))
    found = routes(result)
    assert list(found) == ["a:80/", "a:80/ if ($request_method = ...)",
                           "a:80/ limit_except GET"]
    conditional = found["a:80/ if ($request_method = ...)"]
    assert conditional["pass"]["addresses"] == [["127.0.0.1", 3001]]
    assert setting(conditional, "proxy_read_timeout") == 9000


@pytest.mark.parametrize("condition, shown", [
    ("($http_x_api_key = s3cr3t)", "($http_x_api_key = ...)"),
    ("( $http_x_api_key !~* 's3 cr3t' )", "( $http_x_api_key !~* ...)"),
    ("($slow)", "($slow)"), ("(-f $request_filename)", "(-f $request_filename)"),
])
def test_what_a_request_is_compared_with_is_not_shown(tree, condition, shown):
    block = "if %s { %s }" % (condition, PASS)
    result = reading(tree, server("location / { %s }" % (block * 2)))
    assert list(routes(result)) == ["a:80/ if " + shown, "a:80/ if %s #2" % shown]
    assert result["routes"][0]["location"]["condition"] == "if " + shown
    assert "s3" not in json.dumps(result)


@pytest.mark.parametrize("text, method", [
    ("cookie srv_id expires=1h", "cookie"), ("hash=md5 hmac=sha1 hmac_key=s3cr3t", "hash"),
    ("hmac_key=s3cr3t", "hmac_key"),
])
def test_what_signs_a_sticky_cookie_is_not_shown(tree, text, method):
    result = reading(tree, "upstream a { server 127.0.0.1; sticky %s; }" % text)
    assert result["upstreams"][0]["settings"]["sticky"]["value"] == [method]
    assert "s3" not in json.dumps(result)


@pytest.mark.parametrize("text, value", [
    ("proxy_next_upstream error NON_Idempotent", ["error", "non_idempotent"]),
    ("proxy_buffering OFF", "off"), ("lingering_close Always", "always"),
    ("proxy_ignore_headers x-accel-BUFFERING vary", ["X-Accel-Buffering", "Vary"]),
    ("proxy_ssl_protocols tlsV1.2", ["TLSv1.2"]), ("proxy_cache Zone", "Zone"),
])
def test_keywords_in_any_case(tree, nginx_program, tmp_path, text, value):
    """nginx takes them as well; the names of others stay as they are."""
    zone = "proxy_cache_path %s/c keys_zone=Zone:1m;" % tmp_path
    result = reading(tree, zone + server("%s; location / { %s }" % (text, PASS), "listen 80;"))
    assert setting(result["routes"][0], text.split()[0]) == value
    answer = subprocess.run([nginx_program, "-t", "-c", result["conf"]],
                            stderr=subprocess.PIPE, check=False).stderr
    assert b"invalid" not in answer


def test_ssl_in_any_case(tree):
    result = reading(tree, server("ssl ON;"))
    assert result["servers"][0]["listens"][0]["ssl"]


def test_equal_routes_are_numbered(tree):
    result = reading(tree, server("location / { %s }" % PASS) * 2 +
                     server("location / { %s }" % PASS, head=""))
    assert list(routes(result)) == ["a:80/", "a:80/ #2", "*:80/"]


def test_a_slot_of_seconds_knows_no_milliseconds_but_years(tree):
    (upstream,) = reading(tree, """upstream a {
server 127.0.0.1 fail_timeout=500ms; server 127.0.0.1 fail_timeout=1y; }""")["upstreams"]
    assert [peer["settings"]["fail_timeout"]["value"] for peer in upstream["peers"]] \
        == [None, 31536000000]


UPSTREAM = """upstream Shop {
    server 127.0.0.1:3000 max_fails=2 fail_timeout=5s;
    server 10.0.0.9 backup;
    server [fd00::2]:3001 down;
    server unix:/run/x.sock weight=5;
}
"""


def test_upstreams_and_their_peers(tree):
    (upstream,) = reading(tree, UPSTREAM)["upstreams"]
    assert [peer["addresses"] for peer in upstream["peers"]] == [
        [["127.0.0.1", 3000]], [["10.0.0.9", 80]], [["fd00::2", 3001]],
        [["unix:/run/x.sock", None]],
    ]
    assert [(peer["backup"], peer["down"]) for peer in upstream["peers"]] \
        == [(False, False), (True, False), (False, True), (False, False)]
    first = upstream["peers"][0]["settings"]
    assert (first["max_fails"]["value"], first["fail_timeout"]["value"]) == (2, 5000)
    assert upstream["peers"][3]["settings"]["weight"]["value"] == 5
    assert upstream["peers"][1]["settings"] == {}
    assert upstream["settings"] == {}


@pytest.mark.parametrize("url, expected", [
    ("http://shop", ("http", "shop", "Shop", False, [])),
    ("https://SHOP/x?y", ("https", "SHOP", "Shop", False, [])),
    ("http://shop$request_uri", ("http", "shop", "Shop", True, [])),
    ("http://$backend", ("http", "$backend", None, True, [])),
    ("$backend", (None, "$backend", None, True, [])),
    ("http://shop$x", ("http", "shop$x", None, True, [])),
    ("http://127.0.0.1:3000$uri", ("http", "127.0.0.1:3000", None, True, [["127.0.0.1", 3000]])),
    ("http://app.invalid${request_uri}", ("http", "app.invalid", None, True, [])),
    ("http://127.0.0.1", ("http", "127.0.0.1", None, False, [["127.0.0.1", 80]])),
    ("https://[::1]/", ("https", "[::1]", None, False, [["::1", 443]])),
    ("http://unix:/run/x.sock:/y", ("http", "unix:/run/x.sock", None, False,
                                    [["unix:/run/x.sock", None]])),
])
def test_proxy_pass(tree, url, expected):
    result = reading(tree, UPSTREAM + server("location / { proxy_pass %s; }" % url))
    passed = result["routes"][0]["pass"]
    assert tuple(passed[name] for name in
                 ("scheme", "target", "upstream", "variable", "addresses")) == expected
    assert result["problems"] == []


def test_names_are_looked_up_on_this_host(tree):
    result = reading(tree, "upstream a { server localhost:3000; }" +
                     server("location / { proxy_pass http://localhost:4000; }"))
    addresses = result["upstreams"][0]["peers"][0]["addresses"]
    assert ["127.0.0.1", 3000] in addresses
    assert {address for address, _port in addresses} \
        == {each[4][0] for each in socket.getaddrinfo("localhost", None,
                                                      flags=socket.AI_ADDRCONFIG)}
    assert ["127.0.0.1", 4000] in result["routes"][0]["pass"]["addresses"]


def test_a_name_that_nobody_knows_is_said(tree):
    result = reading(tree, "upstream a { server no502.invalid:3000; }")
    assert result["upstreams"][0]["peers"][0]["addresses"] == []
    assert result["problems"] == [{
        "subject": "upstream a (%s:3)" % result["conf"],
        "reason": "host 'no502.invalid' could not be resolved",
    }]
    assert result["complete"]


@pytest.mark.parametrize("directives, after", [
    ("keepalive 32; least_conn;", True), ("least_conn; keepalive 32;", False),
    ("ip_hash;", False), ("hash $uri consistent; keepalive 8;", False),
])
def test_a_balancer_below_keepalive(tree, directives, after):
    (upstream,) = reading(tree, "upstream a { server 127.0.0.1; %s }" % directives)["upstreams"]
    assert upstream["balancer"]["after_keepalive"] is after


def test_pool_settings_of_an_upstream_are_not_those_of_a_server(tree):
    result = reading(tree, """keepalive_timeout 65s;
upstream a { server 127.0.0.1; keepalive 8 local; keepalive_timeout 4s; zone z 64k; }
""" + server("location / { proxy_pass http://a; }"))
    settings = result["upstreams"][0]["settings"]
    assert {name: value["value"] for name, value in settings.items()} == {
        "keepalive": 8, "keepalive_local": True, "keepalive_timeout": 4000,
        "zone": "z", "zone_size": 65536,
    }
    assert setting(result["routes"][0], "keepalive_timeout") == 65000


def test_an_upstream_with_peers_to_resolve_has_the_resolver_of_http(tree):
    result = reading(tree, """upstream a { server 127.0.0.1 resolve; resolver_timeout 4s; }
upstream b { server 127.0.0.1; }
resolver 127.0.0.53; resolver_timeout 9s;
""" + server("resolver 10.0.0.2; location / { proxy_pass http://a; }"))
    resolved, other = [{name: value["value"] for name, value in each["settings"].items()}
                       for each in result["upstreams"]]
    assert resolved == {"resolver": ["127.0.0.53"], "resolver_timeout": 4000}
    assert other == {}


def test_a_snippet_shared_by_an_upstream_and_a_server(tree):
    result = reading(tree, "upstream a { server 127.0.0.1; include k.conf; }" + server(
        "include k.conf; location / { proxy_pass http://a; }"),
        **{"k.conf": "keepalive_timeout 4s;"})
    assert result["upstreams"][0]["settings"]["keepalive_timeout"]["value"] == 4000
    assert setting(result["routes"][0], "keepalive_timeout") == 4000


@pytest.mark.parametrize("text, expected", [
    ("80", [("0.0.0.0", 80)]), ("*:81", [("0.0.0.0", 81)]), ("127.0.0.1", [("127.0.0.1", 80)]),
    ("[::]:80", [("::", 80)]), ("[::1]", [("::1", 80)]), ("8000-8002", [
        ("0.0.0.0", 8000), ("0.0.0.0", 8001), ("0.0.0.0", 8002)]),
    ("unix:/run/n.sock", [("unix:/run/n.sock", None)]), ("localhost:82", [("127.0.0.1", 82)]),
    ("70000", []), ("[::1", []),
])
def test_listens(tree, text, expected):
    result = reading(tree, server("", "listen %s;" % text))
    listens = [(each["address"], each["port"]) for each in result["servers"][0]["listens"]]
    assert [each for each in listens if each != ("::1", 82)] == expected
    assert bool(result["problems"]) is (not expected)


def test_a_server_without_listen(tree):
    conf = tree({"nginx.conf": "http { server { } server { listen 127.0.0.1; } }"})
    for port in (80, 8000):
        servers = read_nginx(conf, "/", default_port=port)["servers"]
        assert [(listen["address"], listen["port"]) for each in servers
                for listen in each["listens"]] == [("0.0.0.0", port), ("127.0.0.1", 80)]


def test_the_default_server_of_each_port(tree):
    result = reading(tree, """
server { listen 80; server_name a; }
server { listen 80 default_server; listen 81 ssl proxy_protocol; server_name b; }
server { listen 81; listen 127.0.0.1:80; server_name c; }""")
    defaults = [[listen["default_server"] for listen in each["listens"]]
                for each in result["servers"]]
    assert defaults == [[False], [True, True], [False, True]]
    secure = result["servers"][1]["listens"][1]
    assert (secure["ssl"], secure["proxy_protocol"]) == (True, True)


def test_stream_is_kept_apart(tree):
    main = """stream { upstream s { server 127.0.0.1:1; }
server { listen 5000; proxy_pass s; } }
"""
    result = reading(tree, "", main=main)
    assert (result["routes"], result["upstreams"], result["servers"]) == ([], [], [])
    assert result["stream"]["servers"][0]["listens"][0]["port"] == 5000


def test_the_main_context(tree):
    result = reading(tree, "", main="worker_processes auto; worker_shutdown_timeout 70s;\n")
    assert {name: value["value"] for name, value in result["main"].items()} == {
        "worker_processes": "auto", "worker_shutdown_timeout": 70000, "worker_connections": 512,
    }


def test_what_is_given_by_an_option_may_include_files(tree, tmp_path):
    conf = tree({"nginx.conf": "events { }", "g.conf": "worker_processes 3;",
                 "h/a.conf": "http { %s }" % server("location / { %s }" % PASS)})
    result = read_nginx(conf, "/", global_directives="include g.conf; include h/*.conf;")
    assert (result["complete"], result["problems"]) == (True, [])
    assert result["main"]["worker_processes"]["value"] == 3
    assert list(routes(result)) == ["a:80/"]
    assert result["tree"]["files"] == 3
    assert result["tree"]["sha256"] != read_nginx(conf, "/")["tree"]["sha256"]


@pytest.mark.parametrize("text, subject, reason", [
    ("include none.conf;", "none.conf", "No such file or directory"),
    ("daemon off", "-g", 'unexpected end of file, expecting ";" or "}"'),
])
def test_what_is_given_by_an_option_and_cannot_be_read(tree, text, subject, reason):
    result = read_nginx(tree({"nginx.conf": ""}), "/", global_directives=text)
    assert not result["complete"]
    (problem,) = result["problems"]
    assert (os.path.basename(problem["subject"]), problem["reason"]) == (subject, reason)


def test_what_is_given_by_an_option_of_an_nginx_whose_files_are_not_known(tree, monkeypatch):
    monkeypatch.chdir(os.path.dirname(tree({"g.conf": "worker_processes 3;"})))
    result = read_nginx(None, None, global_directives="user a; include g.conf;")
    assert list(result["main"]) == ["user"]
    assert result["problems"] == [{"subject": "g.conf", "reason": "where it starts is not known"}]


@pytest.mark.parametrize("path, app", [
    ("/etc/nginx/no502/http/app-shop.conf", "shop"),
    ("/etc/nginx/no502.d/0123456789abcdef/http/app-a-b.conf", "a-b"),
    ("/etc/nginx/no502/snippets/shop.conf", "shop"),
    ("/etc/nginx/no502/http/00-generation.conf", None),
    ("/etc/nginx/conf.d/app-shop.conf", None),
    ("/srv/etc/nginx/no502/http/app-shop.conf", None),
    ("/etc/nginx/no502/http/sub/app-shop.conf", None),
])
def test_managed_by_path(path, app):
    assert nginx_managed.managed_app(path, "/etc/nginx/nginx.conf") == app


def test_the_generation_is_where_the_link_points(tree, tmp_path):
    conf = tree({"nginx.conf": "http { include no502/http/*.conf; }",
                 "no502.d/0123456789abcdef/http/app-shop.conf":
                 UPSTREAM + server("location / { proxy_pass http://shop; }")})
    os.symlink("no502.d/0123456789abcdef", tmp_path / "no502")
    result = read_nginx(conf, "/")
    assert result["generation"] == "0123456789abcdef"
    assert [each["managed"] for each in result["routes"] + result["upstreams"]] \
        == ["shop", "shop"]
    os.unlink(tmp_path / "no502")
    os.symlink("../elsewhere", tmp_path / "no502")
    assert read_nginx(conf, "/")["generation"] is None


def test_the_hash_changes_with_any_file(tree):
    def digest(text):
        return reading(tree, "include x.conf;", **{"x.conf": text})["tree"]["sha256"]
    assert digest("# a\n") == digest("# a\n") != digest("# b\n")


def test_the_newest_file(tree, tmp_path):
    result = reading(tree, "include x.conf;", **{"x.conf": ""})
    os.utime(tmp_path / "x.conf", (2 ** 31, 2 ** 31))
    result = read_nginx(result["conf"], "/")
    assert result["tree"]["newest"] == {"path": str(tmp_path / "x.conf"), "mtime": 2.0 ** 31}
    assert result["tree"]["files"] == 2


def test_a_file_that_is_missing_makes_it_incomplete(tree):
    result = reading(tree, server("include none.conf; location / { %s }" % PASS))
    assert not result["complete"]
    assert len(result["routes"]) == 1


def test_a_configuration_that_is_not_known():
    result = read_nginx(None, None)
    assert (result["complete"], result["conf"], result["routes"]) == (False, None, [])
    assert result["generation"] is None


def test_blocks_that_multiply_end_at_a_bound(tree):
    twice = "location /%d { %s include %d.conf; } location /y%d { include %d.conf; }"
    files = {"%d.conf" % n: twice % (n, PASS, n + 1, n, n + 1) for n in range(30)}
    result = reading(tree, server("include 0.conf;"), **files, **{"30.conf": ""})
    assert not result["complete"]
    assert any("more than" in each["reason"] for each in result["problems"])


def test_nothing_is_created_or_touched(tree, tmp_path):
    """`nginx -T` would make the log, the cache directory and the listening socket."""
    result = reading(tree, """error_log {0}/new/error.log;
proxy_cache_path {0}/cache keys_zone=a:1m;
server {{ listen unix:{0}/n.sock; location / {{ {1} }} }}""".format(tmp_path, PASS),
                     main="pid {0}/nginx.pid;\n".format(tmp_path))

    def state():
        return {str(path): os.stat(path)[:] for path in [tmp_path, *tmp_path.rglob("*")]}

    before = state()
    assert len(read_nginx(result["conf"], "/")["routes"]) == 1
    assert state() == before


def test_a_named_location_that_errors_and_missing_files_lead_to(tree):
    result = reading(tree, server("""error_page 502 504 = @again; location / { %s }
location /files { try_files $uri @app; }
location @again { proxy_pass http://127.0.0.1:3001; proxy_read_timeout 5s; }
location @app { proxy_pass http://127.0.0.1:3002; }""" % PASS))
    found = routes(result)
    assert {name: route["pass"]["addresses"][0][1] for name, route in found.items()} \
        == {"a:80/": 3000, "a:80@again": 3001, "a:80@app": 3002}
    assert setting(found["a:80@again"], "proxy_read_timeout") == 5000


@pytest.mark.parametrize("directive", ["grpc_pass grpc://a", "fastcgi_pass a", "uwsgi_pass a",
                                       "scgi_pass a", "memcached_pass a"])
def test_what_is_passed_to_no_http_server_is_no_route(tree, directive):
    assert reading(tree, server("location / { %s; }" % directive))["routes"] == []


def test_stream_has_upstreams_of_its_own(tree):
    main = "stream { upstream a { server 127.0.0.1:5432; } server { listen 1; proxy_pass a; } }\n"
    result = reading(tree, "upstream a { server 127.0.0.1:3000; }"
                     + server("location / { proxy_pass http://a; }"), main=main)
    (upstream,) = result["upstreams"]
    assert upstream["peers"][0]["addresses"] == [["127.0.0.1", 3000]]


def test_a_file_included_in_several_contexts_is_inherited_in_each(tree):
    result = reading(tree, "include t.conf;"
                     + server("proxy_read_timeout 2s; location / { %s } location /x { include t.conf;"
                              " location /x/y { %s } }" % (PASS, PASS)),
                     **{"t.conf": "proxy_read_timeout 9s;"})
    assert {name: setting(route, "proxy_read_timeout")
            for name, route in routes(result).items()} == {"a:80/": 2000, "a:80/x/y": 9000}


def test_nested_regular_expressions(tree):
    found = routes(reading(tree, server(
        "location /a { location ~ ^/a/(?<n>\\d+)$ { location ~* x { %s } } }" % PASS)))
    assert list(found) == ["a:80 ~* x"]


def test_an_option_of_one_listen_is_in_force_for_its_address(tree):
    result = reading(tree, server("", "listen 443 ssl http2 backlog=1024; server_name a;")
                     + server("", "listen 443; server_name b;")
                     + server("", "listen 127.0.0.1:443; server_name c;"))
    named = {each["names"][0]: each["listens"][0] for each in result["servers"]}
    assert [(named[name]["ssl"], named[name].get("http2"), named[name].get("backlog"))
            for name in "abc"] == [(True, True, 1024), (True, True, 1024), (False, None, None)]


def test_one_socket_takes_both_families_if_any_listen_says_so(tree):
    result = reading(tree, server("", "listen [::]:80; listen [::]:81;")
                     + server("", "listen [::]:80 ipv6only=off; listen 82;"))
    listens = {(listen["where"], listen["port"]): listen.get("ipv6only")
               for each in result["servers"] for listen in each["listens"]}
    assert list(listens.values()) == [False, True, False, None]


# One of each row of what decides a chain, as `nginx -t` of some version accepts it.
ROUTE = """client_body_timeout 1s; client_header_timeout 1s; keepalive_min_timeout 1s;
keepalive_requests 1; keepalive_time 1s; keepalive_timeout 1s 1s; lingering_close on;
lingering_time 1s; lingering_timeout 1s; proxy_connect_timeout 1s; proxy_next_upstream error;
proxy_next_upstream_timeout 1s; proxy_next_upstream_tries 1; proxy_read_timeout 1s;
proxy_send_timeout 1s; reset_timedout_connection on; resolver_timeout 1s; send_timeout 1s;
client_body_buffer_size 1k; client_header_buffer_size 1k; client_max_body_size 1k;
large_client_header_buffers 4 1k; max_headers 1; proxy_buffer_size 1k; proxy_buffering on;
proxy_buffers 2 1k; proxy_busy_buffers_size 1k; proxy_max_temp_file_size 1k;
proxy_request_buffering on; proxy_temp_file_write_size 1k; proxy_http_version 1.1;
proxy_method GET; proxy_ignore_client_abort on; proxy_ignore_headers X-Accel-Buffering;
proxy_socket_keepalive on; proxy_bind 127.0.0.1; proxy_ssl_name a; proxy_ssl_protocols TLSv1.3;
proxy_ssl_server_name on; proxy_ssl_session_reuse on; proxy_ssl_trusted_certificate /a;
proxy_ssl_verify on; proxy_ssl_verify_depth 2; resolver 127.0.0.1; proxy_temp_path /a;
client_body_temp_path /a; early_hints $a; http2 on; ignore_invalid_headers on;
proxy_intercept_errors on; proxy_pass_request_body on; proxy_pass_request_headers on;
underscores_in_headers on; proxy_cache off;"""
UPSTREAM_ROWS = "keepalive 8 local; keepalive_timeout 1s; keepalive_requests 1; keepalive_time 1s; " \
    "zone a 64k; resolver 127.0.0.1; resolver_timeout 1s; sticky cookie a;"
PEER_ROWS = "weight=2 max_conns=2 max_fails=2 fail_timeout=2s slow_start=2s service=a"


def test_every_row_is_read(tree):
    result = reading(tree, "upstream a { %s server 127.0.0.1 %s; }" % (UPSTREAM_ROWS, PEER_ROWS)
                     + ROUTE + server("location / { proxy_pass http://a; }"),
                     main="worker_shutdown_timeout 1s; user a; worker_rlimit_nofile 9;\n")

    def names(text):
        return [each.split()[0] for each in text.split(";") if each.strip()]

    def unread(settings, wanted):
        return [name for name in wanted if not any(
            each == name or each.startswith((name + "_count", name + "_size"))
            for each in settings)]

    (route,), (upstream,) = result["routes"], result["upstreams"]
    assert unread(route["settings"], names(ROUTE)) == []
    assert unread(upstream["settings"], names(UPSTREAM_ROWS)) == []
    assert unread(upstream["peers"][0]["settings"],
                  [word.split("=")[0] for word in PEER_ROWS.split()]) == []
    every = [value for settings in (route["settings"], upstream["settings"], result["main"],
                                    upstream["peers"][0]["settings"])
             for value in settings.values()]
    assert {value["origin"] for value in every} == {"config"}
