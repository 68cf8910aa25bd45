# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the entries go: last in http, and into the main context, in all kinds of trees."""
from __future__ import annotations

import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    entries,
    private_mount,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store

DEBIAN = """\
include modules-enabled/*.conf;
http {
    include conf.d/*.conf;
    include sites-enabled/*;
}
"""
NGINX_ORG = "http {\n    include conf.d/*.conf;\n}\n"


def planned(top, text, context, directories=("conf.d", "sites-enabled", "modules-enabled")):
    """The path, relative to the tree, and the content that a step writes; None without a step."""
    (top / "nginx.conf").write_text(text)
    for name in directories:
        os.makedirs(top / name, exist_ok=True)
    before = sorted(os.listdir(top))
    steps, _method = private_mount.run(
        [str(top)], lambda: entries.plan(Store(str(top)), str(top / "nginx.conf"), context))
    assert sorted(os.listdir(top)) == before and (top / "nginx.conf").read_text() == text
    return [(os.path.relpath(step["path"], top), step["content"]) for step in steps]


@pytest.fixture(autouse=True)
def as_root():
    if os.geteuid() != 0:
        pytest.skip("a private mount namespace takes root")


@pytest.mark.parametrize("text, http, main", [
    (DEBIAN, "sites-enabled/zz-no502.conf", "modules-enabled/zz-no502.conf"),
    (NGINX_ORG, "conf.d/zz-no502.conf", "nginx.conf"),
    ("http {\n    include conf.d/*.conf;\n    server { listen 80; }\n}\n", "nginx.conf",
     "nginx.conf"),
    ("http {\n    server {\n        include conf.d/*.conf;\n    }\n}\n", "nginx.conf",
     "nginx.conf"),
])
def test_a_directory_counts_only_where_nginx_includes_it_last(tmp_path, text, http, main):
    assert planned(tmp_path, text, "http")[0][0] == http
    assert planned(tmp_path, text, "main")[0][0] == main


@pytest.mark.parametrize("text, expected", [
    ("http {\n}\n", "http {\n    LINE\n}\n"),
    ("http { server { } }", "http { server { } \n    LINE\n}"),
    ("http {\n}\n# } the end\nmail { }\n", "http {\n    LINE\n}\n# } the end\nmail { }\n"),
    ("http {\n    log_format x '}';\n}\nstream { server { } }\n",
     "http {\n    log_format x '}';\n    LINE\n}\nstream { server { } }\n"),
])
def test_one_line_at_the_end_of_http(tmp_path, text, expected):
    ((path, content),) = planned(tmp_path, text, "http", directories=())
    line = "include %s/no502/http/*.conf; # managed by no502.node" % tmp_path
    assert path == "nginx.conf" and content == expected.replace("LINE", line)


def test_an_entry_that_is_there_is_kept_wherever_it_is(tmp_path):
    text = DEBIAN.replace("http {", "http {\n    include %s/no502/http/*.conf;" % tmp_path)
    assert planned(tmp_path, text, "http") == []


def test_without_http_there_is_no_place(tmp_path):
    with pytest.raises(Refused, match="no http block"):
        planned(tmp_path, "events { }\n", "http")
