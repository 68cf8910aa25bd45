# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of ours lies on a Node host: names, paths and files of an instance.

An instance is one Node process of an app on one port. Its socket belongs to
systemd; two slots, `a` and `b`, are services that can hold that socket at the
same time, so that a new process is up before the old one is told to go. Each
slot has files of its own: a new process that fails leaves those of the running
one as they were, whatever happens in between.
"""

from __future__ import annotations

import os
import re

UNITS = "/etc/systemd/system"
SETTINGS = "/etc/no502"
USERS = SETTINGS + "/users"
GUARDS = "/usr/local/lib/no502"
STATUS = "/run/no502"
SLOTS = ("a", "b")

_SOCKET_FILE = re.compile(r"no502-(.+-[0-9]+)\.socket\Z")
_SERVICE_LINE = re.compile(r"^Service=\S+@([ab])\.service$", re.MULTILINE)
# systemd's own default is the same; it is said since listen() may lower it.
_BACKLOG = 4096
_SOCKET = """\
# Managed by the Ansible collection no502.node: changes here are lost.
[Unit]
Description={description}

[Socket]
ListenStream={address}
Service={service}
Backlog={backlog}
# The address may come up after this socket.
FreeBind=yes

[Install]
WantedBy=sockets.target
"""


class Instance:
    """The names and files of one instance; `name` is APP-PORT."""

    def __init__(self, name):
        self.name = name
        self.app, _dash, port = name.rpartition("-")
        self.port = int(port)
        self.socket = "no502-%s.socket" % name
        self.directory = os.path.join(SETTINGS, name)
        self.wanted_environment = os.path.join(self.directory, "wanted.env")

    def service(self, slot):
        """Return the service's name of a slot."""
        return "no502-%s@%s.service" % (self.name, slot)

    def environment(self, slot):
        """Return the path of the environment file of a slot."""
        return os.path.join(self.directory, slot + ".env")

    def socket_text(self, slot, address, port):
        """Return the socket's unit file, which starts that slot."""
        form = "[%s]:%d" if ":" in address else "%s:%d"
        return _SOCKET.format(description="%s on %s" % (self.app, form % (address, self.port)),
                              address=form % (address, port), service=self.service(slot),
                              backlog=_BACKLOG)

    def committed(self):
        """Return the slot that the socket starts, None where there is no socket file."""
        found = _SERVICE_LINE.search(read(unit_file(self.socket)) or "")
        return found.group(1) if found else None

    def files(self):
        """Return the paths of all that an instance may have, the directory excluded."""
        paths = [unit_file(self.socket), self.wanted_environment]
        for slot in SLOTS:
            paths += [unit_file(self.service(slot)), self.environment(slot)]
        return paths


def instances():
    """Return the names of the instances that are on this host, sorted."""
    names = os.listdir(UNITS) if os.path.isdir(UNITS) else []
    found = {match.group(1) for match in map(_SOCKET_FILE.match, names) if match}
    if os.path.isdir(SETTINGS):
        found.update(name for name in os.listdir(SETTINGS) if re.search(r".-[0-9]+\Z", name))
    return sorted(found)


def other(slot):
    """Return the other slot."""
    return SLOTS[1 - SLOTS.index(slot)]


def unit_file(unit):
    """Return where a unit of ours is written."""
    return os.path.join(UNITS, unit)


def wants_link(unit):
    """Return the link by which systemd starts an enabled unit of ours at boot."""
    target = "sockets" if unit.endswith(".socket") else "multi-user"
    return os.path.join(UNITS, target + ".target.wants", unit)


def is_enabled(unit):
    """Return whether a unit of ours is started at boot."""
    return os.path.lexists(wants_link(unit))


def read(path):
    """Return a file's text, None where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(path, text, mode):
    """Put a file in place, whole or not at all; None removes it."""
    if text is None:
        if os.path.lexists(path):
            os.unlink(path)
        return
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    new = path + ".new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(new, path)
