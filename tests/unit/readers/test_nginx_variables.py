# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What variables can come to: maps, splits and sets, and everything that makes it untold."""
from __future__ import annotations

import http.client

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx

from .conftest import accepts, wait_until

UPSTREAMS = "upstream blue { server 127.0.0.1:1; } upstream green { server 127.0.0.1:2; }\n"
UPGRADE = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"


def routes(tree, http):
    conf = tree({"nginx.conf": "http {\n" + http + "\n}\n"})
    return read_nginx(conf, "/")["routes"]


def passed(tree, http, content, url="http://$to"):
    """The reading of a proxy_pass in the location of a server with `content`."""
    text = "%s%s server { %s location / { proxy_pass %s; } }" % (UPSTREAMS, http, content, url)
    return routes(tree, text)[0]["pass"]


def connection(tree, http, value, content=""):
    text = "%s server { %s location / { proxy_pass http://127.0.0.1; " \
           "proxy_set_header Connection %s; } }" % (http, content, value)
    return routes(tree, text)[0]["request_headers"][0].get("values")


@pytest.mark.parametrize("http, value, values", [
    (UPGRADE, "$connection_upgrade", ["upgrade", ""]),
    (UPGRADE, '"${connection_upgrade}"', ["upgrade", ""]),
    (UPGRADE, "$CONNECTION_Upgrade", ["upgrade", ""]),
    (UPGRADE, '"x $connection_upgrade"', ["x upgrade", "x "]),
    ("map $a $connection_upgrade { ~x close; volatile; }", "$connection_upgrade", ["close", ""]),
    ("map $a $c { default $b; } map $d $b { default close; e close; '' keep; }", "$c",
     ["close", "keep"]),
    ("map $a $c { default $http_upgrade; }", "$c", None),
    ("map $a $c { default $c; }", "$c", None),
    ("map $a $c { ~(?<c>.) x; default y; }", "$c", None),
    ("", "$http_connection", None),
    ("map $a $c { default x; %s }" % " ".join("%d v%d;" % (n, n) for n in range(30)), "$c", None),
])
def test_a_connection_header(tree, http, value, values):
    assert connection(tree, http, value) == values


def test_a_literal_header_has_no_values(tree):
    assert connection(tree, "", "close") is None


@pytest.mark.parametrize("content, candidates", [
    ("set $to blue;", ["blue"]),
    ("set $to blue; if ($a) { set $to green; }", ["blue", "green"]),
    ("if ($a) { set $to green; }", ["green"]),
    ("set $to BLUE;", ["blue"]),
    ("set $c green; set $to $c;", ["green"]),
    ("location /x { set $to green; location /x/y { set $to blue; } }", ["green", "blue"]),
    ("set $to $host;", None),
    ("", None),
])
def test_what_a_server_sets(tree, content, candidates):
    found = passed(tree, "", content)["candidates"]
    assert found == candidates or set(found) == set(candidates)


def test_what_is_set_on_some_ways_only_may_be_empty(tree):
    assert connection(tree, "", "$c", "if ($a) { set $c close; }") == ["close", ""]
    assert connection(tree, "", "$c", "set $c ''; if ($a) { set $c close; }") == ["", "close"]
    # An empty target is an error of nginx's, and no host.
    assert passed(tree, "", "if ($a) { set $to green; }")["names"] == []


@pytest.mark.parametrize("content, scheme", [
    ("set $to https://blue;", "https"),
    ("set $to https://blue; if ($a) { set $to http://blue; }", None),
])
def test_a_scheme_in_the_variable(tree, content, scheme):
    assert passed(tree, "", content, "$to")["scheme"] == scheme


def test_each_location_has_its_own(tree):
    found = routes(tree, UPSTREAMS + """server { set $to nowhere;
location /blue { set $to blue; proxy_pass http://$to; }
location /green { set $to green; if ($a) { set $to blue; } proxy_pass http://$to; } }""")
    assert [each["pass"]["candidates"] for each in found] == [["blue"], ["green", "blue"]]


@pytest.mark.parametrize("before, candidates", [
    ("if ($a) { break; }", ["green", "blue"]), ("break;", ["green", "blue"]),
    ("rewrite ^/x /y break;", ["green", "blue"]),
    ("if ($a) { rewrite ^ /y break; }", ["green", "blue"]),
    ("rewrite ^/x /y last;", ["blue"]), ("rewrite ^/x break;", ["blue"]),
    ("set $to blue; break;", ["blue"]), ("location /x { break; }", ["blue"]),
])
def test_a_set_that_may_not_be_reached(tree, before, candidates):
    found = routes(tree, UPSTREAMS + """server { set $to green;
location / { %s set $to blue; proxy_pass http://$to; } }""" % before)
    assert found[-1]["pass"]["candidates"] == candidates


def test_a_set_of_the_server_that_may_not_be_reached(tree):
    for before in ("if ($a) { break; }", "rewrite ^/x /y last;"):
        assert connection(tree, "", "$c", before + "set $c close;") == ["close", ""]


def test_another_server_does_not_count(tree):
    found = routes(tree, UPSTREAMS + """server { set $to blue; }
server { set $to green; location / { proxy_pass http://$to; } }""")
    assert found[0]["pass"]["candidates"] == ["green"]


@pytest.mark.parametrize("content", [
    "auth_request_set $to $upstream_http_x;", "js_set $to f;", "js_access f;",
    "access_by_lua_file x.lua;", "access_by_lua_block { ngx.var.to = f() }",
    "access_by_lua_block { ngx.var[x] = 1 }", "set_by_lua_block $to { return 1 }",
    "location ~ ^/(?<to>.+) { }", "geo $to { default blue; }", "rewrite (?P<to>x) /;",
])
def test_what_else_may_give_it_a_value(tree, content):
    assert passed(tree, "", "set $to blue; " + content)["candidates"] is None
    assert passed(tree, "", "set $to blue; ")["candidates"] == ["blue"]


def test_lua_that_writes_another(tree):
    lua = "access_by_lua_block { ngx.var.other = 1 }"
    assert passed(tree, "", "set $to blue; " + lua)["candidates"] == ["blue"]


def test_a_split(tree):
    split = "split_clients $remote_addr $to { 10% green; * blue; }"
    assert passed(tree, split, "")["candidates"] == ["green", "blue"]


@pytest.mark.parametrize("content, url, expected", [
    ("set $to 127.0.0.1:3000;", "http://$to", ([], [["127.0.0.1", 3000]], [])),
    ("set $to http://blue/x;", "$to", (["blue"], [], [])),
    ("set $to https://127.0.0.1;", "$to", ([], [["127.0.0.1", 443]], [])),
    ("set $to app.internal:3000;", "http://$to", ([], [], ["app.internal:3000"])),
    ("set $to 3000;", "http://127.0.0.1:$to", ([], [["127.0.0.1", 3000]], [])),
    ("", "http://blue$request_uri", (["blue"], [], [])),
    ("", "http://app.internal$request_uri", ([], [], ["app.internal"])),
    ("set $to blue;", "$to", (None, [], None)),
])
def test_what_is_no_upstream(tree, content, url, expected):
    found = passed(tree, "", content, url)
    assert (found["candidates"], found["addresses"], found["names"]) == expected


def test_a_pass_without_variables_has_no_candidates(tree):
    assert "candidates" not in passed(tree, "", "", "http://blue")


NGINX = """pid {0}/nginx.pid; error_log {0}/error.log; daemon off; worker_processes 1;
events {{ }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  map $arg_a $first {{ default one; x $second; y "<$second>"; ~^z "$arg_none"; }}
  map $arg_b $second {{ two 2; three 3; }}
  map $arg_c $known {{ default one; x "<$second>"; y $second; }}
  server {{ listen 127.0.0.1:{1};
    if ($arg_d) {{ set $sometimes yes; }}
    set $always $known;
    location / {{ proxy_pass http://127.0.0.1:{1}/echo/;
      proxy_set_header Connection "$known|$sometimes|$always|$own";
      set $own a; if ($arg_e) {{ set $own b; }} }}
    location /echo/ {{ return 200 $http_connection; }}
    location /untold {{ proxy_pass http://127.0.0.1; proxy_set_header Connection $first; }} }} }}
"""


def test_nginx_itself_comes_to_nothing_else(nginx_program, background, tmp_path, port):
    for name in "bpfus":
        (tmp_path / name).mkdir()
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(tmp_path, port))
    background(nginx_program, "-c", str(conf))
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")
    told, untold = [route["request_headers"][0].get("values")
                    for route in read_nginx(str(conf), "/")["routes"]]
    assert untold is None
    seen = set()
    client = http.client.HTTPConnection("127.0.0.1", port)
    for b in ("", "two", "three"):
        for c in ("", "x", "y"):
            for rest in ("", "&d=1", "&e=1"):
                client.request("GET", "/?b=%s&c=%s%s" % (b, c, rest))
                seen.add(client.getresponse().read().decode())
    client.close()
    # More than were seen are told: the variables are taken for independent of each other.
    assert len(seen) > 10
    assert told is None or seen <= set(told)
