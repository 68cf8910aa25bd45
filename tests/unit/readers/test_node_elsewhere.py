# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Node read by the oldest Python that hosts may have, and by users who are not root."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from .conftest import ROOT, accepts, free_port, wait_until
from .running_node import read

APP = """
const server = require('http').createServer((request, response) => response.end());
server.keepAliveTimeout = 1000;
server.headersTimeout = 41000;
server.listen(Number(process.argv[2]), '127.0.0.1');
"""
SCRIPT = """
import json, sys
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes
from ansible_collections.no502.node.plugins.module_utils.node.reading import read_all_node
pid = int(sys.argv[1])
found = {pid: all_processes()[pid]}
sockets = Sockets()
sockets.find_holders(found)
print(json.dumps(read_all_node(found, sockets, **json.loads(sys.argv[2]))))
"""
NOBODY = 65534


@pytest.fixture
def library():
    """A directory in which the collection is importable by any user."""
    path = Path(tempfile.mkdtemp(prefix="no502-test-"))
    path.chmod(0o755)
    target = path / "ansible_collections" / "no502" / "node" / "plugins" / "module_utils"
    shutil.copytree(ROOT / "plugins" / "module_utils", target,
                    ignore=shutil.ignore_patterns("__pycache__"))
    yield str(path)
    shutil.rmtree(path)


def read_by(python, library, pid, user=None, **how):
    result = subprocess.run(
        [python, "-B", "-c", SCRIPT, str(pid), json.dumps(how)], stdout=subprocess.PIPE,
        check=True, env={"PYTHONPATH": library, "PATH": "/usr/bin:/bin"}, user=user,
        extra_groups=None if user is None else [], cwd="/",
    )
    return json.loads(result.stdout)


def test_the_oldest_python(app, library, port):
    found = subprocess.run([str(ROOT / "tools" / "python"), "--installed", "3.8"],
                           stdout=subprocess.PIPE, check=False)
    if found.returncode:
        pytest.skip("no Python 3.8 here")
    process = app(APP, str(port), [port], "--inspect-port=%d" % free_port())
    (theirs,) = read_by(found.stdout.decode().strip(), library, process.pid,
                        inspector=True, timed_probe=True)
    ours = read(process.pid, inspector=True)
    assert theirs["problems"] == []
    assert theirs["settings"].pop("idle_limit")["value"] >= 950
    # What differs from one moment to the next.
    del theirs["heap_used"], ours["heap_used"]
    theirs["started"] = ours["started"]
    assert theirs == ours


@pytest.fixture
def python():
    """A Python that any user may run."""
    path = "/usr/bin/python3"
    if os.getuid() != 0 or not os.path.exists(path):
        pytest.skip("only root can become somebody else")
    return path


def test_a_user_sees_nothing_of_others(app, library, python, port):
    process = app(APP, str(port), [port])
    assert read_by(python, library, process.pid, NOBODY, inspector=True) == []
    assert process.poll() is None


@pytest.fixture
def theirs(background, tmp_path_factory, port):
    """A Node that runs as nobody."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node that any user may run")
    path = Path(tempfile.mkdtemp(prefix="no502-test-"))
    path.chmod(0o755)
    (path / "app.js").write_text(APP)
    yield background(node, "--inspect-port=%d" % free_port(), str(path / "app.js"), str(port),
                     user=NOBODY, stderr=subprocess.DEVNULL)
    shutil.rmtree(path)


def test_a_user_reads_what_is_its_own(theirs, library, python, port):
    wait_until(lambda: accepts(("127.0.0.1", port)), "Node listens")
    (reading,) = read_by(python, library, theirs.pid, NOBODY, inspector=True)
    assert reading["settings"]["headers_timeout"]["value"] == 41000
    assert reading["open_files"]["origin"] == "live"
    assert reading["user"] == "nobody"
    assert reading["problems"] == []
