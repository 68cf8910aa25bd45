# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of Node processes that a test has started, and of no others on this machine."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.host.processes import all_processes
from ansible_collections.no502.node.plugins.module_utils.node.reading import read_all_node


def family(pid):
    """The process and its descendants: other tests' Node processes are left alone."""
    processes = all_processes()
    found = {pid: processes[pid]} if pid in processes else {}
    for each in sorted(processes):
        if processes[each].parent in found:
            found[each] = processes[each]
    return found


def read_family(pid, **how):
    """Return the readings of the process and its descendants."""
    found = family(pid)
    sockets = Sockets()
    sockets.find_holders(found)
    return read_all_node(found, sockets, **how)


def read(pid, **how):
    """Return the reading of the process alone, None where there is none."""
    return next((each for each in read_family(pid, **how) if each["pid"] == pid), None)


def addresses(reading):
    """Return where a reading says that it listens, by the addresses and protocols alone."""
    return [{name: each[name] for name in each if name not in ("backlog", "settings")}
            for each in reading["listens"]]
