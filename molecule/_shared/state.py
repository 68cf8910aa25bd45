# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change that was refused, or is not one, must have left alone on a host.

Asked of the host itself, by a program that shares nothing with the collection.
"""
from __future__ import annotations

import json

# Runs on the host. Staged generations lie aside until one is loaded: they are no part of the tree.
PROGRAM = r"""
import hashlib, json, os, sys

def content(path):
    if os.path.islink(path):
        return "-> " + os.readlink(path)
    with open(path, "rb") as file:
        return "%o %s" % (os.stat(path).st_mode, hashlib.sha256(file.read()).hexdigest())

def tree(top):
    live = os.path.realpath("/etc/nginx/no502")
    found = {}
    for folder, folders, files in os.walk(top):
        if os.path.basename(folder) == "no502.d":
            folders[:] = [name for name in folders if os.path.join(folder, name) == live]
            files = []
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        found.update((path, content(path)) for path in
                     (os.path.join(folder, name) for name in files + links))
    return found

def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as file:
                started = file.read().rpartition(")")[2].split()[19]
            with open("/proc/%s/cmdline" % pid) as file:
                yield int(pid), int(started), file.read().replace("\0", " ").strip()
        except (OSError, ValueError, IndexError):
            pass

def named(text):
    return sorted(each for each in processes() if text(each[2]))

state = {
    "files": {},
    "nginx": named(lambda line: line.startswith("nginx: ") and "cache" not in line),
    "node": named(lambda line: os.path.basename(line.split(" ")[0]) == "node"),
}
for top in ("/etc/nginx", "/etc/systemd/system", "/etc/no502", "/usr/local/lib/no502"):
    state["files"].update(tree(top))
print(json.dumps(state))
"""


def state(host) -> dict:
    """``files`` (path -> mode and hash), ``nginx`` and ``node`` (pid, start, command line).

    The files are those of nginx, of systemd's units and of the collection.
    """
    return json.loads(host.check_output("python3 -c %s", PROGRAM))


def of_all(hosts) -> dict:
    """The state of every host, by name."""
    return {name: state(host) for name, host in hosts.items()}
