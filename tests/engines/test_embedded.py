# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded engine: what it loads, what it needs, and how it fails."""
from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import tarfile

import opapywasm
import pytest
from ansible_collections.no502.node.plugins.plugin_utils.engine import (
    catalog as bundle_catalog,
    choice as engines,
    embedded as engine_embedded,
)
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

from .conftest import documents, opa_program

WASM = bundle_catalog.WASM.read_bytes()


def compiled(directory, policy, entrypoint="no502/main/decision"):
    """The WebAssembly module of one Rego file."""
    (directory / "policy.rego").write_text(policy, encoding="utf-8")
    subprocess.run(
        [opa_program(), "build", "-t", "wasm", "-e", entrypoint, "policy.rego"],
        cwd=directory, check=True,
    )
    with tarfile.open(directory / "bundle.tar.gz") as archive:
        return archive.extractfile("/policy.wasm").read()


def test_the_bundle_is_what_the_sources_make(built):
    assert sorted(path.name for path in built.iterdir()) == [
        "catalog.json", "data.json", "policy.wasm", "server.bundle",
    ]
    for path in built.iterdir():
        committed = bundle_catalog.DIRECTORY / path.name
        assert committed.read_bytes() == path.read_bytes(), "run tools/policy/build"


def test_no_builtin_is_left_to_the_host():
    with opapywasm.OpaWasmPolicy.from_wasm_bytes(WASM) as policy:
        assert policy.builtins == {}


def test_a_builtin_of_the_host_would_be_seen(tmp_path):
    wasm = compiled(tmp_path, 'package no502.main\n\ndecision := sprintf("%v", [input.x])\n')
    with opapywasm.OpaWasmPolicy.from_wasm_bytes(wasm) as policy:
        assert list(policy.builtins) == ["sprintf"]


@pytest.mark.parametrize("kib", [60, 300])
def test_policies_with_many_constants_are_loaded(tmp_path, monkeypatch, caplog, kib):
    # As in a process that has loaded nothing larger yet.
    monkeypatch.setattr(opapywasm.runtime, "_DEFAULT_MEMORY_PAGES", 2)
    texts = {f"key{number}": f"{number:0200}" for number in range(kib * 5)}
    wasm = compiled(tmp_path, f"package no502.main\n\ndecision := {json.dumps(texts)}[input.key]\n")
    evaluator = engine_embedded.Embedded(wasm, b"{}")
    assert evaluator.evaluate({"key": "key299"}) == f"{299:0200}"
    assert caplog.messages == []


def test_an_undefined_decision_is_an_error(tmp_path):
    wasm = compiled(tmp_path, "package no502.main\n\ndecision := 1 if input.x\n")
    with pytest.raises(EngineError, match="undefined"):
        engine_embedded.Embedded(wasm, b"{}").evaluate({})


def test_a_conflict_is_an_error(tmp_path):
    wasm = compiled(
        tmp_path, "package no502.main\n\ndecision := 1 if input.x\n\ndecision := 2 if input.y\n"
    )
    with pytest.raises(EngineError, match="conflict"):
        engine_embedded.Embedded(wasm, b"{}").evaluate({"x": 1, "y": 1})


@pytest.mark.parametrize("wasm", [b"", b"#!/bin/sh", WASM[:40], WASM[:2000], WASM[:-100]])
def test_a_broken_module_is_an_error(wasm):
    with pytest.raises(EngineError):
        engine_embedded.Embedded(wasm)


def test_a_document_of_no_kind_is_an_error(embedded):
    with pytest.raises(EngineError):
        embedded.decide({"kind": "rumour"})


@pytest.mark.parametrize("kind, package, pip", [
    ("embedded", "opapywasm", "opa-py-wasm==1.2.1"),
    ("opa", "opa_client", "opa-python-client==3.0.0"),
])
def test_a_missing_package_is_named(monkeypatch, kind, package, pip):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(EngineError, match=f"python3 -m pip install {pip}"):
        engines.engine({"kind": kind, "url": "http://localhost:8181"})


def test_requirements_name_the_tested_version():
    root = pathlib.Path(__file__).resolve().parents[2]
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert f"opa-py-wasm=={engine_embedded.TESTED_VERSION}" in lines


def test_it_goes_on_after_a_failure(embedded):
    document = documents()[0]
    before = embedded.decide(document)
    with pytest.raises(EngineError):
        embedded.decide({"kind": "route", "peers": "x" * 20_000_000})
    assert len(embedded.decide(document)) == len(before)
