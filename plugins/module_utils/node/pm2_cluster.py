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


def apart(application):
    """Return the applications that one `discovery.Application` really is, at least itself.

    Addresses of which it does not show whose they are stay together, with all workers.
    """
    apps = {}
    for worker in application.workers:
        apps.setdefault(str(worker_setting(worker.pid, "name")), []).append(worker)
    if len(apps) < 2:
        return [application]
    listens = {}
    names = in_parallel(lambda listen: _app_behind(listen, application, apps),
                        application.listens, _MAX_SECONDS)
    for listen, name in zip(application.listens, names):
        listens.setdefault(name, []).append(listen)
    return [
        Application(application.process, apps.get(name, application.workers), listens[name],
                    application.foreign)
        for name in sorted(listens, key=str)
    ]


def _app_behind(listen, application, apps):
    if "path" in listen:
        return None
    network = application.process.pid if application.foreign else None
    end = time.monotonic() + _MAX_SECONDS
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
