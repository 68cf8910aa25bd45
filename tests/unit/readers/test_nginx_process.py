# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which nginx runs, with which files: titles, build options, and a real master."""
from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx import process as nginx_process
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx

from .conftest import accepts, as_nobody, free_port, wait_until

CONF = """
pid {0}/nginx.pid; error_log {0}/error.log;
worker_processes 2;
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


def configured(directory, port, name="my.conf", **replaced):
    """Write CONF, with words replaced, and the directories that nginx wants."""
    for each in "bcpfus":
        (directory / each).mkdir(parents=True)
    text = CONF
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (directory / name).write_text(text.format(directory, port))
    return str(directory / name)


def started(background, port, *command, **more):
    process = background(*command, **more)
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")
    return process


def test_a_file_for_the_error_log_given_when_it_starts(nginx_program, background, tmp_path, port):
    conf = configured(tmp_path, port, error_log="# error_log")
    log = str(tmp_path / "given.log")
    process = started(background, port, nginx_program, "-c", conf, "-e", log, "-g", "daemon off;")
    logs = of(process.pid, read_all_nginx())["logs"]
    assert [each["path"] for each in logs["error"]] == [log] and os.path.exists(log)


def test_what_is_given_globally_counts_like_the_files(nginx_program, background, tmp_path, port):
    conf = configured(tmp_path, port, error_log="# error_log")
    log = str(tmp_path / "g.log")
    process = started(background, port, nginx_program, "-c", conf,
                      "-g", "daemon off; error_log %s warn;" % log)
    (found,) = of(process.pid, read_all_nginx())["logs"]["error"]
    assert (found["path"], found["level"]) == (log, "warn")


def test_one_that_went_to_the_background(nginx_program, tmp_path, port):
    conf = configured(tmp_path, port)
    subprocess.run([nginx_program, "-c", conf], check=True)
    pid = int((tmp_path / "nginx.pid").read_text())
    try:
        found = wait_until(lambda: [each for each in read_all_nginx() if each["master"]
                                    and each["master"]["pid"] == pid], "it is found")
        assert [each["conf"] for each in found] == [conf]
    finally:
        os.kill(pid, signal.SIGTERM)


def test_one_without_a_master(nginx_program, background, tmp_path, port):
    conf = configured(tmp_path, port, "my conf")
    process = started(background, port, nginx_program, "-p", str(tmp_path), "-c", "my conf",
                      "-g", "daemon off; master_process off;")
    reading = of(process.pid, read_all_nginx())
    assert reading["single"] and reading["conf"] == conf
    assert [each["pid"] for each in reading["workers"]] == [process.pid]
    assert reading["main"]["master_process"]["value"] == "off"
    assert reading["disk"]["differs"]["value"] is False
    os.utime(conf, (2 ** 31, 2 ** 31))
    assert of(process.pid, read_all_nginx())["disk"]["differs"]["value"] is None


def test_several_masters(nginx_program, background, tmp_path):
    expected = {}
    for name in ("one", "two"):
        port = free_port()
        conf = configured(tmp_path / name, port)
        process = started(background, port, nginx_program, "-p", str(tmp_path / name),
                          "-c", "my.conf", "-g", "daemon off;")
        expected[process.pid] = (conf, ["*:%d/" % port])
    found = {each["master"]["pid"]: (each["conf"], [route["id"] for route in each["routes"]])
             for each in read_all_nginx() if each["master"]}
    assert {pid: found[pid] for pid in expected} == expected


def test_a_copy_of_the_program_under_a_prefix_of_its_own(nginx_program, background, tmp_path, port):
    """As a build of one's own is: another path and prefix, and a name that is not nginx."""
    conf = configured(tmp_path / "own", port)
    shutil.copy(nginx_program, tmp_path / "web")
    process = started(background, port, str(tmp_path / "web"), "-p", str(tmp_path),
                      "-c", "own/my.conf", "-g", "daemon off;")
    reading = of(process.pid, read_all_nginx())
    assert reading["binary"] == str(tmp_path / "web")
    assert reading["knows"]["worker_shutdown_timeout"] is True
    assert reading["conf"] == conf and reading["complete"]


def test_a_program_that_was_replaced_on_disk(nginx_program, background, tmp_path, port):
    """As a package upgrade does it: the file that runs is asked, not the one that lies there."""
    program = tmp_path / "web"
    shutil.copy(nginx_program, program)
    process = started(background, port, str(program), "-c", configured(tmp_path, port),
                      "-g", "daemon off;")
    program.unlink()
    program.write_text("#!/bin/sh\ntouch %s/ran\n" % tmp_path)
    program.chmod(0o755)
    reading = of(process.pid, read_all_nginx())
    assert reading["binary"] == "%s (deleted)" % program
    assert reading["version"] and reading["knows"]["worker_shutdown_timeout"] is True
    assert not (tmp_path / "ran").exists()


def test_a_title_that_its_environment_is_too_small_for(nginx_program, background, tmp_path, port):
    """nginx cuts it where arguments and environment end: here within `-c`."""
    process = started(background, port, nginx_program, "-c", configured(tmp_path, port), env={})
    pid = int((tmp_path / "nginx.pid").read_text())
    try:
        process.wait()
        reading = of(pid, read_all_nginx())
        assert (reading["conf"], reading["complete"], reading["routes"]) == (None, False, [])
        assert reading["version"] and not reading["logs"]["error"]
        assert any("its title is cut off" in each["reason"] for each in reading["problems"])
    finally:
        os.kill(pid, signal.SIGTERM)


class Seen:
    """A process as it was seen, without there being one."""

    def __init__(self, cmdline, program="nginx", parent=1):
        self.cmdline = cmdline
        self.program = program
        self.parent = parent


@pytest.mark.parametrize("seen, single", [
    (Seen(b"nginx\0-c\0/a\0"), True),
    (Seen(b"/usr/sbin/nginx\0"), True),
    (Seen(b"openresty\0-gdaemon off;\0", "openresty"), True),
    (Seen(b"nginx\0-t\0"), False),
    (Seen(b"nginx\0-qt\0"), False),
    (Seen(b"nginx\0-c\0/a\0-s\0reload\0"), False),
    (Seen(b"nginx: worker process\0"), False),
    (Seen(b"vi\0nginx\0", "vi"), False),
    (Seen(b"/usr/sbin/nginx\0", parent=7), False),
])
def test_which_processes_serve_without_a_master(seen, single):
    found = {7: Seen(b"nginx: master process nginx\0")}
    assert nginx_process._is_single(seen, found) is single


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_as_a_user_who_may_see_little(master, tmp_path):
    reading = as_nobody(lambda: of(master.pid, read_all_nginx()))
    reasons = [problem["reason"] for problem in reading["problems"]]
    assert any("taken to be the one on disk" in reason for reason in reasons)
    assert reading["conf"] == str(tmp_path / "my.conf")
    assert len(reading["workers"]) == 2
    # The directory of the files is closed to others.
    assert "Permission denied" in reasons and not reading["complete"]
    assert reading["disk"]["differs"]["origin"] == "unknown"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_program_that_was_replaced_is_not_taken_for_one_that_is_closed(nginx_program):
    """As an upgrade leaves it, seen by a user who cannot look at what runs."""
    found = {7: Seen(b"nginx: master process %s\0" % nginx_program.encode())}
    found[7].__dict__.update(pid=1, uid=0, gid=0, exe=None)
    said = []
    for started in (0, 2 ** 40):
        found[7].started = started
        (described,) = as_nobody(lambda: nginx_process.running_nginx(found))
        said.append((described["version"] is None, described["knows"]["max_headers"] is None,
                     described["conf"] is None))
    assert said == [(True, True, False), (False, False, False)]


@pytest.mark.parametrize("title, cut", [
    (b"/usr/sbin/nginx -", True), (b"/usr/sbin/nginx -c", True), (b"nginx -q -p /a -e ", True),
    (b"nginx", False), (b"nginx -c /a", False), (b"nginx -g daemon off;", False),
])
def test_a_title_that_ends_within_an_option(monkeypatch, title, cut):
    """Of a process that is closed the room for the title is not known."""
    monkeypatch.setattr(nginx_process.processes, "argument_room", lambda pid: None)
    seen = Seen(b"nginx: master process " + title + b"\0")
    seen.pid = 1
    assert nginx_process._is_cut(seen, nginx_process._words(seen.cmdline)) is cut


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_a_relative_prefix_whose_start_is_hidden(nginx_program, background, tmp_path, port):
    conf = configured(tmp_path, port)
    process = started(background, port, nginx_program, "-p", ".", "-c", "my.conf",
                      "-g", "daemon off;", cwd=tmp_path)
    assert of(process.pid, read_all_nginx())["conf"] == conf
    reading = as_nobody(lambda: of(process.pid, read_all_nginx()))
    assert (reading["conf"], reading["prefix"]) == (None, None)
    assert "which configuration it uses is not known" \
        in [problem["reason"] for problem in reading["problems"]]


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
