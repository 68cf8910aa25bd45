# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part of the reading in a process of its own: what hangs or breaks there stays there."""
from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest

from ansible_collections.no502.node.plugins.module_utils import chain_reading
from ansible_collections.no502.node.plugins.module_utils.host import zip_imports
from ansible_collections.no502.node.plugins.module_utils.host.apart import Apart

from .conftest import wait_until


def breaks():
    raise KeyError("inside")


def dies():
    os.kill(os.getpid(), signal.SIGKILL)


def hangs(mark):
    mark.write_text(str(os.getpid()))
    time.sleep(600)


def test_what_it_returns():
    large = {"texts": ["x" * 1000] * 1000, "odd": "caf\udce9", "none": None}
    assert Apart(lambda given: {"was": given}, large).result(10) == ({"was": large}, None)


@pytest.mark.parametrize("function, reason", [
    (breaks, "KeyError: 'inside'"), (dies, "its process has ended half-way"),
    (lambda: sys.exit(3), "its process has ended half-way"),
])
def test_what_breaks(function, reason):
    assert Apart(function).result(10) == (None, reason)


def test_what_hangs_is_ended(tmp_path):
    mark = tmp_path / "pid"
    part = Apart(hangs, mark)
    pid = int(wait_until(lambda: mark.exists() and mark.read_text(), "its start"))
    assert part.result(0) == (None, "not done within 0 s")
    with open("/proc/%d/stat" % pid, "rb") as file:
        wait_until(lambda: gone(file), "its end")


def gone(stat):
    stat.seek(0)
    try:
        return b") Z" in stat.read()
    except ProcessLookupError:
        return True


def test_an_nginx_that_could_not_be_read_is_told_and_incomplete(monkeypatch):
    monkeypatch.setattr(chain_reading, "_read_nginx", lambda found, conf: breaks())
    reading = chain_reading.read_chain(node=False)
    (nginx,) = reading["nginx"]
    assert (nginx["complete"], nginx["conf"], nginx["routes"]) == (False, None, [])
    assert {"subject": "nginx", "reason": "could not be read: KeyError: 'inside'"} \
        in nginx["problems"]


COMPILED = """
import builtins, sys
sys.path.insert(0, sys.argv[1])
names, original = [], builtins.compile
def compile(source, name, *more, **others):
    names.append(name)
    return original(source, name, *more, **others)
builtins.compile = compile
import packed.zip_imports
packed.zip_imports.compile_once()
import packed.inner.module
print(packed.inner.module.__file__, packed.inner.__file__)
print(*(name for name in names if "inner" in name))
"""


def test_a_module_in_a_zip_file_is_compiled_once(tmp_path):
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(zip_imports.__file__, "packed/zip_imports.py")
        for name in ("packed/__init__.py", "packed/inner/__init__.py", "packed/inner/module.py"):
            file.writestr(name, "")
    said = subprocess.run([sys.executable, "-c", COMPILED, str(archive)],
                          stdout=subprocess.PIPE, check=True).stdout.decode().split()
    module, package = (str(archive / "packed/inner" / name) for name in ("module.py", "__init__.py"))
    assert said == [module, package, package, module]
