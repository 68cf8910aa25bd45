# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real PM2 in a directory of its own, and impostors at its socket."""
from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from pathlib import Path

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.pm2.reading import read_all_pm2

from .conftest import ROOT


def nodes(*arguments):
    """Return what tools/nodes prints."""
    answer = subprocess.run([str(ROOT / "tools" / "nodes"), *arguments],
                            stdout=subprocess.PIPE, check=True)
    return Path(answer.stdout.decode().strip())


class Pm2:
    """One PM2 (`major`) on one Node; `home` is its PM2_HOME."""

    def __init__(self, home, major, node, **environment):
        self.home = home
        self._program = nodes() / ("pm2-%s" % major) / "bin" / "pm2"
        self._node = nodes(node)
        self._environment = dict(
            {"PATH": "%s:/usr/bin:/bin" % self._node.parent, "PM2_HOME": str(home),
             "HOME": str(home), "PM2_DISABLE_VERSION_CHECK": "1"}, **environment)

    def __call__(self, *arguments):
        answer = subprocess.run(
            [str(self._node), str(self._program), *arguments], cwd="/",
            env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert answer.returncode == 0, answer.stdout.decode()
        return answer.stdout.decode()

    def start(self, *apps):
        """Start applications, each a dictionary as in an ecosystem file."""
        file = self.home.parent / ("%s.json" % self.home.name)
        file.write_text(json.dumps({"apps": list(apps)}))
        self("start", str(file))

    @property
    def pid(self):
        """The daemon's process id, None where none was ever started."""
        file = self.home / "pm2.pid"
        return int(file.read_text()) if file.exists() else None

    def reading(self):
        """Return how the daemon is read."""
        return reading_of(self.pid)

    def end(self):
        """End the daemon and what it runs."""
        if self.pid is not None and os.path.isdir("/proc/%d" % self.pid):
            os.kill(self.pid, 18)  # SIGCONT: a test may have stopped it
            self("kill")


def read():
    """Return the readings of the daemons of this machine."""
    found, sockets = processes.all_processes(), Sockets()
    sockets.find_holders(found)
    return read_all_pm2(found, sockets)


def reading_of(pid):
    """Return the reading of the daemon with this process id."""
    return next(each for each in read() if each["pid"] == pid)


class Impostor:
    """Something that listens on a socket file and does `answer(connection)` to whoever comes."""

    def __init__(self, path, answer):
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._answer = answer
        self._open = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        try:
            while True:
                connection = self._listener.accept()[0]
                self._open.append(connection)
                self._answer(connection)
        except OSError:
            return

    def end(self):
        """Close it and every connection."""
        for each in self._open + [self._listener]:
            each.close()
