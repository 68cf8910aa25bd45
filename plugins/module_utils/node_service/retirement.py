# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take away what is no longer wanted: instances, guards that nobody runs, users that we made."""

from __future__ import annotations

import glob
import os
import re
import shutil

from ansible_collections.no502.node.plugins.module_utils.node_service import files
from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes

_GUARD = re.compile(r"guard-[0-9a-f]+\.cjs\Z")


class Retirement:
    """What is to go. With `check` nothing is touched; `removed` says what goes."""

    def __init__(self, systemd, check):
        self.removed = []
        self._systemd = systemd
        self._check = check

    def instances(self, wanted):
        """Take away all instances of ours but the wanted ones, each after its drain."""
        for name in files.instances():
            if name not in wanted:
                self._instance(files.Instance(name))

    def replaced(self, unit):
        """Stop and disable a unit that has been replaced."""
        shown = self._systemd.show(unit)
        if shown.get("LoadState") != "loaded":
            return
        if shown.get("ActiveState") in ("inactive", "failed") and (
                shown.get("UnitFileState") != "enabled"):
            return
        self._do("unit " + unit, lambda: self._systemd.call("disable", "--now", unit))

    def guards(self):
        """Take away guards that no unit names and no process runs."""
        texts = [files.read(path) or "" for path in glob.glob(files.UNITS + "/no502-*.service")]
        running = [process.cmdline.decode("utf-8", "replace")
                   for process in all_processes().values()]
        for path in sorted(glob.glob(files.GUARDS + "/guard-*.cjs")):
            if _GUARD.search(path) and not any(path in text for text in texts + running):
                self._do("guard " + path, lambda path=path: os.unlink(path))

    def users(self, run):
        """Take away users that were made for an app and have none left."""
        used = [files.read(path) or "" for path in glob.glob(files.UNITS + "/no502-*.service")]
        marks = sorted(os.listdir(files.USERS)) if os.path.isdir(files.USERS) else []
        for user in marks:
            if not any("\nUser=%s\n" % user in text for text in used):
                self._do("user " + user, lambda user=user: _remove_user(user, run))

    def directories(self):
        """Take away directories of ours that are empty now."""
        for path in (files.USERS, files.SETTINGS, files.GUARDS, files.STATUS):
            if not self._check and os.path.isdir(path) and not os.listdir(path):
                os.rmdir(path)

    def _instance(self, instance):
        services = [instance.service(slot) for slot in files.SLOTS]
        self._do("instance " + instance.name, lambda: self._take_away(instance, services))

    def _take_away(self, instance, services):
        units = [instance.socket] + services
        # The socket first: it would start the service again.
        for unit in units:
            self._systemd.try_call("stop", unit)
        for unit in units:
            if files.is_enabled(unit):
                self._systemd.call("disable", unit)
            files.write(files.unit_file(unit), None, 0)
        shutil.rmtree(instance.directory, ignore_errors=True)
        self._systemd.call("daemon-reload")
        self._systemd.try_call("reset-failed", *units)

    def _do(self, what, work):
        self.removed.append(what)
        if not self._check:
            work()


def _remove_user(user, run):
    code, _output, errors = run(["userdel", user])
    # 6: there is no such user any more.
    if code not in (0, 6):
        raise OSError("userdel %s: %s" % (user, errors.strip()))
    os.unlink(os.path.join(files.USERS, user))
