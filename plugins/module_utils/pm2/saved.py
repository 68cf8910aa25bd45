# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `pm2 save` has written: the applications that the daemon's next start brings back.

The file holds their environments too, so only names are taken of it.
"""

from __future__ import annotations

import os
from collections import Counter

from ansible_collections.no502.node.plugins.module_utils.pm2.protocol import (
    MAX_BYTES,
    Pm2Error,
    parse_json,
)
from ansible_collections.no502.node.plugins.module_utils.value import known, unknown

_NAMES = frozenset(["name"])


def compare(daemon, listed):
    """Return, as a value, whether what was saved is what the daemon has; and count instances by it.

    `daemon` is a `daemons.Daemon`, `listed` its applications. To save drops
    the number of instances that an application was started with. Where that is
    not known, as many are declared as were saved, if that is as many as there are.
    """
    path = daemon.dump_file
    if path is None:
        return unknown(None, "where pm2 pid %d saves to cannot be told" % daemon.pid)
    try:
        saved = _counts(os.path.join(daemon.root, path.lstrip("/")))
    except FileNotFoundError:
        return known(False, None, "live", "%s is not there" % path)
    except (OSError, Pm2Error) as error:
        reason = getattr(error, "strerror", None) or "is no list of applications"
        return unknown(None, "%s: %s" % (path, reason))
    # Modules of PM2's own are never saved.
    has = Counter(app["name"] for app in listed if not app["module"])
    for app in listed:
        name, instances = app["name"], app["instances"]
        if instances["declared"]["value"] is None and 0 < has[name] == saved[name]:
            instances["declared"] = known(saved[name], "count", "live", path)
    return known(saved == has, None, "live", path)


def _counts(path):
    """Return how many processes of each name are saved; raises OSError and Pm2Error."""
    # That user's file: neither a link of his is followed nor a pipe waited for.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        saved = parse_json(file.read(MAX_BYTES), _NAMES)
    if not isinstance(saved, list) or not all(isinstance(each, dict) for each in saved):
        raise Pm2Error("is no list of applications")
    return Counter(str(each.get("name")) for each in saved)
