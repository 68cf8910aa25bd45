# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever stands in the files or answers in nginx's place: a reading with a reason, no failure."""
from __future__ import annotations

import json
import os
import signal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.module_utils.chain_reading import printable
from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.nginx import (
    process as nginx_process,
    tree as nginx_tree,
)
from ansible_collections.no502.node.plugins.module_utils.nginx.process import running_nginx
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import (
    read_all_nginx,
    read_nginx,
)

from .conftest import wait_until


def reasons(reading):
    return [problem["reason"] for problem in reading["problems"]]


# In the place of the program


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Read an installed nginx that is a script; it answers `-V` as it is told to."""
    monkeypatch.setattr(nginx_process, "_DIRECTORIES", (str(tmp_path),))
    monkeypatch.setattr(nginx_process, "ASK_SECONDS", 0.5)

    def read(script, name="nginx", **more):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n" + script)
        program.chmod(0o755)
        (reading,) = read_all_nginx({}, **more)
        assert reading["binary"] == str(program)
        return reading
    return read


@pytest.mark.parametrize("script, reason", [
    ("exit 1", "-V does not say which version it is"),
    ("sleep 60", "did not answer within 0 s"),
    ("yes nginx", "-V does not say which version it is"),
    ("head -c 100000000 /dev/zero", "-V does not say which version it is"),
    ("echo 'nginx version: nginx/x'", "-V does not say which version it is"),
    ("kill -9 $$", "-V does not say which version it is"),
])
def test_a_program_that_does_not_answer(installed, script, reason):
    reading = installed(script)
    assert reason in reasons(reading)[0]
    assert reasons(reading)[1] == "which configuration it uses is not known"
    assert (reading["version"], reading["conf"], reading["complete"]) == (None, None, False)
    assert reading["logs"]["error"] == []


def test_its_files_are_read_all_the_same_where_they_are_named(installed, tree):
    reading = installed("exit 1", conf=tree({"nginx.conf": "worker_processes 2;"}))
    assert reading["main"]["worker_processes"]["value"] == 2
    assert reading["complete"] and reading["version"] is None


def test_an_openresty_as_its_program_would_describe_itself(installed, tree, tmp_path):
    """A script that prints what OpenResty's `-V` prints: there is no package of it to be had."""
    tree({"r/conf/nginx.conf": "error_log logs/my.log; worker_processes 3;"})
    reading = installed("""cat >&2 <<END
nginx version: openresty/1.27.1.2
built by gcc 12.2.0 (Debian 12.2.0-14)
TLS SNI support enabled
configure arguments: --prefix=%s/r --with-cc-opt='-O2 -DNGX_LUA_ABORT_AT_PANIC' --with-ld-opt=-x
END
""" % tmp_path, name="openresty")
    assert (reading["product"], reading["version"]) == ("openresty", [1, 27, 1, 2])
    assert reading["conf"] == str(tmp_path / "r/conf/nginx.conf")
    assert reading["main"]["worker_processes"]["value"] == 3
    assert reading["logs"]["error"][0]["path"] == str(tmp_path / "r/logs/my.log")
    assert reading["problems"] == []


def test_programs_that_hang_share_one_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(nginx_process, "MAX_SECONDS", 0.3)
    programs = nginx_process._Programs()
    answers = []
    for number in range(3):
        program = tmp_path / ("nginx%d" % number)
        program.write_text("#!/bin/sh\nsleep 60\n")
        program.chmod(0o755)
        answers.append(programs.ask(str(program), None)[1])
    assert "did not answer" in answers[0]
    assert ["others took too long" in answer for answer in answers] == [False, True, True]


def test_a_program_is_asked_once(tmp_path):
    program = tmp_path / "nginx"
    program.write_text("#!/bin/sh\necho x >>%s/asked\necho 'nginx version: nginx/1.2.3'\n"
                       % tmp_path)
    program.chmod(0o755)
    programs = nginx_process._Programs()
    assert programs.ask(str(program), None) == programs.ask(str(program), None)
    assert (tmp_path / "asked").read_text() == "x\n"


def test_a_process_that_ends_while_it_is_read(background, nginx_program):
    title = "nginx: master process %s" % nginx_program
    process = background("bash", "-c", "exec -a '%s' sleep 60" % title)
    found = wait_until(
        lambda: {pid: each for pid, each in processes.all_processes().items()
                 if pid == process.pid and running_nginx({pid: each})}, "the title is seen")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (reading,) = read_all_nginx(found)
    assert "ended while it was read" in reasons(reading)
    assert (reading["conf"], reading["complete"]) == (None, False)
    assert reading["disk"]["differs"]["origin"] == "unknown"


# In the place of files


@pytest.mark.parametrize("path, reason", [
    (".", "not a regular file"), ("none.conf", "No such file or directory"),
    ("/dev/zero", "not a regular file"), ("loop", "Too many levels of symbolic links"),
    ("a/\udcff.conf", "No such file or directory"),
])
def test_a_main_file_that_is_none(tmp_path, path, reason):
    (tmp_path / "loop").symlink_to("loop")
    reading = read_nginx(os.path.join(str(tmp_path), path), "/")
    assert reasons(reading) == [reason]
    assert not reading["complete"]
    json.dumps(printable(reading)).encode()


def test_includes_that_come_back(tree):
    reading = read_nginx(tree({
        "nginx.conf": "http { include a.conf; server { location / { proxy_pass http://a; } } }",
        "a.conf": "include b.conf; upstream a { server 127.0.0.1:1; }",
        "b.conf": "include a.conf; include nginx.conf;",
    }), "/")
    assert ["includes itself" in reason for reason in reasons(reading)] == [True, True]
    assert [route["pass"]["upstream"] for route in reading["routes"]] == ["a"]
    assert not reading["complete"]


def test_a_directory_in_the_place_of_a_file(tree, tmp_path):
    (tmp_path / "conf.d/x.conf").mkdir(parents=True)
    reading = read_nginx(tree({"nginx.conf": "worker_processes 2; include conf.d/*.conf;"}), "/")
    assert reading["problems"] == [
        {"subject": str(tmp_path / "conf.d/x.conf"), "reason": "not a regular file"}]
    assert reading["main"]["worker_processes"]["value"] == 2


def test_what_is_not_utf8(tree):
    text = b"""error_log /caf\xe9; http { upstream \xff\xc3 { server 127.0.0.1 max_fails=\xe9; }
server { server_name \xe9; listen \xff; location /\xe9 { proxy_pass http://\xff\xc3;
proxy_read_timeout \xe9; proxy_set_header Connection "$\xe9"; } } }"""
    reading = read_nginx(tree({"nginx.conf": text}), "/")
    (route,) = reading["routes"]
    assert route["pass"]["upstream"] == "\udcff\udcc3"
    assert route["settings"]["proxy_read_timeout"]["origin"] == "unknown"
    assert "\\\\xe9" in json.dumps(printable(reading))


def test_ports_by_the_million(tree):
    servers = "server { listen 1-9999; location / { proxy_pass http://127.0.0.1; } }" * 300
    reading = read_nginx(tree({"nginx.conf": "http { %s }" % servers}), "/")
    assert reasons(reading) == ["more than 20000 listeners"]
    assert not reading["complete"]
    assert [len(server["listens"]) for server in reading["servers"][:3]] == [9999, 9999, 0]


@pytest.mark.parametrize("text", ["a " * 10 ** 6, "#\n" * 10 ** 6, "a;" * 10 ** 5, "a{}" * 10 ** 5])
def test_files_that_take_long(tree, monkeypatch, text):
    monkeypatch.setattr(nginx_tree, "MAX_SECONDS", 0.0)
    reading = read_nginx(tree({"nginx.conf": text + "worker_processes 2;"}), "/")
    assert reasons(reading) == ["not read within 0 s"]
    assert not reading["complete"] and reading["main"] == {}


@pytest.mark.parametrize("kind, reason", [
    ("a directory", "not a regular file"), ("a link to itself", "Too many levels"),
    ("a pipe", "not a regular file"), ("binary", "invalid start byte"), ("huge", "larger than 4"),
    ("deep", "recursion"), ('{"generation": "aa"}', "no list"), ('[{"at": 1}]', "an entry without"),
    ('[{"generation": "aa", "override": {"owner": "kim"}}]', "no reason and owner"),
])
def test_a_history_that_is_none(tree, tmp_path, kind, reason):
    conf = tree({"nginx.conf": ""})
    (tmp_path / "no502").symlink_to("no502.d/aa")
    history = tmp_path / "no502.d/history.json"
    history.parent.mkdir()
    if kind == "a directory":
        history.mkdir()
    elif kind == "a link to itself":
        history.symlink_to("history.json")
    elif kind == "a pipe":
        os.mkfifo(history)
    elif kind == "huge":
        history.write_bytes(b"[" + b" " * 10 ** 7 + b"]")
    elif kind == "deep":
        history.write_bytes(b"[" * 10 ** 6)
    elif kind == "binary":
        history.write_bytes(b"\xff\0")
    else:
        history.write_text(kind)
    reading = read_nginx(conf, "/")
    assert (reading["generation"], reading["override"]) == ("aa", None)
    (problem,) = reading["problems"]
    assert problem["subject"] == str(history) and reason in problem["reason"]


NAMES = ["http", "server", "upstream", "location", "map", "split_clients", "set", "if", "listen",
         "server_name", "proxy_pass", "proxy_set_header", "keepalive", "keepalive_timeout",
         "proxy_buffers", "error_log", "access_log", "log_format", "include", "stream", "events",
         "zone", "least_conn", "resolver", "types", "proxy_next_upstream", "limit_except", "''"]
WORDS = st.sampled_from(["80", "a", "$a", "http://a", "http://$b", "127.0.0.1:1", "[::1", "''",
                         "unix:", "off", "=", "~", "@x", "Connection", "1s", "$", "${", "\xff",
                         "default", "ssl", "999999999999999999999", "max_fails=", "/", "*"])


def directive(form, words):
    names = st.sampled_from(NAMES)
    return st.builds(form.format, names, st.lists(WORDS, max_size=words).map(" ".join))


def blocks(inner):
    head = directive("{} {}", 2)
    return st.builds("{} {{ {} }}\n".format, head, st.lists(inner, max_size=4).map("".join))


DIRECTIVES = st.recursive(directive("{} {};\n", 3), blocks, max_leaves=12)


@settings(max_examples=300, deadline=None)
@given(st.lists(DIRECTIVES, max_size=3), st.lists(DIRECTIVES, max_size=4), st.text(max_size=5))
def test_directives_in_any_order_with_any_words(outer, inner, given_globally):
    text = "".join(outer) + "http { server { %s } upstream a { %s } %s }" \
        % ("".join(inner), "".join(outer), "".join(inner))
    reading = read_nginx("/c/nginx.conf", "/", read=lambda _path: (text.encode(), 0.0),
                         global_directives=given_globally)
    assert isinstance(reading["routes"], list)
    json.dumps(printable(reading)).encode()
