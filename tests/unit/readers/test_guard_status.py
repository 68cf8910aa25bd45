# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard's status file, from the guard's own hand and from hostile ones."""
from __future__ import annotations

import json
import os
import time
from types import SimpleNamespace

import pytest

from ansible_collections.no502.node.plugins.module_utils.node.guard_status import read_status

PID = 4242
NOT_OURS = 12345


@pytest.fixture
def process():
    return SimpleNamespace(pid=PID, uid=os.getuid(), started=time.time() - 10)


def document(**more):
    return dict({
        "guard": "1.0.0", "pid": PID, "thread": 0, "node": "v24.21.0", "release": "ab12",
        "draining": False,
        "drain": {"idle_grace_ms": 11000, "max_ms": 60000, "stream_grace_ms": 10000},
        "heap_limit_bytes": 2 ** 31,
        "servers": [{
            "protocol": "http", "address": {"address": "0.0.0.0", "port": 3000},
            "requested": {"keepAliveTimeout": 5000},
            "effective": {"keepAliveTimeout": 30000, "keepAliveTimeoutBuffer": None,
                          "headersTimeout": 60000},
        }],
        "problems": [],
    }, **more)


@pytest.fixture
def publish(tmp_path):
    def write(content, name="%d.json" % PID):
        directory = tmp_path / "shop"
        directory.mkdir(exist_ok=True)
        path = directory / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path
    return write


def test_a_status(process, publish, tmp_path):
    publish(document())
    ((status,), problems) = read_status(process, str(tmp_path))
    assert problems == []
    source = {"unit": "ms", "origin": "live", "source": "guard, pid 4242"}
    assert status["guard"] == {
        "version": "1.0.0", "release": "ab12", "draining": False,
        "idle_grace": dict(source, value=11000), "max": dict(source, value=60000),
        "stream_grace": dict(source, value=10000),
    }
    (server,) = status["servers"]
    assert server["address"] == {"address": "0.0.0.0", "port": 3000}
    assert server["settings"] == {"keep_alive_timeout": dict(source, value=30000),
                                  "headers_timeout": dict(source, value=60000)}
    assert status["heap_limit"]["value"] == 2 ** 31
    assert server["requested"] == {"keep_alive_timeout": dict(source, value=5000)}
    assert "heap_used" not in status and "event_loop_delay" not in status


def test_what_newer_guards_say(process, publish, tmp_path):
    publish(document(heap_used_bytes=2 ** 25,
                     event_loop_delay_ms={"p50": 0, "p99": 40, "max": "x", "other": 1}))
    ((status,), _problems) = read_status(process, str(tmp_path))
    assert status["heap_used"]["value"] == 2 ** 25
    delays = status["event_loop_delay"]
    assert {name: delays[name]["value"] for name in delays} == {"p50": 0, "p99": 40, "max": None}


def test_a_status_that_nobody_brings_up_to_date(process, publish, tmp_path):
    path = publish(document())
    process.started -= 1000
    os.utime(path, (time.time() - 130, time.time() - 130))
    statuses, (problem,) = read_status(process, str(tmp_path))
    assert statuses == [] and problem["reason"].startswith("stale: written 13")


def test_every_thread_has_its_own(process, publish, tmp_path):
    publish(document())
    publish(document(thread=1), "%d-1.json" % PID)
    publish(document(), "%d.json.tmp" % PID)
    publish(document(), "1%d.json" % PID)
    statuses, problems = read_status(process, str(tmp_path))
    assert (len(statuses), problems) == (2, [])


@pytest.mark.parametrize("value", [
    -1, 2 ** 31, 10 ** 30, 1.5, "5000", True, [], {}, float("inf"), float("nan"),
])
def test_an_absurd_number_is_unknown(process, publish, tmp_path, value):
    status = document()
    status["servers"][0]["effective"] = {"keepAliveTimeout": value}
    publish(status)
    ((status,), _problems) = read_status(process, str(tmp_path))
    setting = status["servers"][0]["settings"]["keep_alive_timeout"]
    assert (setting["value"], setting["origin"]) == (None, "unknown")
    assert "keepAliveTimeout" in setting["source"] and len(setting["source"]) < 120


@pytest.mark.parametrize("more", [
    {"servers": {}}, {"servers": [1, None, {}]}, {"servers": [{"effective": 5, "address": 5}]},
    {"servers": [{"address": {"address": 5, "port": "x"}}]}, {"drain": "x"}, {"problems": "x"},
    {"problems": [1, "\x1b[31m" + "x" * 9999]}, {"guard": 5, "node": [], "release": "\x1b[31m"},
    {"servers": [{}] * 5000}, {"event_loop_delay_ms": [1]}, {"event_loop_delay_ms": None},
    {"heap_used_bytes": "\x1b[31m"}, {"thread": "x"}, {"servers": [{"requested": [1]}]},
])
def test_other_shapes_do_no_harm(process, publish, tmp_path, more):
    publish(document(**more))
    ((status,), _problems) = read_status(process, str(tmp_path))
    text = json.dumps(status)
    assert "\\u001b" not in text and len(text) < 20000


@pytest.mark.parametrize("content, reason", [
    ('{"pid": 42', "is no JSON, or only part of it"),
    ("", "is no JSON, or only part of it"),
    ("[" * 60000, "is no JSON, or only part of it"),
    ("\xff", "does not speak of pid 4242"),
    (json.dumps(document(pid=1)), "does not speak of pid 4242"),
    ("[]", "does not speak of pid 4242"),
    (" " * 65537, "larger than 64 KiB"),
])
def test_a_file_that_is_not_believed(process, publish, tmp_path, content, reason):
    publish(content if content != "\xff" else "4242")
    statuses, (problem,) = read_status(process, str(tmp_path))
    assert (statuses, problem["reason"]) == ([], reason)


def test_a_file_older_than_the_process(process, publish, tmp_path):
    path = publish(document())
    os.utime(path, (process.started - 5, process.started - 5))
    assert read_status(process, str(tmp_path))[1][0]["reason"] == "older than the process"


def test_links_are_not_followed(process, publish, tmp_path):
    path = publish(document())
    elsewhere = tmp_path / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    statuses, (problem,) = read_status(process, str(tmp_path))
    assert statuses == [] and "symbolic link" in problem["reason"]
    path.unlink()
    elsewhere.rename(path)
    path.parent.rename(tmp_path / "real")
    (tmp_path / "shop").symlink_to("real")
    statuses, problems = read_status(process, str(tmp_path))
    assert len(statuses) == 1 and len(problems) == 1


def test_a_pipe_does_not_stop_us(process, publish, tmp_path):
    path = publish("")
    path.unlink()
    os.mkfifo(path)
    assert read_status(process, str(tmp_path))[1][0]["reason"] == "not a regular file"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user(process, publish, tmp_path):
    path = publish(document())
    os.chown(path, NOT_OURS, -1)
    reason = read_status(process, str(tmp_path))[1][0]["reason"]
    assert reason == "belongs to uid 12345, not to the process's user"
    process.uid = NOT_OURS
    assert read_status(process, str(tmp_path))[1] == []


def test_no_guard_at_all(process, tmp_path):
    assert read_status(process, str(tmp_path / "none")) == ([], [])
