# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Node processes that listen, and read what is really in force in them.

Sources, the least intrusive first: the guard's status file; Node's own answer
to a request that it does not hand on; and only where they are asked for, an
idle connection that is timed, and the inspector. Nothing is assumed from the
version: what no source tells is absent.
"""

from __future__ import annotations

import time

from ansible_collections.no502.node.plugins.module_utils.host.facts import memory_total
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.node.addresses import (
    listening_address, same,
)
from ansible_collections.no502.node.plugins.module_utils.node.discovery import applications
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint
from ansible_collections.no502.node.plugins.module_utils.node.keep_alive_header import (
    ask_keep_alive,
)
from ansible_collections.no502.node.plugins.module_utils.node.options import COVERED
from ansible_collections.no502.node.plugins.module_utils.node.reader import Reader
from ansible_collections.no502.node.plugins.module_utils.node.version import Versions
from ansible_collections.no502.node.plugins.module_utils.value import unknown

MAX_ASKING_SECONDS = 4.0
MAX_INSPECTING_SECONDS = 20.0
# A primary hands connections to its workers in turn: so many are asked.
_MAX_TURNS = 8
# And so often again, as long as some have not answered: other clients take turns too.
_MAX_ROUNDS = 4
# Two workers close connections of the same age within this, in ms.
_SAME_LIMIT = 250


def read_all_node(found, sockets, addresses=(), ask_header=True, timed_probe=False,
                  inspector=False, versions=None):
    """Return a reading for each Node application that listens.

    `found` is `processes.all_processes()`, `sockets` a `listeners.Sockets` with
    its holders found. `addresses` are further ones (`3000`, `10.0.0.2:3000`,
    `unix:/path`) to be asked for their Keep-Alive header: those that no Node
    process here holds (published by a container's proxy) give a reading with
    no process. `ask_header=False` sends no request at all. `timed_probe` times
    idle connections (see `idle_limit`), `inspector` opens the inspector of what
    no guard speaks for (see `inspector`). `versions` is a `version.Versions` that
    may have been begun. `unit` is left to `systemd.attach_units`.
    """
    wanted = [listening_address(each) for each in addresses]
    listening = applications(found, sockets)
    if ask_header or inspector:
        listening = _apart(listening)
    if any(each.foreign for each in listening):
        from ansible_collections.no502.node.plugins.module_utils.node.published import publish
        publish(listening, found, sockets, connect=ask_header or inspector)
    readers = [Reader(each) for each in listening]
    if ask_header:
        _ask_headers(readers, wanted)
    versions, total = versions or Versions(), memory_total()
    if inspector:
        _inspect(readers, versions)
    if timed_probe:
        _time(readers, wanted)
    readings = [reader.reading(versions, total) for reader in readers]
    if ask_header:
        readings += _strangers([
            listen for listen in wanted
            if not any(same(listen, each) for reader in readers for each in reader.reachable())
        ])
    return readings


def _apart(listening):
    if all(len(application.workers) < 2 for application in listening):
        return listening
    from ansible_collections.no502.node.plugins.module_utils.node.pm2_cluster import apart
    return apart(listening)


def _turns(reader):
    return max(1, min(len(reader.application.workers), _MAX_TURNS))


def _may_be_asked(listen, wanted):
    """Unix sockets often speak something else than HTTP: asked only when they are named."""
    return "path" not in listen or any(same(listen, each) for each in wanted)


def _ask_headers(readers, wanted):
    """Ask for the Keep-Alive header where no guard has told the time-out."""
    said, end = {}, time.monotonic() + MAX_ASKING_SECONDS
    for reader in readers:
        for index in reader.unguarded():
            if _may_be_asked(reader.listens[index], wanted):
                said[reader, index] = []
            else:
                reason = "%s: not asked" % reader.endpoint(index).name
                reader.add_header(index, [unknown("ms", reason)])
    for _round in range(_MAX_ROUNDS):
        questions = [question for question, answers in said.items()
                     if _is_open(question[0], answers) for _turn in range(_turns(question[0]))]
        answers = in_parallel(lambda question: ask_keep_alive(question[0].endpoint(question[1])),
                              questions, end - time.monotonic())
        for (reader, index), answer in zip(questions, answers):
            late = unknown("ms", "%s: not asked in time" % reader.endpoint(index).name)
            said[reader, index].append(answer or (late, None, None))
    for (reader, index), answers in said.items():
        reader.add_header(index, *zip(*answers))


def _is_open(reader, answers):
    """Tell whether a question is to be put again: others took the turns of some workers."""
    return not answers or (all(value["value"] is not None for value, _protocol, _pid in answers)
                           and bool(reader.unheard([pid for _value, _protocol, pid in answers])))


def _by_question(questions, answers):
    """Return [(question, its answers)]: the same question may have been asked several times."""
    grouped = {}
    for question, answer in zip(questions, answers):
        grouped.setdefault(question, []).append(answer)
    return list(grouped.items())


def _time(readers, wanted):
    """Time idle connections to every address, all side by side."""
    from ansible_collections.no502.node.plugins.module_utils.node.idle_limit import idle_limits
    questions = [(reader, index) for reader in readers for index in range(len(reader.listens))
                 if _may_be_asked(reader.listens[index], wanted) for _turn in range(_turns(reader))]
    limits = idle_limits([reader.endpoint(index) for reader, index in questions])
    for (reader, index), found in _by_question(questions, limits):
        values, pids = zip(*found)
        reader.add_idle_limit(index, _shortest(values), pids)


def _shortest(limits):
    """Return the shortest of what several workers did, `unknown` where they do not agree."""
    unread = [each for each in limits if each["value"] is None]
    if unread:
        return unread[0]
    ordered = sorted(limits, key=lambda each: each["value"])
    least, most = ordered[0], ordered[-1]
    if most["value"] - least["value"] <= _SAME_LIMIT:
        return least
    return unknown("ms", "%s: differs between its workers, %d to %d ms"
                   % (least["source"], least["value"], most["value"]))


def _inspect(readers, versions):
    """Use the inspector of each process of which a guard has not told everything."""
    from ansible_collections.no502.node.plugins.module_utils.node.live_values import read_live
    end = time.monotonic() + MAX_INSPECTING_SECONDS
    for reader in readers:
        if not reader.unguarded():
            continue
        for process in reader.serving:
            if time.monotonic() > end:
                reader.add_live(process, None, ["inspector: not asked in time"])
                continue
            if versions.of(process)[0] is None:
                # Some other program of that name may take the signal for something else.
                reader.add_live(process, None, ["inspector: not asked, it may not be Node"])
                continue
            options, reason = reader.options(process)
            if reason not in (None, COVERED):
                # Where its inspector would listen is not known.
                reader.add_live(process, None, ["inspector: not asked, %s" % reason])
                continue
            endpoints = [reader.endpoint(index) for index in range(len(reader.listens))]
            said, problems = read_live(process, options, endpoints,
                                       len(reader.application.workers))
            reader.add_live(process, said, problems)


def _strangers(listens):
    """Return readings of addresses that answer like Node but belong to no process here."""
    readings = []
    answers = in_parallel(ask_keep_alive, [Endpoint(each) for each in listens],
                          MAX_ASKING_SECONDS)
    for listen, answer in zip(listens, answers):
        if answer is None or answer[0]["value"] is None:
            continue
        value, protocol, _pid = answer
        readings.append({
            "pid": None, "started": None, "binary": None, "binary_deleted": None,
            "version": None, "user": None, "directory": None, "container": None,
            "mode": None, "workers": [], "listens": [dict(listen, protocol=protocol)],
            "listens_inside": [], "unit": None, "guard": None,
            "settings": {"keep_alive_timeout": value},
            "options": None,
            "heap_limit": unknown("bytes", "no process here"),
            "memory_limit": unknown("bytes", "no process here"),
            "open_files": unknown("count", "no process here"),
            "open_files_hard": unknown("count", "no process here"),
            "problems": [],
        })
    return readings
