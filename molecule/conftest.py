# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario's tests start from: its hosts, asked directly."""
from __future__ import annotations

import os
from pathlib import Path

import pytest
import testinfra
import yaml


@pytest.fixture(scope="session")
def hosts():
    """The scenario's hosts by name, as testinfra's: each command is one ``podman exec``."""
    inventory = yaml.safe_load(Path(os.environ["MOLECULE_INVENTORY_FILE"]).read_text("utf-8"))
    prefix = f"{os.environ['NO502_PREFIX']}-{os.environ['NO502_SET']}"
    return {name: testinfra.get_host(f"podman://{prefix}-{name}")
            for name in inventory["all"]["hosts"]}
