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
from ansible_collections.no502.node.plugins.module_utils.host import facts as host
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


def test_a_text_that_is_no_unicode():
    assert chain_reading.printable({"caf\udce9": ["\udcff", 1, None, "ä"]}) \
        == {"caf\\xe9": ["\\xff", 1, None, "ä"]}


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
