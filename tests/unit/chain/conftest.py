# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings for the tests: nginx by the real reader, Node as its reader would have it."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
from ansible_collections.no502.node.plugins.module_utils.value import known
from ansible_collections.no502.node.plugins.plugin_utils.chain import build as chain
from ansible_collections.no502.node.plugins.plugin_utils.engine import choice as engines

TODAY = "2026-11-21"


def live(number, unit="ms"):
    """A value that was read from a process."""
    return known(number, unit, "live", "pid 812")


def node(version=(24, 21, 0), address="0.0.0.0", port=3000, pid=812, **parts):
    """A Node process that answered with its Keep-Alive header, and said nothing else."""
    return {
        "pid": pid,
        "version": list(version) if version else None,
        "listens": [{"address": address, "port": port}],
        "unit": None,
        "guard": None,
        "settings": {"keep_alive_timeout": live(5000)},
        "problems": [],
        **parts,
    }


def listener(address="0.0.0.0", port=3000, pid=812, process="node"):
    """A listener of a host."""
    return {"address": address, "port": port, "pid": pid, "process": process}


def host(*addresses, nodes=(), listeners=None, nginx=(), problems=()):
    """The reading of a host; its listeners are those of the nodes unless given."""
    if listeners is None:
        listeners = [
            {**listen, "pid": each["pid"], "process": "node"}
            for each in nodes
            for listen in each["listens"]
        ]
    return {
        "schema": 1,
        "host": {"addresses": ["127.0.0.1", "::1", *addresses], "memory_total": 2**34},
        "nginx": list(nginx),
        "node": list(nodes),
        "listeners": listeners,
        "problems": list(problems),
    }


@pytest.fixture(name="nginx")
def fixture_nginx(tmp_path):
    """A function: what the reader makes of the text inside `http {}`, at a version of nginx."""

    def read(http, version=(1, 30, 6)):
        conf = tmp_path / "nginx.conf"
        conf.write_text(f"events {{}}\nhttp {{\n{http}\n}}\n", encoding="utf-8")
        return read_nginx(str(conf), str(tmp_path), version=list(version) if version else None)

    return read


@pytest.fixture(scope="session", name="engine")
def fixture_engine():
    """The embedded engine."""
    return engines.engine()


def built(readings, apps=None, **options):
    """The documents, as of a fixed day."""
    return chain.build(readings, apps, {"today": TODAY, **options})


def route(documents):
    """The only route among the documents."""
    [found] = [document for document in documents if document["kind"] == "route"]
    return found
