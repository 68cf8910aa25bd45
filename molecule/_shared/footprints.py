# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything on a host that tells whether somebody wrote there, or did something to a process.

Asked of the host itself, by a program that shares nothing with the collection and reads without
access times.
"""
from __future__ import annotations

import json

# Runs on the host. Left out is what the kernel shows (/proc, /sys, /dev), what is gone with the
# next boot (/run), where Ansible puts its modules (/tmp, /root/.ansible), and what systemd itself
# keeps of its timers, time and journal.
PROGRAM = r"""
import hashlib, json, os, stat

OTHERS = {"/proc", "/sys", "/dev", "/run", "/tmp", "/var/tmp", "/root/.ansible",
          "/var/lib/systemd", "/var/log/journal"}

def digest(path):
    whole = hashlib.blake2b(digest_size=16)
    with open(os.open(path, os.O_RDONLY | os.O_NOATIME), "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            whole.update(piece)
    return whole.hexdigest()

def describe(path):
    found = os.lstat(path)
    what = "%o %d:%d %d bytes, changed %d, inode %d" % (
        found.st_mode, found.st_uid, found.st_gid, found.st_size, found.st_ctime_ns, found.st_ino)
    if stat.S_ISLNK(found.st_mode):
        return what + " -> " + os.readlink(path)
    what += ", modified %d" % found.st_mtime_ns
    return what + ", " + digest(path) if stat.S_ISREG(found.st_mode) else what

def files():
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if os.path.join(folder, name) not in OTHERS]
        for name in folders + names:
            path = os.path.join(folder, name)
            if path not in OTHERS:
                yield path, describe(path)

def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as file:
                fields = file.read().rpartition(")")[2].split()
            with open("/proc/%s/cmdline" % pid) as file:
                command = file.read().replace("\0", " ").strip()
        except OSError:
            continue
        if command:
            yield int(pid), int(fields[1]), "%s, started at tick %s" % (command, fields[19])

found = {pid: (parent, what) for pid, parent, what in processes()}
# This program and those that it was started by come and go.
own = os.getpid()
while own in found:
    own = found.pop(own)[0]
print(json.dumps({"files": dict(files()),
                  "processes": {pid: what for pid, (_parent, what) in found.items()}}))
"""


def footprints(host) -> dict[str, dict[str, str]]:
    """``files`` (path -> mode, owner, size, times, content) and ``processes`` (pid -> which)."""
    return json.loads(host.check_output("python3 -c %s", PROGRAM))


def differences(before: dict, after: dict) -> list[str]:
    """What is not as it was, a line each; empty where nobody left a trace."""
    return [f"{name}: {was.get(name, 'was not there')} -> {now.get(name, 'is gone')}"
            for was, now in ((before[kind], after[kind]) for kind in ("files", "processes"))
            for name in sorted({*was, *now}) if was.get(name) != now.get(name)]
