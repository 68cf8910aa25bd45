# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reading of a whole host: its parts, its bounds, and that it leaves no trace."""
from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils import chain_reading
from ansible_collections.no502.node.plugins.module_utils.host import facts as host, processes
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx

from .conftest import ROOT


def test_this_host():
    reading = chain_reading.read_chain(ask_header=False)
    assert reading["schema"] == 1
    assert reading["host"]["hostname"] == socket.gethostname()
    assert "127.0.0.1" in reading["host"]["addresses"]
    assert reading["host"]["default_ipv4"] in reading["host"]["addresses"] + [None]
    assert reading["host"]["memory_total"] == os.sysconf("SC_PAGE_SIZE") \
        * os.sysconf("SC_PHYS_PAGES")
    json.dumps(reading)


@pytest.mark.parametrize("text, version", [
    ("1.22.1-9+deb12u11", [1, 22, 1]), ("2:1.30.6-1", [1, 30, 6]),
    ("18.20.4+dfsg-1~deb12u1", [18, 20, 4]), ("(none)", None),
])
def test_package_versions(text, version):
    assert host.package_version(text) == version


def test_candidates_are_looked_up_for_what_is_missing_only():
    assert host.package_candidates([]) == {"nginx": None, "nodejs": None}
    found = host.package_candidates(["nginx"])
    assert found["nodejs"] is None
    if shutil.which("apt-cache") and os.listdir("/var/lib/apt/lists"):
        assert found["nginx"] >= [1, 18]


def test_a_container_by_its_cgroup(monkeypatch):
    identity = "1c43d25b5cda0657ec05541a7cd386fdb343689568e1355d119f2c7c16d51222"
    for text in ("0::/system.slice/docker-%s.scope\n", "4:memory:/libpod_parent/libpod-%s/a\n",
                 "0::/docker/%s\n", "0::/kubepods.slice/b/cri-containerd-%s.scope\n"):
        monkeypatch.setattr(processes, "read_text", lambda pid, name, t=text: t % identity)
        assert processes.container_of(1) == identity
    monkeypatch.setattr(processes, "read_text", lambda pid, name: "0::/system.slice/a.service\n")
    assert processes.container_of(1) is None


def test_the_program_behind_a_title():
    with subprocess.Popen(["bash", "-c", "exec -a 'x (y) z' sleep 60"]) as child:
        try:
            found = processes.all_processes()[child.pid]
            assert found.parent == os.getpid()
            assert abs(found.started - processes.Process(os.getpid()).started) < 3600
            assert (found.uid, found.gid) == (os.getuid(), os.getgid())
        finally:
            child.kill()


def test_a_text_that_is_no_unicode():
    assert chain_reading.printable({"caf\udce9": ["\udcff", 1, None, "ä"]}) \
        == {"caf\\xe9": ["\\xff", 1, None, "ä"]}


def nginx(routes, conf="/a.conf", more=""):
    return {"conf": conf, "routes": [{"id": "x" * 3000}] * routes, "upstreams": [more],
            "servers": [], "stream": {"servers": []}, "complete": True, "problems": []}


def node(pid, length=2000):
    return {"pid": pid, "problems": [], "binary": "x" * length}


def reading(listeners=0, **parts):
    listener = {"address": "0.0.0.0", "port": 1, "pid": 1, "process": "other" + "x" * 100}
    listed = [listener] * listeners + [dict(listener, process="nginx")]
    return dict({"nginx": [], "node": [], "problems": [], "listeners": listed}, **parts)


def size(value):
    return len(json.dumps(value))


def test_a_usual_reading_is_left_alone():
    value = reading(100, nginx=[nginx(20)], node=[node(n) for n in range(20)])
    assert chain_reading.fit(json.loads(json.dumps(value))) == value


def test_many_listeners():
    value = chain_reading.fit(reading(5000))
    assert [each["process"] for each in value["listeners"]] == ["nginx"]
    assert value["problems"][0]["reason"] == "5000 of other programs are left out"


def test_an_nginx_that_is_too_large_is_not_cut_in_the_middle():
    small, large = nginx(3), nginx(5, "/b.conf", "x" * 10 ** 6)
    value = chain_reading.fit(reading(nginx=[small, large], node=[node(1)]))
    assert size(value) <= 64 * 1024 + 3 * 4096
    assert (len(small["routes"]), small["complete"]) == (3, True)
    assert (large["routes"], large["upstreams"], large["complete"]) == ([], [], False)
    assert "left out: it would make the reading too large" in large["problems"][-1]["reason"]
    assert len(value["node"]) == 1


def test_processes_that_are_too_large():
    nodes = [node(n) for n in range(50)] + [node(n, 10000) for n in range(50)]
    value = chain_reading.fit(reading(nginx=[nginx(3)], node=nodes))
    assert size(value) <= 64 * 1024 + 3 * 4096 + len(value["node"]) * 3 * 1024
    assert len(value["nginx"][0]["routes"]) == 3
    assert 50 < len(value["node"]) < 100
    assert "of 100 processes are left out" in value["problems"][-1]["reason"]


def test_problems_that_are_too_many():
    problems = [{"subject": str(n), "reason": "x"} for n in range(1000)]
    value = chain_reading.fit(reading(nginx=[dict(nginx(1), problems=problems)]))
    assert value["nginx"][0]["problems"][-1]["reason"] == "960 more of them"


SCRIPT = """
import json, sys
from ansible_collections.no502.node.plugins.module_utils.chain_reading import read_chain
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
assert read_chain(ask_header=False)["schema"] == 1
print(json.dumps(read_nginx(sys.argv[1], "/")))
"""
CONF = """http { upstream a { server 127.0.0.1:3000 fail_timeout=5s; }
server { location / { proxy_pass http://a; proxy_read_timeout 61s; include x.conf; } } }
"""


def test_the_oldest_python_reads_the_same(tree, tmp_path):
    found = subprocess.run([str(ROOT / "tools" / "python"), "--installed", "3.8"],
                           stdout=subprocess.PIPE, check=False)
    if found.returncode:
        pytest.skip("no Python 3.8 here")
    python = found.stdout.decode().strip()
    conf = tree({"nginx.conf": CONF, "x.conf": "proxy_set_header Connection '';"})
    (tmp_path / "ansible_collections" / "no502").mkdir(parents=True)
    (tmp_path / "ansible_collections" / "no502" / "node").symlink_to(ROOT)
    result = subprocess.run(
        [python, "-c", SCRIPT, conf], stdout=subprocess.PIPE, check=True,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert json.loads(result.stdout) == read_nginx(conf, "/")
