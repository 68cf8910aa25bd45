# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which directives a program knows, from its file; against what the program then does."""
from __future__ import annotations

import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx.knows import (
    DIRECTIVES,
    known_directives,
)

WHERE = {
    "early_hints": "http { early_hints 0; }",
    "keepalive_min_timeout": "http { keepalive_min_timeout 1s; }",
    "keepalive_time": "http { keepalive_time 1h; }",
    "least_time": "http { upstream a { least_time header; server 127.0.0.1; } }",
    "max_headers": "http { max_headers 100; }",
    "proxy_pass_trailers": "http { proxy_pass_trailers on; }",
    "proxy_socket_keepalive": "http { proxy_socket_keepalive on; }",
    "sticky": "http { upstream a { sticky cookie b; server 127.0.0.1; } }",
    "worker_shutdown_timeout": "worker_shutdown_timeout 1s;",
}


@pytest.mark.parametrize("name", DIRECTIVES)
def test_nginx_accepts_what_it_knows(nginx_program, tmp_path, name):
    conf = tmp_path / "nginx.conf"
    conf.write_text("pid %s/pid; events { } %s" % (tmp_path, WHERE[name]))
    said = subprocess.run([nginx_program, "-t", "-c", str(conf), "-e", str(tmp_path / "log")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    unknown = b'unknown directive "%s"' % name.encode() in said.stdout
    assert known_directives(nginx_program)[name] is not unknown


@pytest.mark.parametrize("content, expected", [
    (b"\0sticky\0", True), (b"not sticky\0", None), (b"x sticky\0\0sticky\0", True),
    (b"\0sticky route\0", False), (b"", None),
])
def test_a_name_within_other_strings(tmp_path, content, expected):
    program = tmp_path / "program"
    program.write_bytes(content)
    assert known_directives(str(program))["sticky"] is expected


@pytest.mark.parametrize("path", ["/no/such", "/", "/dev/zero", "/proc/1/mem"])
def test_what_cannot_be_read_is_not_known(path):
    assert known_directives(path) == dict.fromkeys(DIRECTIVES)
