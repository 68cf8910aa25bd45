# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario's tests start from: its hosts, asked directly."""
from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest
import yaml
from testinfra.backend.base import BaseBackend
from testinfra.host import Host

sys.path.insert(0, str(Path(__file__).resolve().parent / "_shared"))
import playbook  # noqa: E402
import state as states  # noqa: E402
from entry import entry  # noqa: E402
from visitor import Visitor  # noqa: E402


class Entered(BaseBackend):
    """testinfra's way into a container, by its namespaces."""

    NAME = "no502"

    def __init__(self, container):
        super().__init__(container)
        self.container = container

    def run(self, command, *args, **_options):
        line = shlex.join([*entry(self.container), "sh", "-c", self.get_command(command, *args)])
        return self.run_local(line)


@pytest.fixture(scope="session")
def hosts():
    """The scenario's hosts by name, as testinfra's."""
    inventory = yaml.safe_load(Path(os.environ["MOLECULE_INVENTORY_FILE"]).read_text("utf-8"))
    prefix = f"{os.environ['NO502_PREFIX']}-{os.environ['NO502_SET']}"
    return {name: Host(Entered(f"{prefix}-{name}")) for name in inventory["all"]["hosts"]}


@pytest.fixture(scope="session")
def play():
    """Runs a playbook against the scenario's hosts: see _shared/playbook.py."""
    return playbook.play


@pytest.fixture(scope="session")
def state(hosts):
    """Asks every host for what must have been left alone: see _shared/state.py."""
    return lambda: states.of_all(hosts)


@pytest.fixture(scope="session")
def visitor(hosts):
    """Makes a client of an nginx host, by its name: see _shared/visitor.py."""
    def visitor_of(name, server_name, path="/"):
        address = hosts[name].check_output("hostname -I").split()[0]
        return Visitor(address, server_name, path)
    return visitor_of


@pytest.fixture(scope="session")
def apps():
    """The scenario's no502_apps, for tests that run a playbook with others."""
    scenario = yaml.safe_load(Path(os.environ["MOLECULE_FILE"]).read_text("utf-8"))
    return scenario["provisioner"]["inventory"]["group_vars"]["all"]["no502_apps"]
