# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real programs and files for the readers: a configuration tree, nginx, Node."""
from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tree(tmp_path):
    """Write a configuration: `tree({"nginx.conf": text, ...})` returns the main file's path."""
    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(tmp_path / "nginx.conf")
    return write


@pytest.fixture(scope="session")
def nginx_program():
    program = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
    if program is None:
        pytest.skip("nginx is not installed here")
    return program


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def port():
    return free_port()


def wait_until(condition, what, seconds=20):
    """Wait for `condition()` to be true and return what it returns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("not within %s s: %s" % (seconds, what))


def accepts(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def as_nobody(function):
    """Return what `function` returns to a process of a user without any rights."""
    result, answer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            text = json.dumps(function())
        except BaseException as error:
            text = json.dumps({"failed": repr(error)})
        with os.fdopen(answer, "w") as file:
            file.write(text)
        os._exit(0)
    os.close(answer)
    with os.fdopen(result) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text)


@pytest.fixture
def background():
    """Start programs that are ended, by their process groups, when the test is over."""
    started = []

    def start(*command, **options):
        process = subprocess.Popen(command, start_new_session=True, **options)
        started.append(process)
        return process

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


@pytest.fixture(params=["18", "24"])
def node_program(request):
    """Node before and after the keep-alive buffer became a property."""
    answer = subprocess.run(
        [str(ROOT / "tools" / "nodes"), request.param], stdout=subprocess.PIPE, check=True
    )
    return answer.stdout.decode().strip()


@pytest.fixture
def app(background, tmp_path, node_program):
    """Start Node: `app(script, argument, ports, *options, **environment)`; it listens there."""
    def start(script, argument, ports, *options, **environment):
        path = tmp_path / "app.js"
        path.write_text(script)
        process = background(node_program, *options, str(path), argument,
                             env=dict(os.environ, **environment))
        wait_until(lambda: all(accepts(("127.0.0.1", each)) for each in ports), "Node listens")
        return process
    return start
