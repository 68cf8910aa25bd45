# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that pass for nginx, Node and PM2, and behave badly when they are asked."""
from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

# Machine code (x86_64) that sleeps for good when it is run without arguments, and with one, as by
# `nginx -V`, does what follows: sleep too, end with 1, or write for good.
_BASE = 0x400000
_HEADERS = 64 + 56
_PAUSE = bytes.fromhex("b8220000000f05") + bytes.fromhex("ebf7")  # pause(2), again and again
_ALONE = bytes.fromhex("48833c2401")  # cmp qword [rsp], 1
ON_OPTION = {
    "hangs": _PAUSE,
    "fails": bytes.fromhex("b83c000000bf010000000f05"),  # exit(1)
    # write(1, what is mapped here, 4096), again and again
    "floods": bytes.fromhex("b801000000bf01000000be00004000ba001000000f05ebe8"),
}


def program(path: Path, on_option: str) -> Path:
    """Write an executable file that does `on_option` when it is given an argument."""
    code = _ALONE + b"\x75" + bytes([len(_PAUSE)]) + _PAUSE + ON_OPTION[on_option]
    size = _HEADERS + len(code)
    header = struct.pack("<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 0, 2, 62, 1,
                         _BASE + _HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, _BASE, _BASE, size, size, 0x1000)
    path.write_bytes(header + segment + code)
    path.chmod(0o755)
    return path


def master(start, path: Path, conf: Path):
    """Run a program under the title of an nginx master that uses `conf`."""
    title = "nginx: master process %s -c %s" % (path, conf)
    return start("bash", "-c", 'exec -a "$0" "$1"', title, str(path))


class PassesForNode:
    """Python under the name of Node: a script of it can listen, and answer as it likes."""

    def __init__(self, folder: Path):
        self.program = folder / "node"
        shutil.copy(os.path.realpath(sys.executable), self.program)

    def run(self, start, script: str, *arguments: str, title: str = "node"):
        """Run a script; its process is called `title`."""
        environment = {"PATH": "/usr/bin:/bin", "PYTHONHOME": sys.base_prefix,
                       "LD_LIBRARY_PATH": os.path.join(sys.base_prefix, "lib")}
        return start("bash", "-c", 'exec -a "$0" "$@"', title, str(self.program), "-c", script,
                     *arguments, env=environment, stdout=subprocess.PIPE)


# Accepts connections at an address (a port or a path) and gives the same answer to everybody.
ANSWERS = """
import ast, socket, sys, threading
address, answer = sys.argv[1:]
family = socket.AF_UNIX if address.startswith("/") else socket.AF_INET
server = socket.socket(family)
server.bind(address if family == socket.AF_UNIX else ("127.0.0.1", int(address)))
server.listen()
print("listens", flush=True)
kept = []
while True:
    connection = server.accept()[0]
    kept.append(connection)
    if answer:
        connection.sendall(ast.literal_eval(answer))
"""
# Starts processes that end soon, under the names of what readers look for.
COMES_AND_GOES = """
import subprocess
while True:
    for title in ("node", "nginx: worker process"):
        subprocess.run(["bash", "-c", 'exec -a "$0" sleep 0.05', title])
"""
