# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before anything is changed, on the machine that runs the tests."""
from __future__ import annotations

import os
import pwd
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from ansible_collections.no502.node.plugins.module_utils.node_service import files
from ansible_collections.no502.node.plugins.module_utils.node_service.preflight import Preflight

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def directory():
    """One that everybody can read; tmp_path is for its owner only."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


@pytest.fixture
def app(directory):
    """An app with nothing wrong."""
    (directory / "server.js").write_text("")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return {"name": "shop", "directory": str(directory), "entry": "server.js",
            "user": pwd.getpwuid(os.geteuid()).pw_name, "address": "127.0.0.1", "ports": [port],
            "replaces": None}


def problems(app):
    """What is wrong with the app itself, whatever the machine lacks."""
    return [problem for problem in Preflight("/bin/true", False).check([app])
            if problem.startswith("shop: ")]


def test_nothing_is_wrong(app):
    assert problems(app) == []


@pytest.mark.parametrize("change, text", [
    ({"directory": "/srv/nowhere"}, "directory /srv/nowhere: no such directory"),
    ({"entry": "main.js"}, "main.js: no such file"),
    ({"address": "192.0.2.1"}, "Set no502_address"),
    ({"replaces": "surely-not-there.service"}, "no unit surely-not-there.service"),
    ({"user": "nogroup"}, "there is a group of that name"),
])
def test_what_is_wrong_is_said(app, change, text):
    found = problems(dict(app, **change))
    assert len(found) == 1 and text in found[0]


def test_port_of_another_process_is_refused(app):
    with socket.create_server(("127.0.0.1", app["ports"][0])):
        (found,) = problems(app)
    assert "port %d is held by pid %d" % (app["ports"][0], os.getpid()) in found


def test_port_on_another_address_is_no_matter(app):
    with socket.create_server(("127.0.0.2", app["ports"][0])):
        assert problems(app) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="root can become another user")
def test_entry_that_the_user_cannot_read_is_refused(app):
    assert problems(dict(app, user="nobody")) == []
    os.chmod(os.path.join(app["directory"], "server.js"), 0o600)
    (found,) = problems(dict(app, user="nobody"))
    assert "user nobody cannot read it" in found


def test_missing_node_is_refused_unless_it_will_be_installed(tmp_path):
    missing = str(tmp_path / "node")
    (found,) = [each for each in Preflight(missing, False).check([]) if "Node" in each]
    assert "no502_install: [node]" in found and "node_service_install" in found
    assert not [each for each in Preflight(missing, True).check([]) if "Node" in each]


def test_old_node_is_refused(tmp_path):
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\necho v16.20.2\n")
    node.chmod(0o755)
    assert any("is Node 16.20.2; the guard needs 18" in each
               for each in Preflight(str(node), False).check([]))


def test_missing_user_is_remembered(app):
    preflight = Preflight("/bin/true", False)
    preflight.check([dict(app, user="surely-not-there")])
    assert preflight.missing_users == ["surely-not-there"]


def test_socket_of_ours_may_hold_the_port(app, tmp_path, monkeypatch):
    """systemd (process 1) holds it; for anybody else's socket the same is refused."""
    monkeypatch.setattr(files, "UNITS", str(tmp_path))
    preflight = Preflight("/bin/true", False)
    instance = files.Instance("shop-%d" % app["ports"][0])
    assert not preflight._may_hold(1, instance, None)
    files.write(files.unit_file(instance.socket), "", 0o644)
    assert preflight._may_hold(1, instance, None)
