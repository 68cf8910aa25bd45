# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files against the workers that run: what was written, moved, linked or taken away since."""
from __future__ import annotations

import os
import shutil
import signal
import time

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx.disk import read_disk
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_all_nginx
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import parse

from .conftest import accepts, wait_until

NGINX = """pid {0}/nginx.pid; error_log {0}/error.log; daemon off; worker_processes 2;
events {{ }}
http {{ access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:{1}; }} include conf.d/*.conf; include linked/*.conf; }}
"""
NOW = 2000000000.0


def disk(conf, **nginx):
    described = {"conf": conf, "single": False,
                 "workers": [{"started": NOW, "shutting_down": False}]}
    return read_disk(dict(described, **nginx), parse(conf))


@pytest.fixture
def conf(tree, tmp_path):
    """Files that are older than the workers, which start in the future."""
    path = tree({"nginx.conf": "include conf.d/*.conf; include linked.conf;",
                 "conf.d/a.conf": "a;", "conf.d/b.conf": "b;", "target": "c;"})
    (tmp_path / "linked.conf").symlink_to("target")
    return path


def later(path, **more):
    os.utime(path, (NOW + 60, NOW + 60), **more)


def test_nothing_was_written(conf):
    found = disk(conf)
    assert (found["differs"]["value"], found["files"]) == (False, [])
    assert found["loaded"] == {"at": NOW, "generation": None}


def test_a_file_was_written(conf, tmp_path):
    later(tmp_path / "conf.d/b.conf")
    found = disk(conf)
    assert (found["differs"]["value"], found["files"]) == (True, [str(tmp_path / "conf.d/b.conf")])


def test_the_newest_come_first_and_no_more_than_five(conf, tmp_path):
    for number in range(9):
        path = tmp_path / ("conf.d/x%d.conf" % number)
        path.write_text("x;")
        os.utime(path, (NOW, NOW + 10 + number))
    assert disk(conf)["files"] == [str(tmp_path / ("conf.d/x%d.conf" % number))
                                   for number in (8, 7, 6, 5, 4)]


def test_a_link_was_made(conf, tmp_path):
    later(tmp_path / "linked.conf", follow_symlinks=False)
    assert disk(conf)["files"] == [str(tmp_path / "linked.conf")]


def test_a_directory_was_linked(tree, tmp_path):
    conf = tree({"nginx.conf": "include current/*.conf;", "release/a.conf": "a;"})
    (tmp_path / "current").symlink_to("release")
    later(tmp_path / "current", follow_symlinks=False)
    assert disk(conf)["differs"]["value"] is True


def test_a_file_was_moved_here_with_its_time(conf, tmp_path):
    """Its change time is of now: a change of permissions looks the same."""
    found = disk(conf, workers=[{"started": time.time() - 60, "shutting_down": False}])
    assert found["differs"]["value"] is True
    for path in [tmp_path / "nginx.conf", tmp_path / "target", *(tmp_path / "conf.d").iterdir()]:
        os.utime(path, (1, 1))
    os.utime(tmp_path / "linked.conf", (1, 1), follow_symlinks=False)
    found = disk(conf, workers=[{"started": time.time() - 60, "shutting_down": False}])
    assert (found["differs"]["value"], found["differs"]["origin"]) == (None, "unknown")
    assert "permissions" in found["differs"]["source"] and len(found["files"]) == 4


def test_a_file_was_taken_away(conf, tmp_path):
    later(tmp_path / "conf.d")
    found = disk(conf)
    assert (found["differs"]["value"], found["files"]) == (None, [str(tmp_path / "conf.d")])
    assert "came or went" in found["differs"]["source"]


def test_a_directory_under_a_pattern(tree, tmp_path):
    conf = tree({"nginx.conf": "include sites/*/nginx/*.conf;", "sites/a/nginx/x.conf": "x;"})
    for path in ("sites/a/nginx", "sites"):
        later(tmp_path / path)
        assert disk(conf)["files"] == [str(tmp_path / path)]
        os.utime(tmp_path / path, (1, 1))


def test_a_file_that_cannot_be_read(tree):
    found = disk(tree({"nginx.conf": "include none.conf;"}))
    assert (found["differs"]["value"], found["differs"]["source"]) \
        == (None, "not all files can be read")


@pytest.mark.parametrize("workers", [[], [{"started": NOW, "shutting_down": True}]])
def test_no_worker(conf, workers):
    assert disk(conf, workers=workers)["differs"]["origin"] == "unknown"


def test_a_worker_that_shuts_down_loaded_something_else(conf, tmp_path):
    os.utime(tmp_path / "target", (NOW - 30, NOW - 30))
    old = {"started": NOW - 60, "shutting_down": True}
    assert disk(conf, workers=[old, {"started": NOW, "shutting_down": False}]
                )["differs"]["value"] is False
    assert disk(conf, workers=[dict(old, shutting_down=False)])["differs"]["value"] is True


def test_a_process_without_workers(conf, tmp_path):
    later(tmp_path / "target")
    found = disk(conf, single=True)
    assert (found["differs"]["value"], found["files"]) == (None, [str(tmp_path / "linked.conf")])


def test_files_that_are_not_known(conf):
    found = read_disk({"conf": None, "single": False,
                       "workers": [{"started": NOW, "shutting_down": False}]}, parse(conf))
    assert found["differs"]["origin"] == "unknown"
    assert found["loaded"] == {"at": NOW, "generation": None}


@pytest.mark.parametrize("text, generation", [
    ('[{"generation": "aa"}, {"generation": "bb", "at": 1}]', "bb"),
    ("", None), ("{", None), ("[]", None), ("[1]", None), ('{"generation": "aa"}', None),
])
def test_the_generation_that_was_loaded_last(tree, text, generation):
    conf = tree({"nginx.conf": "", "no502.d/history.json": text})
    assert disk(conf)["loaded"]["generation"] == generation


def test_a_running_nginx(nginx_program, background, tmp_path, port):
    for name in ("b", "p", "f", "u", "s", "conf.d", "linked"):
        (tmp_path / name).mkdir()
    (tmp_path / "nginx.conf").write_text(NGINX.format(tmp_path, port))
    process = background(nginx_program, "-c", str(tmp_path / "nginx.conf"))
    wait_until(lambda: accepts(("127.0.0.1", port)), "nginx listens")

    def differs():
        for reading in read_all_nginx():
            if reading["master"] and reading["master"]["pid"] == process.pid:
                return reading["disk"]["differs"]["value"]
        return None

    def reload():
        before = {each["pid"] for each in workers()}
        os.kill(process.pid, signal.SIGHUP)
        wait_until(lambda: len(workers()) == 2 and not before & {each["pid"] for each in workers()},
                   "new workers")

    def workers():
        return [each for reading in read_all_nginx()
                if reading["master"] and reading["master"]["pid"] == process.pid
                for each in reading["workers"]]

    wait_until(lambda: len(workers()) == 2, "its workers")
    assert differs() is False
    time.sleep(0.05)
    (tmp_path / "conf.d/new.conf").write_text("server { listen 127.0.0.1:%d; }" % port)
    assert differs() is True
    reload()
    assert differs() is False
    # A worker that was killed is replaced, and does not read the files again.
    (tmp_path / "conf.d/new.conf").write_text("# changed\n")
    killed = workers()[0]["pid"]
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in [each["pid"] for each in workers()] and len(workers()) == 2,
               "a new worker")
    assert differs() is True
    reload()
    shutil.rmtree(tmp_path / "conf.d")
    time.sleep(0.05)
    (tmp_path / "conf.d").mkdir()
    assert differs() is None
