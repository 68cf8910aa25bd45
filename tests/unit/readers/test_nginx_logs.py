# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nginx logs: levels, formats, what is in force unwritten, what is no file."""
from __future__ import annotations

import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import reading as nginx_reading
from ansible_collections.no502.node.plugins.module_utils.nginx.logs import Logs
from ansible_collections.no502.node.plugins.module_utils.nginx.process import installed_nginx
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import parse

DEFAULTS = {"error": "logs/error.log", "access": "logs/access.log"}
SERVER = "server { location / { } }"


def logs(tree, text, defaults=None):
    directives = parse(tree({"nginx.conf": text})).directives
    return Logs(directives, "/p", DEFAULTS if defaults is None else defaults).reading()


def errors(tree, text, **more):
    return [(each["path"], each["level"]) for each in logs(tree, text, **more)["error"]]


def access(tree, text, **more):
    return [(each["path"], each["format"]) for each in logs(tree, text, **more)["access"]]


@pytest.mark.parametrize("text, expected", [
    ("", [("/p/logs/error.log", "error")]),
    ("error_log /e;", [("/e", "error")]),
    ("error_log e warn; error_log /f crit;", [("/p/e", "warn"), ("/f", "crit")]),
    ("error_log stderr; error_log syslog:server=a info;",
     [("stderr", "error"), ("syslog:server=a", "info")]),
    ("http { error_log /h; server { error_log /s warn; location / { error_log /h; } } }",
     [("/p/logs/error.log", "error"), ("/h", "error"), ("/s", "warn")]),
    ("error_log /e; stream { error_log /t; }", [("/e", "error"), ("/t", "error")]),
])
def test_error_logs(tree, text, expected):
    assert sorted(errors(tree, text)) == sorted(expected)


@pytest.mark.parametrize("text, expected", [
    ("http { %s }" % SERVER, [("/p/logs/access.log", "combined")]),
    ("http { access_log /a main; %s }" % SERVER, [("/a", "main")]),
    ("http { access_log /a; access_log b main buffer=1k; %s }" % SERVER,
     [("/a", "combined"), ("/p/b", "main")]),
    ("http { access_log /a if=$x; %s }" % SERVER, [("/a", "combined")]),
    ("http { access_log off; %s }" % SERVER, []),
    ("http { server { access_log /a; } }", [("/a", "combined")]),
    ("http { server { access_log /a; } %s }" % SERVER,
     [("/a", "combined"), ("/p/logs/access.log", "combined")]),
    ("http { access_log off; server { location / { access_log $host.log; } } }",
     [("$host.log", "combined")]),
    ("stream { access_log /t basic; }", [("/t", "basic")]),
    ("", []),
])
def test_access_logs(tree, text, expected):
    assert sorted(access(tree, text)) == sorted(expected)


def test_what_nginx_was_not_asked_is_not_guessed(tree):
    assert logs(tree, "http { %s }" % SERVER, defaults={}) \
        == {"error": [], "access": [], "formats": {}, "more": 0}


def test_formats_in_use(tree):
    found = logs(tree, """http { access_log /a main; access_log /b long;
log_format main escape=json '$status '
  '$upstream_status'; log_format other x; log_format long %s; }""" % ("x" * 2000))
    assert found["formats"] == {"main": "$status $upstream_status", "long": None}


def test_where_each_is_written(tree):
    found = logs(tree, "\nerror_log /e;")
    assert found["error"][0]["where"].endswith("nginx.conf:2")
    assert logs(tree, "")["error"][0]["where"] is None


def test_many_logs_are_counted(tree):
    servers = "".join("server { access_log /%d; error_log /e%d; }" % (n, n) for n in range(50))
    found = logs(tree, "http { %s }" % servers)
    assert (len(found["access"]), len(found["error"]), found["more"]) == (32, 32, 37)


def test_nothing_is_hidden_by_files_included_twice_and_twice_again(tree):
    files = {"%d.conf" % n: "location /%d { include %d.conf; } location /x%d { include %d.conf; }"
             % (n, n + 1, n, n + 1) for n in range(30)}
    conf = tree(dict(files, **{"nginx.conf": "http { server { include 0.conf; } }",
                               "30.conf": "error_log /deep;"}))
    found = nginx_reading.read_nginx(conf, "/")["logs"]
    assert [each["path"] for each in found["error"]] == ["/deep"]


def test_the_paths_that_a_program_was_built_with(nginx_program):
    found = installed_nginx()["logs"]
    said = subprocess.run([nginx_program, "-V"], stderr=subprocess.PIPE, check=True).stderr.decode()
    # Debian's goes to stderr until a configuration says otherwise.
    assert "--error-log-path=" + found["error"] in said.split()
    assert "--http-log-path=" + found["access"] in said.split()
