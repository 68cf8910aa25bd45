# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell the applications apart whose connections one PM2 daemon hands on.

The daemon is the primary of all of them and holds the sockets of all of them.
Whose a socket is shows when something connects: the worker that gets the
connection belongs to the application. Nothing is sent over it.
"""

from __future__ import annotations

import time

from ansible_collections.no502.node.plugins.module_utils.host.connections import accepted_by
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.node.discovery import Application
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint
from ansible_collections.no502.node.plugins.module_utils.node.pm2_environment import worker_setting

_MAX_SECONDS = 1.0
_STEP = 0.01


def apart(together):
    """Return the applications that some `discovery.Application`s really are, at least themselves.

    Addresses of which it does not show whose they are stay together, with all
    workers. All are connected to side by side, for a second in all.
    """
    end = time.monotonic() + _MAX_SECONDS
    apps = [_workers_by_app(application) for application in together]
    questions = [(listen, application, workers)
                 for application, workers in zip(together, apps) if len(workers) > 1
                 for listen in application.listens]
    names = iter(in_parallel(lambda question: _app_behind(*question, end), questions,
                             _MAX_SECONDS))
    return [each for application, workers in zip(together, apps)
            for each in _parts(application, workers, names)]


def _workers_by_app(application):
    found = {}
    for worker in application.workers:
        found.setdefault(str(worker_setting(worker.pid, "name")), []).append(worker)
    return found


def _parts(application, workers, names):
    """Return the parts of an application; `names` gives whose each of its addresses is."""
    if len(workers) < 2:
        return [application]
    listens = {}
    for listen in application.listens:
        listens.setdefault(next(names), []).append(listen)
    return [
        Application(application.process, workers.get(name, application.workers), listens[name],
                    application.foreign)
        for name in sorted(listens, key=str)
    ]


def _app_behind(listen, application, apps, end):
    if "path" in listen:
        return None
    network = application.process.pid if application.foreign else None
    try:
        with Endpoint(listen, network).connect(end) as connection:
            while time.monotonic() < end:
                for name, workers in apps.items():
                    if accepted_by(connection, [each.pid for each in workers], network or "self"):
                        return name
                time.sleep(_STEP)
    except OSError:
        pass
    return None
