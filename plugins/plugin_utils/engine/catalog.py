# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The committed policies: where the compiled ones lie, and what each rule's METADATA says."""
from __future__ import annotations

import functools
import json
import pathlib

DIRECTORY = pathlib.Path(__file__).resolve().parent / "bundle"
WASM = DIRECTORY / "policy.wasm"
DATA = DIRECTORY / "data.json"
SERVER = DIRECTORY / "server.bundle"
CATALOG = DIRECTORY / "catalog.json"


@functools.lru_cache(maxsize=None)
def catalog() -> dict:
    """Return the revision of the policies and, by slug, the METADATA of their rules."""
    return json.loads(CATALOG.read_text(encoding="utf-8"))


def rules_about(kind) -> dict:
    """Return the rules about one kind of document (host, route, fleet), by slug."""
    return {
        slug: rule for slug, rule in catalog()["rules"].items() if rule["document"] == kind
    }
