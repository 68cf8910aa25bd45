# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nginx runs, with which files: titles, build options, and a real master."""
from __future__ import annotations

import os
import signal
import socket

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import process as nginx_process
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx

from .conftest import accepts, wait_until

CONF = """
pid {0}/nginx.pid; error_log {0}/error.log; worker_processes 2;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  proxy_cache_path {0}/c keys_zone=c:1m;  # brings a cache manager, which is no worker
  server {{ listen 127.0.0.1:{1}; location / {{ proxy_pass http://127.0.0.1:1; }} }} }}
"""


@pytest.mark.parametrize("words, options", [
    ([], {}),
    (["-g", "daemon", "on;", "master_process", "on;"], {"g": "daemon on; master_process on;"}),
    (["-c", "/a/b.conf", "-g", "daemon off;", "-p", "/p/"],
     {"c": "/a/b.conf", "g": "daemon off;", "p": "/p/"}),
    (["-qc/a/b.conf"], {"c": "/a/b.conf"}),
    (["-c", "/with", "blank.conf"], {"c": "/with blank.conf"}),
])
def test_options_of_a_title(words, options):
    assert nginx_process.parse_options(words) == options


def test_build_options():
    text = "nginx version: nginx/1.30.6\nconfigure arguments: --with-cc-opt='-g -O2' " \
           "--prefix=/usr/share/nginx --conf-path=/etc/nginx/nginx.conf --with-threads\n"
    built = nginx_process.build_options(text)
    assert built == {"with-cc-opt": "-g -O2", "prefix": "/usr/share/nginx",
                     "conf-path": "/etc/nginx/nginx.conf"}
    assert nginx_process.build_options("configure arguments: --a='") == {}
    assert nginx_process.build_options("") == {}


@pytest.fixture
def master(nginx_program, background, tmp_path, port):
    """A running nginx whose configuration is named relative to its prefix."""
    for name in "bcpfus":
        (tmp_path / name).mkdir()
    (tmp_path / "my.conf").write_text(CONF.format(tmp_path, port))
    process = background(nginx_program, "-p", str(tmp_path), "-c", "my.conf",
                         "-g", "daemon off; worker_shutdown_timeout 7s;")
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")
    wait_until(lambda: len(of(process.pid, read_all_nginx())["workers"]) == 2, "its workers")
    return process


def of(pid, readings):
    return next(each for each in readings if each["master"] and each["master"]["pid"] == pid)


def test_a_running_master(master, tmp_path, port):
    result = of(master.pid, read_all_nginx())
    assert result["running"] and result["complete"]
    assert result["conf"] == str(tmp_path / "my.conf")
    assert result["prefix"] == str(tmp_path)
    assert result["product"] == "nginx" and result["version"] >= [1, 18]
    assert result["binary"].endswith("/nginx")
    assert [route["id"] for route in result["routes"]] == ["*:%d/" % port]
    assert result["main"]["worker_shutdown_timeout"]["value"] == 7000
    assert result["main"]["worker_processes"]["value"] == 2
    assert len(result["workers"]) == 2
    assert all(each["started"] >= result["master"]["started"] for each in result["workers"])
    assert not any(each["shutting_down"] for each in result["workers"])


def test_a_worker_that_shuts_down(master, port):
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1")
        # Accepted by the worker and not only by the kernel.
        wait_until(lambda: b"0100007F" in open("/proc/net/tcp", "rb").read(), "a connection")
        before = {each["pid"] for each in of(master.pid, read_all_nginx())["workers"]}
        os.kill(master.pid, signal.SIGHUP)

        def one_is_left():
            workers = of(master.pid, read_all_nginx())["workers"]
            old = [each for each in workers if each["pid"] in before]
            return len(workers) == 3 and len(old) == 1 and workers

        workers = wait_until(one_is_left, "one old worker is left, with the open request")
        assert {each["pid"] in before: each["shutting_down"] for each in workers} \
            == {True: True, False: False}


def test_only_the_nginx_of_one_file(master, tmp_path):
    (result,) = read_all_nginx(conf=str(tmp_path / "my.conf"))
    assert result["master"]["pid"] == master.pid


def test_a_file_that_no_master_uses(nginx_program, tree):
    conf = tree({"nginx.conf": "worker_processes 3;"})
    (result,) = read_all_nginx(conf=conf)
    assert not result["running"]
    assert result["main"]["worker_processes"]["value"] == 3


def test_a_title_alone_does_not_make_a_program_run(background, tmp_path):
    """A process that calls itself nginx is asked as the user it runs as, and by what it runs."""
    fake = tmp_path / "nginx"
    fake.write_text("#!/bin/sh\ntouch %s/ran\n" % tmp_path)
    fake.chmod(0o755)
    title = "nginx: master process %s" % fake
    process = background("bash", "-c", "exec -a '%s' sleep 60" % title)
    result = wait_until(
        lambda: [each for each in nginx_process.running_nginx() if each["pid"] == process.pid],
        "the title is seen",
    )[0]
    assert result["binary"].endswith("sleep")
    assert result["version"] is None
    assert not (tmp_path / "ran").exists()
    assert not nginx_process._is_trusted(str(fake).replace("/nginx", "/missing"))


def test_a_program_that_others_may_write_is_not_trusted(tmp_path):
    program = tmp_path / "nginx"
    program.write_text("")
    program.chmod(0o777)
    assert not nginx_process._is_trusted(str(program))
