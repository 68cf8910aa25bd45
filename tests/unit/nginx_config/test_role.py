# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role nginx_upstream renders, by version of nginx, and that a real nginx takes it."""
from __future__ import annotations

import copy
import pathlib
import re
import subprocess

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import lookup_loader
from ansible.template import Templar

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.18 trusts every text
    def trust_as_template(text):
        return text

ROLE = pathlib.Path(__file__).parents[3] / "roles" / "nginx_upstream"

TIMEOUTS = {
    "client_keepalive_timeout": 135000, "read_timeout": 65000, "send_timeout": 60000,
    "connect_timeout": 2000, "next_upstream_tries": 2, "next_upstream_timeout": 60000,
    "max_fails": 3, "fail_timeout": 5000, "pool_size": 32, "pool_idle": 10500,
}
SHOP = {
    "name": "shop", "server_names": ["shop.example"], "path": "/",
    "peers": [{"address": "10.0.0.2", "port": 3000}, {"address": "fd00::2", "port": 3000}],
    "listen": {"http": 80, "https": None}, "tls": None, "max_body": 1048576, "websocket": False,
    "adopt": False, "timeouts": TIMEOUTS,
}
TLS = {"certificate": "/etc/ssl/shop.pem", "key": "/etc/ssl/shop.key"}


def load(path):
    return yaml.safe_load((ROLE / path).read_text(encoding="utf-8"))


def app(**changes):
    return dict(copy.deepcopy(SHOP), **changes)


def render(template, one=None, version="1.30.6", ipv6=True, shutdown=71000, apps=None):
    """The template's text; Ansible makes None of an empty one."""
    variables = {
        "nginx_upstream_app": one or app(),
        "nginx_upstream_apps": apps or [one or app()],
        "nginx_upstream_version": [int(part) for part in version.split(".")],
        "nginx_upstream_ipv6": ipv6,
        "nginx_upstream_worker_shutdown_timeout": shutdown,
        "ansible_search_path": [str(ROLE)],
        "role_path": str(ROLE),
    }
    loader = DataLoader()
    templar = Templar(loader=loader, variables=variables)
    lookup = lookup_loader.get("ansible.builtin.template", loader=loader, templar=templar)
    (text,) = lookup.run([template], variables=variables)
    return text or ""


def directives(text):
    return [line.strip() for line in text.splitlines()
            if line.strip() and not line.strip().startswith("#")]


def test_every_entry_point_documents_the_defaults():
    defaults = load("defaults/main.yml")
    for entry in load("meta/argument_specs.yml")["argument_specs"].values():
        documented = {name: option.get("default") for name, option in entry["options"].items()}
        assert documented == defaults


def test_no_main_entry_point_is_left_undocumented():
    documented = set(load("meta/argument_specs.yml")["argument_specs"])
    steps = {path.stem for path in (ROLE / "tasks").iterdir()}
    assert steps - documented == {"install", "unit"}


def test_every_planned_value_is_rendered():
    text = render("app.conf.j2") + render("snippet.conf.j2")
    for directive in (
            "keepalive_timeout 135s;", "proxy_read_timeout 65s;", "proxy_send_timeout 60s;",
            "proxy_connect_timeout 2s;", "proxy_next_upstream_tries 2;",
            "proxy_next_upstream_timeout 60s;", "keepalive_timeout 10500ms;", "keepalive 32;",
            "server 10.0.0.2:3000 max_fails=3 fail_timeout=5s;",
            "server [fd00::2]:3000 max_fails=3 fail_timeout=5s;", "zone no502_shop 64k;",
            'proxy_set_header Connection "";', "proxy_http_version 1.1;",
            "client_max_body_size 1m;"):
        assert directive in directives(text), directive


@pytest.mark.parametrize("version, pool, expected", [
    ("1.22.1", 32, ["keepalive_timeout 10500ms;", "keepalive 32;"]),
    ("1.30.6", 32, ["keepalive_timeout 10500ms;", "keepalive 32;"]),
    ("1.22.1", 0, []),
    ("1.29.6", 0, []),
    ("1.29.7", 0, ["keepalive 0;"]),
])
def test_the_pool_is_last_in_its_upstream_and_off_where_it_must_be(version, pool, expected):
    one = app(timeouts=dict(TIMEOUTS, pool_size=pool))
    text = render("app.conf.j2", one, version)
    upstream = directives(re.search(r"upstream no502_shop \{(.*?)\n\}", text, re.S).group(1))
    assert [line for line in upstream if line.startswith("keepalive")] == expected
    assert upstream[len(upstream) - len(expected):] == expected


def test_node_is_not_told_to_close_where_nothing_is_pooled():
    one = app(timeouts=dict(TIMEOUTS, pool_size=0))
    assert 'proxy_set_header Connection "";' in directives(render("snippet.conf.j2", one))


@pytest.mark.parametrize("version, there", [("1.27.3", False), ("1.27.4", True)])
def test_idle_clients_outlast_a_reload_where_nginx_can(version, there):
    assert ("keepalive_min_timeout 3s;" in directives(render("app.conf.j2", version=version))) \
        == there


@pytest.mark.parametrize("version, listen, http2", [
    ("1.22.1", "listen 443 ssl http2;", False), ("1.25.1", "listen 443 ssl;", True)])
def test_tls_serves_http2_in_the_versions_own_words(version, listen, http2):
    text = directives(render("app.conf.j2", app(tls=TLS, listen={"http": 80, "https": 443}),
                             version))
    assert listen in text and ("http2 on;" in text) == http2
    assert "ssl_certificate /etc/ssl/shop.pem;" in text
    assert "return 301 https://$host$request_uri;" in text
    assert text.count('return 200 "$no502_generation\\n";') == 1


def test_tls_on_another_port_redirects_there():
    text = render("app.conf.j2", app(tls=TLS, listen={"http": 80, "https": 8443}))
    assert "return 301 https://$host:8443$request_uri;" in text


def test_tls_without_http_redirects_nobody():
    text = directives(render("app.conf.j2", app(tls=TLS, listen={"http": None, "https": 443})))
    assert text.count("server {") == 1 and not [line for line in text if "301" in line]


def test_what_an_app_leaves_out_is_as_documented():
    options = load("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    options = options["nginx_upstream_apps"]["options"]
    written_out = {name: option["default"] for name, option in options.items()
                   if "default" in option}
    least = {name: SHOP[name] for name in ("name", "peers", "timeouts")}
    for optional in ({}, {"tls": TLS}):
        for template in ("app.conf.j2", "snippet.conf.j2", "variables.conf.j2"):
            one = {**least, **optional}
            assert render(template, one) == render(template, {**written_out, **one})


def test_a_port_that_is_left_out_is_the_usual_one_and_null_is_none():
    text = directives(render("app.conf.j2", app(tls=TLS, listen={"https": 8443})))
    assert "listen 80;" in text and "return 301 https://$host:8443$request_uri;" in text
    text = directives(render("app.conf.j2", app(tls=TLS, listen={"http": None})))
    assert "listen 80;" not in text and text.count("server {") == 1


def test_the_readmes_example_is_rendered_as_it_is_written():
    readme = (ROLE / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", readme, re.S).group(1)
    (play,) = DataLoader().load(trust_as_template(example))
    (role,) = play["roles"]
    given = Templar(loader=DataLoader(), variables=role["vars"]).template(role["vars"])
    (one,) = given["nginx_upstream_apps"]
    shutdown = given["nginx_upstream_worker_shutdown_timeout"]
    assert directives(render("main.conf.j2", shutdown=shutdown))[0].startswith(
        "worker_shutdown_timeout ")
    text = directives(render("app.conf.j2", one, shutdown=shutdown))
    assert "listen 80;" in text and "server_name shop.example.com;" in text
    assert "location / {" in directives(render("snippet.conf.j2", one))


def test_a_host_without_ipv6_does_not_listen_on_it():
    assert "listen [::]:80;" in directives(render("app.conf.j2"))
    assert "listen [::]:80;" not in directives(render("app.conf.j2", ipv6=False))


def test_a_snippet_comes_without_a_server():
    assert "server {" not in directives(render("app.conf.j2", app(snippet_only=True)))


def test_a_websocket_is_upgraded_and_other_requests_keep_the_pool():
    text = directives(render("snippet.conf.j2", app(websocket=True)))
    assert "proxy_set_header Connection $no502_connection;" in text
    assert "proxy_set_header Upgrade $http_upgrade;" in text
    assert "''      '';" in directives(render("variables.conf.j2", app(websocket=True)))
    assert render("variables.conf.j2").strip() == ""


def test_the_edges_word_on_the_scheme_counts_only_behind_an_edge():
    assert "proxy_set_header X-Forwarded-Proto $scheme;" in directives(render("snippet.conf.j2"))
    one = app(behind_edge=True)
    assert "proxy_set_header X-Forwarded-Proto $no502_forwarded_proto;" in directives(
        render("snippet.conf.j2", one))
    assert "map $http_x_forwarded_proto $no502_forwarded_proto {" in directives(
        render("variables.conf.j2", one))


def test_other_locations_do_not_show_files_of_the_distribution():
    text = directives(render("app.conf.j2", app(path="/api/")))
    assert text[text.index("location / {") + 1] == "return 404;"
    assert "location /api/ {" in directives(render("snippet.conf.j2", app(path="/api/")))


@pytest.mark.parametrize("shutdown, main, unit", [
    (71000, "worker_shutdown_timeout 71s;", "TimeoutStopSec=81s"),
    (70500, "worker_shutdown_timeout 70500ms;", "TimeoutStopSec=81s"),
    (0, None, "TimeoutStopSec=infinity")])
def test_nginxs_own_stop_waits_longer_than_its_workers(shutdown, main, unit):
    assert directives(render("main.conf.j2", shutdown=shutdown)) == ([main] if main else [])
    assert unit in directives(render("unit.conf.j2", shutdown=shutdown))


@pytest.mark.parametrize("change", [
    {"name": "shop;"}, {"server_names": ["a.example; }"]}, {"server_names": ["$host"]},
    {"server_names": ['"a"']}, {"server_names": ["a\nb"]}, {"path": "/a b"}, {"path": "/{"},
    {"path": "/'"}, {"path": "/\\"}, {"peers": [{"address": "10.0.0.2;", "port": 3000}]},
    {"tls": {"certificate": "/a;b", "key": "/c"}, "listen": {"http": 80, "https": 443}}])
def test_what_would_begin_something_new_is_refused_and_never_rendered(change):
    with pytest.raises(AnsibleError, match="cannot be written into nginx's configuration"):
        render("app.conf.j2", app(**change))
        render("snippet.conf.j2", app(**change))


@pytest.mark.parametrize("change", [
    {}, {"websocket": True, "behind_edge": True}, {"path": "/api"},
    {"timeouts": dict(TIMEOUTS, pool_size=0, client_header_timeout=135000)}, {"tls": True}])
def test_a_real_nginx_accepts_it_without_a_warning(host, change):
    one = app(listen={"http": host.port, "https": None}, **change)
    if one["tls"]:
        one["tls"] = {"certificate": str(host.top / "cert"), "key": str(host.top / "key")}
        one["listen"]["https"] = host.port + 1
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj",
             "/CN=shop.example", "-keyout", one["tls"]["key"], "-out", one["tls"]["certificate"]],
            check=True, capture_output=True)
    version = subprocess.run([host.program, "-v"], capture_output=True, text=True, check=True)
    version = re.search(r"/([0-9.]+)", version.stderr).group(1)
    files = [
        {"path": "main.conf", "content": render("main.conf.j2")},
        {"path": "http/10-variables.conf", "content": render("variables.conf.j2", one)},
        {"path": "http/app-shop.conf", "content": render("app.conf.j2", one, version)},
        {"path": "snippets/shop.conf", "content": render("snippet.conf.j2", one)},
    ]
    loaded = host.bring(files)
    assert loaded["warnings_of_nginx"] == []
    assert loaded["proof"] and {entry["answer"] for entry in loaded["proof"]} == {
        loaded["generation"]}
