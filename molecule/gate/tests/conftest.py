# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the gate share: a changed app, a client that goes on, a host that is dead."""
from __future__ import annotations

import contextlib
import copy
import json
from pathlib import Path

import pytest
import yaml

SCENARIO = Path(__file__).resolve().parents[1] / "molecule.yml"


@pytest.fixture(scope="session")
def shop():
    """Makes the scenario's apps with a changed shop."""
    scenario = yaml.safe_load(SCENARIO.read_text("utf-8"))
    apps = scenario["provisioner"]["inventory"]["group_vars"]["all"]["no502_apps"]

    def changed(**changes):
        return {"shop": copy.deepcopy(apps["shop"]) | changes}
    return changed


@pytest.fixture(scope="session")
def client(visitor):
    """Requests that go on from the first test to the last."""
    with visitor("lb1", "shop.example.com") as client:
        yield client


@pytest.fixture(scope="session")
def untouched(state, client):
    """A context: what is done in it changes no file of nginx and no process, and loses nothing."""
    @contextlib.contextmanager
    def unchanged():
        before, asked = state(), len(client.answers)
        yield
        assert state() == before
        assert client.failures() == []
        assert len(client.answers) > asked
    return unchanged


@pytest.fixture(scope="session")
def dead(hosts, tmp_path_factory):
    """Arguments that make app2 a host that does not answer, though its Node goes on serving."""
    inventory = tmp_path_factory.mktemp("dead") / "inventory.yml"
    address = hosts["app2"].check_output("hostname -I").split()[0]
    inventory.write_text(json.dumps({"all": {"hosts": {"app2": {
        "no502_container": "nowhere", "no502_address": address}}}}), "utf-8")
    return "-i", str(inventory)
