# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that lies on a host, to find what was left behind."""
from __future__ import annotations

import json

# Runs on the host. Left out is what the kernel shows, and what systemd, apt, Ansible itself and
# useradd (locks, and copies of the files before) keep for themselves.
PROGRAM = r"""
import hashlib, json, os, re, subprocess

OTHERS = re.compile(
    r"/(proc|sys|dev|tmp|var/(log|tmp|cache|lib/systemd)|run/(systemd|udev|log|lock|user|credentials)"
    r"|root/\.ansible)(/|$)|/etc/(\.pwd\.lock|\w+-)$|/__pycache__(/|$)")

def describe(path):
    found = os.lstat(path)
    what = "%o %d:%d" % (found.st_mode, found.st_uid, found.st_gid)
    if os.path.islink(path):
        return what + " -> " + os.readlink(path)
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return what + " " + hashlib.sha256(file.read()).hexdigest()
    return what

found = {}
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if not OTHERS.search(os.path.join(folder, name))]
    if folder.startswith("/usr") and not folder.startswith("/usr/local"):
        files = [name for name in files if "no502" in name]
    for path in (os.path.join(folder, name) for name in files + folders):
        if not OTHERS.search(path):
            found[path] = describe(path)
for kind in ("units", "unit-files"):
    listed = subprocess.run(["systemctl", "list-" + kind, "--all", "--plain", "--no-legend"],
                            stdout=subprocess.PIPE, universal_newlines=True).stdout
    found.update(("%s %s" % (kind, line.split()[0]), "") for line in listed.splitlines()
                 if "no502" in line)
print(json.dumps(found))
"""


def snapshot(host) -> dict[str, str]:
    """Path -> mode, owner and content; and the units that carry the collection's name."""
    return json.loads(host.check_output("python3 -c %s", PROGRAM))
