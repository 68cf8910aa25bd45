# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user reads for every bad input, word by word; and what a good inventory becomes."""
from __future__ import annotations

import copy
import json

import pytest

from ansible_collections.no502.node.plugins.plugin_utils.plan import text as plan_text
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import as_text
from ansible_collections.no502.node.plugins.plugin_utils.plan.inventory import plan_run

GROUPS = {
    "all": ["lb1", "lb2", "app1", "app2", "app3"], "ungrouped": [],
    "nginx": ["lb1"], "edge2": ["lb2"], "node": ["app1", "app2"], "other": ["app3"],
    "both": ["lb1", "app1"], "empty": [],
}
SHOP = {
    "longest_request": "60s",
    "edge": {"kind": "aws_alb", "idle_timeout": "120s"},
    "server_names": ["shop.example.com"],
    "port": 3000,
    "directory": "/srv/shop",
    "entry": "server.js",
    "instances": 2,
    "memory_max": "1G",
    "supervisor": "systemd",
}
BLOG = {**SHOP, "server_names": ["blog.example.com"], "port": 4000, "directory": "/srv/blog"}
GONE = object()

DURATIONS = "seconds (90), or a time as nginx or systemd writes it (90s, 1m30s, 1min 30s, 500ms)"
EDGES = ("aws_alb, aws_clb, aws_nlb, azure_app_gw, azure_front_door, "
         "azure_lb, cloudflare, cloudfront, envoy, fastly, fly, gcp_alb, "
         "heroku, oci, other, traefik, none")


def planned(apps, hostvars=None, **variables):
    known = hostvars or {}
    variables.setdefault("no502_apps", apps)
    return plan_run(copy.deepcopy(variables), GROUPS,
                    lambda host, name: known.get(host, {}).get(name))


def shop(**changes):
    changed = {**SHOP, **changes}
    return {key: value for key, value in changed.items() if value is not GONE}


def the_error(apps, hostvars=None, **variables):
    _plan, errors = planned(apps, hostvars, **variables)
    assert len(errors) == 1, [str(error) for error in errors]
    return words(as_text(errors[0]))


def block(name, problem, accepted, example):
    return words(f"{name} {problem} accepted: {accepted} example: {example}")


def words(text):
    """The text without its line breaks; where they are is another test's matter."""
    return " ".join(text.split())


A_DURATION = (DURATIONS, "longest_request: 60s")
A_PORT = ("a whole number from 1 to 65535", "port: 3000")
A_NAME = ("host names; no wildcards, no regular expressions (non-ASCII names "
          "in punycode)", "server_names: [shop.example.com]")
A_DIRECTORY = ("an absolute path of letters, digits and . _ / @ + = , ~ : -, "
               "without '..'", "directory: /srv/shop")
AN_ENTRY = ("a file below directory, of letters, digits and . _ / @ + = , ~ : "
            "-", "entry: server.js")
AN_EDGE = (EDGES, "edge: {kind: aws_alb, idle_timeout: 120s}")
TLS = "tls: {certificate: /etc/ssl/shop.pem, key: /etc/ssl/shop.key}"
NEVER = "which is never written to a configuration"


@pytest.mark.parametrize("key, value, where, problem, accepted, example", [
    ("longest_request", "-5s", "", "'-5s' is negative", *A_DURATION),
    ("longest_request", "1.5m", "", "'1.5m' has a fraction, which nginx cannot read", *A_DURATION),
    ("longest_request", "sixty", "", "'sixty' is not a duration", *A_DURATION),
    ("longest_request", 0, "", "0 means nothing here",
     "at least 1 ms", "longest_request: 60s"),
    ("longest_request", True, "", "True is not a duration", *A_DURATION),
    ("longest_request", "2d", "", "'2d' is too long", "at most 1 d", "longest_request: 60s"),
    ("longest_request", GONE, "", "is missing", "how long the longest request takes",
     "longest_request: 60s"),
    ("longest_request", None, "", "is empty", "how long the longest request takes",
     "longest_request: 60s"),
    ("edge", "aws_alp", "", "unknown edge 'aws_alp': did you mean aws_alb?", *AN_EDGE),
    ("edge", {"kind": "nginx"}, ".kind", "unknown edge 'nginx'", *AN_EDGE),
    ("port", 0, "", "0 is out of bounds", *A_PORT),
    ("port", 70000, "", "70000 is out of bounds", *A_PORT),
    ("port", "30o0", "", "'30o0' is not a whole number", *A_PORT),
    ("port", 3000.5, "", "3000.5 is not a whole number", *A_PORT),
    ("port", True, "", "True is not a whole number", *A_PORT),
    ("port", GONE, "", "is missing", "the port of the first process", "port: 3000"),
    ("port", 65535, "", "2 instances from port 65535 end at 65536",
     "a port up to 65534 for 2 instances", "port: 3000"),
    ("server_names", ["shop;.example.com"], "[0]", f"'shop;.example.com' has a ;, {NEVER}",
     *A_NAME),
    ("server_names", ["shop.example.com", "a{b"], "[1]", f"'a{{b' has a {{, {NEVER}", *A_NAME),
    ("server_names", ["a}b"], "[0]", f"'a}}b' has a }}, {NEVER}", *A_NAME),
    ("server_names", ["a\nb"], "[0]", rf"'a\nb' has a newline, {NEVER}", *A_NAME),
    ("server_names", ["shop.example.com\n"], "[0]",
     rf"'shop.example.com\n' has a newline, {NEVER}", *A_NAME),
    ("server_names", ["a'b"], "[0]", f"\"a'b\" has a quote ('), {NEVER}", *A_NAME),
    ("server_names", ['a"b'], "[0]", f"'a\"b' has a quote (\"), {NEVER}", *A_NAME),
    ("server_names", ["$host"], "[0]", f"'$host' has a $, {NEVER}", *A_NAME),
    ("server_names", ["a b"], "[0]", f"'a b' has a space, {NEVER}", *A_NAME),
    ("server_names", ["*.example.com"], "[0]", "'*.example.com' cannot be used", *A_NAME),
    ("server_names", ["b\u00fccher.example"], "[0]", "'b\u00fccher.example' cannot be used",
     *A_NAME),
    ("server_names", ["_"], "[0]", "'_' names no host", *A_NAME),
    ("server_names", [7], "[0]", "7 is not a text", *A_NAME),
    ("server_names", ["a.example", "A.example"], "[1]", "'a.example' is there twice",
     "a list of host names", "server_names: [shop.example.com]"),
    ("server_names", "shop.example.com", "", "'shop.example.com' is not a list",
     "a list of host names", "server_names: [shop.example.com]"),
    ("server_names", [], "", "is empty", "a list of host names",
     "server_names: [shop.example.com]"),
    ("path", "/a;b", "", f"'/a;b' has a ;, {NEVER}",
     "a path that begins with / and needs no quoting", "path: /api/"),
    ("path", "~ \\.php$", "", rf"'~ \\.php$' has a space, {NEVER}",
     "a path that begins with / and needs no quoting", "path: /api/"),
    ("path", "api/", "", "'api/' cannot be used",
     "a path that begins with / and needs no quoting", "path: /api/"),
    ("directory", "/srv/my shop", "", f"'/srv/my shop' has a space, {NEVER}", *A_DIRECTORY),
    ("directory", "srv/shop", "", "'srv/shop' is not an absolute path", *A_DIRECTORY),
    ("directory", "/srv/../etc", "", "'/srv/../etc' is not an absolute path", *A_DIRECTORY),
    ("entry", "server.js; rm", "", f"'server.js; rm' has a ;, {NEVER}", *AN_ENTRY),
    ("directory", "/srv/%i", "", "'/srv/%i' cannot be used", *A_DIRECTORY),
    ("entry", "../server.js", "", "'../server.js' does not lie below directory", *AN_ENTRY),
    ("entry", "--eval=1", "", "'--eval=1' does not lie below directory", *AN_ENTRY),
    ("memory_max", "256M", "", "'256M' is too small for Node",
     "at least 384M: Node needs 256M beside its heap", "memory_max: 1G"),
    ("memory_max", 512, "", "512 is too small for Node",
     "at least 384M: Node needs 256M beside its heap", "memory_max: 1G"),
    ("memory_max", "50%", "", "'50%' is not a size",
     "bytes, or a size as nginx or systemd writes it (512M, 1G)", "memory_max: 1G"),
    ("memory_max", GONE, "", "is missing", "the memory of one process, at least 384M",
     "memory_max: 1G"),
    ("max_body", "1MB", "",
     "'1MB': neither nginx nor systemd knows this unit; M and G are 1024-based",
     "bytes, or a size as nginx or systemd writes it (512M, 1G)", "max_body: 1m"),
    ("state", "gone", "", "unknown value 'gone'", "present, absent", "state: present"),
    ("adopt", "yes", "", "'yes' is neither true nor false", "true or false", "adopt: true"),
    ("websocket", 1, "", "1 is neither true nor false", "true or false", "websocket: true"),
    ("default_server", 1, "", "1 is neither true nor false", "true or false",
     "default_server: true"),
    ("instances", 0, "", "0 is out of bounds", "a whole number from 1 to 64", "instances: 2"),
    ("instances", [2], "", "[2] is not a whole number", "a whole number from 1 to 64",
     "instances: 2"),
    ("supervisor", "pm2", "", "pm2 is not there yet", "systemd", "supervisor: systemd"),
    ("supervisor", "runit", "", "unknown value 'runit'", "systemd", "supervisor: systemd"),
    ("replaces", "shop", "", "'shop' cannot be used", "the name of a systemd service",
     "replaces: shop-old.service"),
    ("user", "Shop User", "", f"'Shop User' has a space, {NEVER}",
     "a user's name: small letters, digits, - and _", "user: shop"),
    ("upload_time", "1h30", "", "'1h30' ends in a number without its unit", DURATIONS,
     "upload_time: 120s"),
    ("memmory_max", "1G", "", "no such key: did you mean memory_max?",
     "adopt, default_server, directory, edge, entry, environment, hosts, instances, "
     "listen, longest_request, max_body, memory_max, nginx, overrides, "
     "path, port, replaces, server_names, state, supervisor, tls, "
     "upload_time, user, websocket",
     "no502_apps: {shop: {longest_request: 60s, port: 3000, ...}}"),
    ("tls", {"certificate": "/etc/ssl/shop.pem"}, ".key", "is missing",
     "the path of the file on the nginx hosts", TLS),
    ("tls", {"certificate": "/c", "key": "/k;"}, ".key", f"'/k;' has a ;, {NEVER}",
     A_DIRECTORY[0], TLS),
    ("tls", True, "", "True is not a mapping", "a mapping of certificate, key", TLS),
    ("listen", {"https": 443}, ".https", "there is no certificate to listen with",
     "tls with certificate and key, or no https", TLS),
    ("listen", {"http": "80a"}, ".http", "'80a' is not a whole number",
     "a whole number from 1 to 65535", "http: 3000"),
    ("listen", {"http": None}, "", "nginx would listen nowhere",
     "a port for http, for https, or both", "listen: {http: 80, https: 443}"),
    ("environment", {"A-B": "x"}, ".A-B", "'A-B' is not the name of a variable",
     "a mapping of variables to texts or numbers (true and false in quotes)",
     'environment: {LOG_LEVEL: "info"}'),
    ("environment", {"DEBUG": True}, ".DEBUG", "a bool is not a text",
     "a mapping of variables to texts or numbers (true and false in quotes)",
     'environment: {LOG_LEVEL: "info"}'),
    ("environment", {"KEY": "secret\nX=1"}, ".KEY", "has a newline or another control character",
     "a mapping of variables to texts or numbers (true and false in quotes)",
     'environment: {LOG_LEVEL: "info"}'),
    ("environment", {"NO502_LISTEN": "1"}, ".NO502_LISTEN",
     "NO502_LISTEN is set by this collection or by systemd",
     "a mapping of variables to texts or numbers (true and false in quotes)",
     'environment: {LOG_LEVEL: "info"}'),
    ("hosts", "nodes", "", "there is no group 'nodes': did you mean node?",
     "a group with hosts; there are: both, edge2, empty, nginx, node, other", "hosts: node"),
    ("nginx", "empty", "", "the group 'empty' has no hosts",
     "a group with hosts; there are: both, edge2, empty, nginx, node, other", "nginx: nginx"),
    ("hosts", "edge", "", "there is no group 'edge': did you mean edge2?",
     "a group with hosts; there are: both, edge2, empty, nginx, node, other", "hosts: edge2"),
    ("hosts", "emptty", "", "there is no group 'emptty': did you mean empty?",
     "a group with hosts; there are: both, edge2, empty, nginx, node, other", "hosts: node"),
    ("overrides", [], "", "[] is not a mapping",
     "a mapping of nginx, node, drain, systemd, memory",
     "overrides: {nginx: {read_timeout: 70s}}"),
    ("overrides", {"nginx": {"read_timeout": "70 minuets"}}, ".nginx.read_timeout",
     "'70 minuets' is not a duration", DURATIONS, "read_timeout: 60s"),
])
def test_a_bad_value(key, value, where, problem, accepted, example):
    error = the_error({"shop": shop(**{key: value})})
    assert error == block(f"no502_apps.shop.{key}{where}", problem, accepted, example)


@pytest.mark.parametrize("name", ["a/b", "..", "Shop", "-x", "shop.js", "", "x" * 40, 5])
def test_a_name_that_is_no_safe_file_name(name):
    error = the_error({name: SHOP})
    assert error.startswith(f"no502_apps.{name} ")
    assert "accepted: an app's name: a small letter, then up to 30 small letters" in error


def test_a_name_with_a_newline_stays_on_its_line():
    assert the_error({"shop\nx": SHOP}).startswith(r"no502_apps.shop\nx 'shop\nx' has a newline")


@pytest.mark.parametrize("apps, problem", [
    (None, "is missing"), ({}, "is empty"), ([], "[] is not a mapping"),
    ("shop", "'shop' is not a mapping"),
])
def test_no_apps(apps, problem):
    assert the_error(apps) == block(
        "no502_apps", problem, "a mapping of apps by name, for all hosts",
        "no502_apps: {shop: {longest_request: 60s, port: 3000, ...}}")


def test_an_app_that_is_no_mapping():
    assert the_error({"shop": "server.js"}) == block(
        "no502_apps.shop", "'server.js' is not a mapping", "a mapping of the app's keys",
        "no502_apps: {shop: {longest_request: 60s, port: 3000, ...}}")


def test_two_apps_on_one_port_of_one_host():
    assert the_error({"shop": SHOP, "blog": {**BLOG, "port": 3001}}) == block(
        "no502_apps.blog.port",
        "port 3001 of app1 is taken by shop (instance 2 of 2); here it is blog "
        "(instance 1 of 2)",
        "ports that no other app on the same host has: port to port + "
        "instances - 1", "port: 3003")


def test_one_port_on_different_hosts_is_no_clash():
    plan, errors = planned({"shop": SHOP, "blog": {**BLOG, "port": 3000, "hosts": "other"}})
    assert errors == []
    assert plan["apps"]["blog"]["node_hosts"] == ["app3"]


def test_a_port_that_nginx_listens_on():
    error = the_error({"shop": shop(port=79, hosts="both")})
    assert error.startswith("no502_apps.shop.port port 80 of lb1 is where nginx listens for shop ")


@pytest.mark.parametrize("path", ["/", "/blog/"])
def test_two_apps_with_one_name_whatever_their_paths(path):
    blog = {**BLOG, "server_names": ["Shop.example.com"], "path": path}
    assert the_error({"shop": SHOP, "blog": blog}) == block(
        "no502_apps.blog.server_names",
        "shop.example.com on port 80 of lb1 leads to shop already; another path does not tell "
        "two apps apart",
        "server names that no other app has on the same nginx host and port",
        "server_names: [blog.example.com]")


@pytest.mark.parametrize("difference", [{"nginx": "edge2"}, {"listen": {"http": 8080}}])
def test_one_name_that_can_be_told_apart(difference):
    _plan, errors = planned(
        {"shop": SHOP, "blog": {**BLOG, "server_names": SHOP["server_names"], **difference}})
    assert errors == []


def test_one_port_of_nginx_with_and_without_tls():
    tls = {"certificate": "/c", "key": "/k"}
    error = the_error({"shop": shop(tls=tls), "blog": {**BLOG, "listen": {"http": 443}}})
    assert error == block("no502_apps.blog.listen.http", "443 on lb1 is the https port of shop",
                          "one protocol a port of nginx's", "listen: {http: 80, https: 443}")


@pytest.mark.parametrize("address, problem", [
    ("app1.internal", "'app1.internal' is not an IP address"),
    ("10.0.0.256", "'10.0.0.256' is not an IP address"),
    ("10.0.0.5;", "'10.0.0.5;' is not an IP address"),
    ("10.0.0.0/24", "'10.0.0.0/24' is not an IP address"),
    (10, "10 is not a text"),
])
def test_an_address_that_is_none(address, problem):
    error = the_error({"shop": SHOP}, {"app1": {"no502_address": address}})
    assert error == block("no502_address of app1", problem, "an IP address",
                          "no502_address: 10.0.0.5")


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "fe80::1%eth0"])
def test_an_address_that_leads_nowhere(address):
    error = the_error({"shop": SHOP}, {"app1": {"no502_address": address}})
    assert f"'{address}' is no address that nginx could connect to" in error


def test_one_address_of_two_hosts():
    error = the_error({"shop": SHOP}, {"app1": {"no502_address": "10.0.0.5"},
                                       "app2": {"no502_address": "10.0.0.5"}})
    assert error.startswith("no502_address of app2 10.0.0.5 is the address of app1, too ")


@pytest.mark.parametrize("name, value, where, problem", [
    ("no502_profile", "strikt", "", "unknown value 'strikt': did you mean strict?"),
    ("no502_gate_scope", "some", "", "unknown value 'some'"),
    ("no502_fail_on", True, "", "unknown value True"),
    ("no502_install", "nginx", "", "'nginx' is not a list"),
    ("no502_install", ["pm2"], "[0]", "unknown value 'pm2'"),
    ("no502_override", "outage", "", "'outage' is not a mapping"),
    ("no502_override", {"reason": "outage"}, ".owner", "is missing"),
    ("no502_override", {"reason": "a\nb", "owner": "kim"}, ".reason",
     r"'a\nb' has a newline or another control character"),
    ("no502_waivers", {"rule": "x"}, "", "{'rule': 'x'} is not a list"),
    ("no502_waivers", ["x"], "[0]", "'x' is not a mapping"),
    ("no502_engine", {"kind": "regorus"}, ".kind", "unknown value 'regorus'"),
    ("no502_engine", {"kind": "opa"}, ".url", "is missing"),
    ("no502_engine", {"kind": "opa", "url": "opa.example.com"}, ".url",
     "'opa.example.com' is not an address of a server"),
    ("no502_engine", {"kind": "opa", "url": "http://o", "timeout": "5 M"}, ".timeout",
     "'5 M': M is a month to nginx and systemd; a minute is m or min"),
    ("no502_engine", {"kind": "opa", "url": "http://o", "token": "a\nb"}, ".token",
     "is not a token"),
    ("no502_engine", {"kind": "opa", "url": "http://o", "tokn": "a"}, ".tokn",
     "no such key: did you mean token?"),
])
def test_a_bad_input_of_the_playbooks(name, value, where, problem):
    error = the_error({"shop": SHOP}, **{name: value})
    assert error.startswith(f"{name}{where} {problem} accepted: ")


def test_a_misspelt_program_to_install():
    error = the_error({"shop": SHOP}, no502_install=["nodejs"])
    assert error == block("no502_install[0]", "unknown value 'nodejs': did you mean node?",
                          "nginx, node", "no502_install: [nginx, node]")


def test_the_usual_group_by_another_name():
    """The app names no group: the inventory says C(nodes:) where C(node:) is looked for."""
    _plan, errors = plan_run({"no502_apps": {"shop": copy.deepcopy(SHOP)}},
                             {"nginx": ["lb1"], "nodes": ["app1"]}, lambda host, name: None)
    assert [words(as_text(error)) for error in errors] == [
        block("no502_apps.shop.hosts", "there is no group 'node': did you mean nodes?",
              "a group with hosts; there are: nginx, nodes", "hosts: nodes")]


def test_a_misspelt_variable():
    assert the_error({"shop": SHOP}, no502_proflie="strict").startswith(
        "no502_proflie no such variable: did you mean no502_profile? accepted: ")


def test_variables_of_the_playbooks_own_are_left_alone():
    _plan, errors = planned({"shop": SHOP}, no502_plan=None, no502_readings=None)
    assert errors == []


def test_every_error_is_told_at_once_those_of_an_app_together():
    _plan, errors = planned({"shop": shop(port=0, hosts="nodes"), "blog": {**BLOG, "port": "x"}},
                            no502_profile="lax")
    assert [line for line in plan_text.errors_text(errors).splitlines()
            if line.startswith("no502_")] == [
        "no502_profile", "no502_apps.shop.port", "no502_apps.shop.hosts", "no502_apps.blog.port"]
    assert plan_text.errors_text(errors).startswith(
        "4 errors in the inventory. No host was touched.\n")
    assert plan_text.short(errors) == (
        "wrong in the inventory: no502_profile, no502_apps.shop.port, no502_apps.blog.port, "
        "no502_apps.shop.hosts; explained above")


def test_the_layout_of_an_error():
    _plan, errors = planned({"shop": shop(edge="aws_alb")})
    assert plan_text.errors_text(errors) == """\
1 error in the inventory. No host was touched.

no502_apps.shop.edge.idle_timeout
  aws_alb gives up after 60 s; a longest request of 60 s needs 70 s there, as
  nginx must wait 65 s for Node and answer before the edge gives up
  accepted: edge.idle_timeout of aws_alb >= 70s, set at the edge
            (idle_timeout.timeout_seconds) and declared here; or a
            longest_request of at most 54s
  example:  edge: {kind: aws_alb, idle_timeout: 70s}
"""


def test_what_is_shown_fits_80_columns():
    bad = {"shop": {"bogus": 1, "edge": "x", "overrides": {"x": 1}}, "a b": {}}
    _plan, errors = planned(bad, no502_waiver=[])
    plan, none = planned({"shop": SHOP})
    assert none == []
    lines = (plan_text.errors_text(errors) + plan_text.plan_text(plan)).splitlines()
    assert [line for line in lines if len(line) > 79] == []


def test_the_inventory_of_the_readme():
    plan, errors = planned({"shop": SHOP}, {"app1": {"no502_address": "10.0.0.5"}})
    assert errors == []
    json.dumps(plan)
    timeouts = plan["apps"]["shop"].pop("timeouts")
    assert timeouts["nginx"]["read_timeout"] == 65000
    assert timeouts["nginx"]["next_upstream_tries"] == 3  # of 2 hosts x 2 instances
    edge = plan["apps"]["shop"].pop("edge")
    assert (edge["kind"], edge["idle_timeout"]) == ("aws_alb", 120000)
    assert plan == {
        "apps": {"shop": {
            "name": "shop", "state": "present", "longest_request": 60000,
            "server_names": ["shop.example.com"], "directory": "/srv/shop", "entry": "server.js",
            "memory_max": 1024 ** 3, "user": "shop", "environment": {}, "instances": 2,
            "supervisor": "systemd", "replaces": None, "adopt": False, "path": "/",
            "max_body": 1024 ** 2, "websocket": False, "default_server": False,
            "ports": [3000, 3001], "tls": None,
            "listen": {"http": 80, "https": None}, "node_hosts": ["app1", "app2"],
            "nginx_hosts": ["lb1"],
        }},
        "addresses": {"app1": "10.0.0.5"}, "profile": "default", "scope": "changed",
        "override": None, "waivers": [], "engine": {"kind": "embedded", "timeout": 5000},
        "install": [], "fail_on": "error", "report_dir": None,
    }


def test_no_edge_is_an_edge():
    for edge in (GONE, None, "none"):
        plan, errors = planned({"shop": shop(edge=edge)})
        assert errors == [] and plan["apps"]["shop"]["edge"] is None


def test_an_app_to_take_away_needs_nothing_but_its_name():
    plan, errors = planned({"shop": {"state": "absent"}})
    assert errors == []
    assert plan["apps"]["shop"]["state"] == "absent"
    assert plan["apps"]["shop"]["timeouts"] is None
    assert plan["apps"]["shop"]["node_hosts"] == ["app1", "app2"]
    assert plan["apps"]["shop"]["ports"] == []


def test_an_app_to_take_away_frees_its_port_and_name():
    plan, errors = planned({"shop": shop(state="absent"), "blog": {
        **BLOG, "port": 3000, "server_names": SHOP["server_names"]}})
    assert errors == []
    assert plan["apps"]["shop"]["ports"] == [3000, 3001]


def test_tls_adds_a_listener():
    plan, errors = planned({"shop": shop(tls={"certificate": "/c", "key": "/k"})})
    assert errors == []
    assert plan["apps"]["shop"]["listen"] == {"http": 80, "https": 443}
    plan, errors = planned({"shop": shop(tls={"certificate": "/c", "key": "/k"},
                                         listen={"http": None, "https": 8443})})
    assert errors == []
    assert plan["apps"]["shop"]["listen"] == {"http": None, "https": 8443}


def test_overrides_are_applied_last_and_marked():
    plan, errors = planned({"shop": shop(overrides={"nginx": {"read_timeout": "70s"}})})
    assert errors == []
    timeouts = plan["apps"]["shop"]["timeouts"]
    assert timeouts["nginx"]["read_timeout"] == 70000
    assert timeouts["reasons"]["nginx.read_timeout"] == \
        "overridden in the inventory; planned was 65 s"
    assert timeouts["node"]["headers_timeout"] == 95000


def test_an_opa_server():
    plan, errors = planned({"shop": SHOP}, no502_engine={
        "kind": "opa", "url": "https://opa.example.com:8181/", "token": "s", "timeout": "2s"})
    assert errors == []
    assert plan["engine"] == {"kind": "opa", "url": "https://opa.example.com:8181", "token": "s",
                              "ca": None, "timeout": 2000}
