# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies in both engines, and the documents that the rules' own tests are made of."""
from __future__ import annotations

import contextlib
import functools
import json
import pathlib
import socket
import subprocess
import time
import urllib.request

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.engine import choice as engines

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ("fires", "quiet", "not_applicable", "unknown")
_QUERY = """
{slug: documents |
    some area, name
    data.no502.rules[area][name].fires
    slug := concat(".", [area, trim_suffix(name, "_test")])
    endswith(name, "_test")
    documents := {kind: data.no502.rules[area][name][kind] | some kind in %s}
}
""" % json.dumps(KINDS)


@functools.lru_cache(maxsize=None)
def opa_program():
    """The path of the pinned opa."""
    return subprocess.run(
        [ROOT / "tools" / "opa"], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


@functools.lru_cache(maxsize=None)
def cases():
    """Every document of the rules' tests, as (rule, kind, name, document)."""
    done = subprocess.run(
        [opa_program(), "eval", "--format", "raw", "--bundle", "policies", _QUERY],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )
    return [
        (slug, kind, name, document)
        for slug, by_kind in sorted(json.loads(done.stdout).items())
        for kind, documents in sorted(by_kind.items())
        for name, document in sorted(documents.items())
    ]


def documents():
    """The same documents, each once."""
    found = {json.dumps(document, sort_keys=True) for *_case, document in cases()}
    return [json.loads(text) for text in sorted(found)]


def free_port():
    """A TCP port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running_opa(*arguments):
    """An OPA server on loopback; yields its URL."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [opa_program(), "run", "--server", "--addr", url.removeprefix("http://"),
               "--skip-version-check", "--log-level", "error", *map(str, arguments)]
    with subprocess.Popen(command) as server:
        try:
            _wait_for(url + "/health", server)
            yield url
        finally:
            server.terminate()


def _wait_for(url, server):
    for _attempt in range(200):
        assert server.poll() is None, "the OPA server ended"
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=1).close()
            return
        time.sleep(0.05)
    raise AssertionError("the OPA server does not answer")


@pytest.fixture(scope="session", name="embedded")
def fixture_embedded():
    """The embedded engine."""
    return engines.engine({"kind": "embedded"})


@pytest.fixture(scope="session", name="built")
def fixture_built(tmp_path_factory):
    """A directory in which the policies were compiled anew."""
    directory = tmp_path_factory.mktemp("built")
    subprocess.run([ROOT / "tools" / "policy" / "build", "--into", directory], check=True)
    return directory


@pytest.fixture(scope="session", name="server")
def fixture_server(built):
    """The engine that asks a real OPA server, which has this checkout's policies."""
    with running_opa("--bundle", built / "server.bundle") as url:
        yield engines.engine({"kind": "opa", "url": url, "timeout": 20_000})
