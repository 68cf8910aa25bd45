# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser against nginx itself: what it accepts, and what it makes of a word."""
from __future__ import annotations

import http.client
import random
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree

from .conftest import accepts, wait_until

SEED = 502
PIECES = ["a", "b", " ", "  ", "\t", "\n", "'", '"', "\\", "\\n", "\\'", '\\"', "\\\\", "{", "}",
          ";", "#", "(", ")", "é", "\\t", "x}", "${host", "$"]
HEAD = """
pid {0}/nginx.pid; error_log {0}/error.log; daemon off; worker_processes 1;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:{1};
"""


def texts(count):
    print("seed", SEED)
    generator = random.Random(SEED)
    return ["".join(generator.choices(PIECES, k=generator.randint(1, 7)))
            for _number in range(count)]


def refused(program, conf):
    """What nginx has against a configuration, None if nothing."""
    result = subprocess.run([program, "-t", "-q", "-c", str(conf)], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    return result.stdout.decode("utf-8", "replace") if result.returncode else None


# nginx's messages about the text itself; others (an unknown variable, braces behind a directive
# that takes none) are about what the words mean.
SYNTAX = ("unexpected", "expecting")


@pytest.fixture
def directory(tmp_path):
    for name in "bpfus":
        (tmp_path / name).mkdir()
    tmp_path.chmod(0o755)
    return tmp_path


def test_it_refuses_what_nginx_refuses(nginx_program, directory):
    conf = directory / "nginx.conf"
    differences = []
    for text in texts(250):
        conf.write_text(HEAD.format(directory, 1) + "add_header X %s;\n}}\n" % text)
        said = refused(nginx_program, conf)
        syntax = said is not None and any(each in said for each in SYNTAX)
        problems = nginx_tree.parse(str(conf)).problems
        if syntax and not problems or problems and said is None:
            differences.append((text, said, problems))
    assert differences == []


def test_it_reads_the_words_that_nginx_reads(nginx_program, directory, background, port):
    conf = directory / "nginx.conf"
    expected = []
    locations = ""
    for text in texts(600):
        if "$" in text or "{" in text:
            continue
        location = "location = /%d { return 200 %s; }\n" % (len(expected), text)
        conf.write_text(HEAD.format(directory, port) + location + "}}\n")
        parsed = nginx_tree.parse(str(conf))
        if parsed.problems:
            continue
        server = parsed.directives[-1].block[-1]
        directives = server.block[-1].block
        # More words or directives than one `return` are refused for what they mean.
        if len(directives) != 1 or len(directives[0].args) != 2 or refused(nginx_program, conf):
            continue
        locations += location
        expected.append(directives[0].args[1])
    assert len(expected) > 100
    conf.write_text(HEAD.format(directory, port) + locations + "}}\n")
    background(nginx_program, "-c", str(conf))
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for number, word in enumerate(expected):
        connection.request("GET", "/%d" % number)
        assert connection.getresponse().read().decode() == word
    connection.close()
