# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gather what several sources say of one application into its reading.

The sources of a setting, the best first: the guard, the inspector, the
Keep-Alive header. Where processes or addresses do not agree, the value is unknown.
"""

from __future__ import annotations

import pwd

from ansible_collections.no502.node.plugins.module_utils.host import network_namespace, processes
from ansible_collections.no502.node.plugins.module_utils.host.cgroup import memory_limit
from ansible_collections.no502.node.plugins.module_utils.host.limits import open_files
from ansible_collections.no502.node.plugins.module_utils.node.addresses import same
from ansible_collections.no502.node.plugins.module_utils.node.agreement import agreed, largest
from ansible_collections.no502.node.plugins.module_utils.node.endpoint import Endpoint
from ansible_collections.no502.node.plugins.module_utils.node.guard_status import (
    DRAIN_TIMES, read_status,
)
from ansible_collections.no502.node.plugins.module_utils.node.options import options_of
from ansible_collections.no502.node.plugins.module_utils.node.version import numbers
from ansible_collections.no502.node.plugins.module_utils.value import unknown

_WORKERS_DIFFER = "differs between its workers"
_PORTS_DIFFER = "differs between its ports"


class Reader:
    """One application (a `discovery.Application`) and what its sources say."""

    def __init__(self, application):
        self.application = application
        self.process = application.process
        self.serving = application.serving
        self.listens = [dict(each) for each in application.listens]
        self.foreign = application.foreign
        self._problems = []
        self._statuses = {}
        for each in [self.process] + application.workers:
            self._statuses[each.pid], problems = read_status(each)
            self._problems += problems
        self._options = {}
        self._live = {}
        self._headers = {}
        self._idle_limits = {}

    def endpoint(self, index):
        """Return where one of the listening addresses is to be reached."""
        listen = self.listens[index]
        return Endpoint(listen, self.process.pid if self.foreign else None,
                        tls=listen.get("protocol") == "https",
                        holders=[each.pid for each in [self.process] + self.application.workers])

    def reachable(self):
        """Return the addresses of this host at which it is reached."""
        if not self.foreign:
            return self.listens
        # As the address inside, but for the address itself.
        return [dict(self.listens[index], **listen)
                for listen, index in self.application.published]

    def unguarded(self):
        """Return the indices of the addresses whose keep-alive time-out no guard has told."""
        return [index for index in range(len(self.listens))
                if self._published(index).get("keep_alive_timeout", {}).get("value") is None]

    def options(self, process):
        """Return (options, reason) of a process, as `options.options_of` does."""
        if process.pid not in self._options:
            self._options[process.pid] = options_of(process)
        return self._options[process.pid]

    def add_header(self, index, values, protocols=(), pids=()):
        """Take what Keep-Alive headers said at one address, in which protocols, and who did."""
        header = agreed([{"keep_alive_timeout": each} for each in values], _WORKERS_DIFFER)
        self._headers[index] = {
            name: self._if_all_answered(value, pids) for name, value in header.items()}
        self._add_protocol(index, protocols)

    def add_idle_limit(self, index, value, pids=()):
        """Take how long connections to one address were really kept, and who kept them."""
        self._idle_limits[index] = {"idle_limit": self._if_all_answered(value, pids)}

    def unheard(self, pids):
        """Return the workers that are not among those, `pids`, that answered."""
        return [each.pid for each in self.application.workers if each.pid not in pids]

    def _if_all_answered(self, value, pids):
        workers, unheard = len(self.application.workers), len(self.unheard(pids))
        if not unheard or value["value"] is None:
            return value
        return unknown(value["unit"], "%s: only %d of %d workers asked"
                       % (value["source"], workers - unheard, workers))

    def add_live(self, process, said, problems):
        """Take what the inspector of one serving process said (`live_values.read_live`)."""
        subject = "node pid %d" % process.pid
        self._problems += [{"subject": subject, "reason": reason} for reason in problems]
        if said is None:
            return
        self._live[process.pid] = said
        options, _reason = self.options(process)
        # What it was really given; a title may cover its command line.
        self._options[process.pid] = (
            [each for each in options if each["source"] != "command line"] + said["options"], None)
        for listen in self.listens:
            if not any(same(each["address"], listen) for each in said["servers"]):
                name = listen.get("path") or "port %d" % listen["port"]
                self._problems.append({"subject": subject, "reason":
                                       "inspector: no server of its main thread has %s" % name})

    def reading(self, versions, memory_total):
        """Return the reading of the application; `versions` is a `version.Versions`."""
        process = self.process
        settings = [self._settings(index) for index in range(len(self.listens))]
        for index, told in enumerate(settings):
            self._add_protocol(index, self._told_protocols(index))
            if len(settings) > 1:
                self.listens[index]["settings"] = told
        version = self._version(versions)
        options = self._common_options()
        soft, hard = self._open_files()
        self._repeat_guards_problems()
        reading = {
            "pid": process.pid,
            "started": process.started,
            "binary": process.binary,
            "binary_deleted": process.binary_deleted,
            "version": version,
            "user": _user(process),
            "directory": self._directory(),
            "container": processes.container_of(process.pid),
            "mode": "cluster" if self.application.workers else "single",
            "workers": [each.pid for each in self.application.workers],
            # Within a network of its own its ports are not this host's.
            "listens": self.reachable(),
            "listens_inside": self.listens if self.foreign else [],
            "unit": None,
            "guard": self._guard(),
            "settings": agreed(settings, _PORTS_DIFFER),
            "options": options,
            "heap_limit": self._heap_limit(),
            "memory_limit": memory_limit(process.pid, memory_total),
            "open_files": soft,
            "open_files_hard": hard,
            "problems": self._problems,
        }
        used = self._heaps("heap_used")
        if any(each["value"] is not None for each in used):
            reading["heap_used"] = largest(used)
        if self.foreign:
            reading["addresses_inside"] = network_namespace.ipv4_addresses(process.pid)
        return reading

    def _problem(self, reason):
        self._problems.append({"subject": "node pid %d" % self.process.pid, "reason": reason})

    def _all_statuses(self):
        return [status for statuses in self._statuses.values() for status in statuses]

    def _servers_at(self, servers, index):
        return [each for each in servers
                if each["address"] and same(each["address"], self.listens[index])]

    def _published(self, index):
        """Return what guards published for one listening address."""
        return self._common(index, {
            pid: [server for status in statuses for server in status["servers"]]
            for pid, statuses in self._statuses.items()})

    def _inspected(self, index):
        """Return what the inspectors said for one listening address."""
        return self._common(index, {pid: said["servers"] for pid, said in self._live.items()})

    def _common(self, index, servers):
        """Return the settings of one address that all who serve it have told.

        `servers` are what was told, {pid: servers}.
        """
        told = {pid: self._servers_at(found, index) for pid, found in servers.items()}
        common = agreed([each["settings"] for found in told.values() for each in found],
                        _WORKERS_DIFFER)
        # What a primary serves itself is none of its workers'.
        silent = [] if told.get(self.process.pid) else [
            each.pid for each in self.serving if not told.get(each.pid)]
        return {name: _not_told(value, silent) for name, value in common.items()}

    def _settings(self, index):
        """Return what is known for one listening address, each from the best source that knows."""
        merged = {}
        for source in (self._published(index), self._inspected(index),
                       self._headers.get(index, {}), self._idle_limits.get(index, {})):
            for name, value in source.items():
                if name not in merged or (
                        merged[name]["value"] is None is not value["value"]
                        and not _differs(merged[name])):
                    merged[name] = value
        return merged

    def _told_protocols(self, index):
        servers = [server for status in self._all_statuses() for server in status["servers"]]
        servers += [server for said in self._live.values() for server in said["servers"]]
        return [each["protocol"] for each in self._servers_at(servers, index)]

    def _add_protocol(self, index, protocols):
        told = set(filter(None, protocols))
        if len(told) == 1 and "protocol" not in self.listens[index]:
            self.listens[index]["protocol"] = told.pop()

    def _guard(self):
        statuses = self._all_statuses()
        if not statuses:
            return None
        guards = [status["guard"] for status in statuses]
        guard = dict(guards[0], draining=any(each["draining"] for each in guards))
        silent = [each.pid for each in self.serving if not self._statuses[each.pid]]
        times = agreed([{name: each[name] for name in DRAIN_TIMES} for each in guards],
                       _WORKERS_DIFFER)
        guard.update({name: _not_told(value, silent) for name, value in times.items()})
        # What the application asked for, before the guard raised it.
        guard["requested"] = agreed([server["requested"] for status in statuses
                                     for server in status["servers"]], "differs between servers")
        delays = [status["event_loop_delay"] for status in statuses
                  if "event_loop_delay" in status]
        if delays:
            guard["event_loop_delay"] = {
                name: largest([each[name] for each in delays]) for name in delays[0]}
        return guard

    def _repeat_guards_problems(self):
        said = dict.fromkeys(problem for status in self._all_statuses()
                             for problem in status["problems"])
        for problem in said:
            self._problem("guard: " + problem)

    def _heaps(self, name):
        """Return what is known of the heap of each process that serves, as values."""
        values = []
        for process in self.serving:
            # A worker thread has a heap of its own: the main thread's is meant where it is told.
            statuses = sorted(self._statuses[process.pid], key=lambda each: each["thread"])
            said = statuses[0] if statuses else self._live.get(process.pid, {})
            reason = "pid %d: told neither by a guard nor by its inspector" % process.pid
            values.append(said.get(name, unknown("bytes", reason)))
        return values

    def _heap_limit(self):
        limits = self._heaps("heap_limit")
        unread = next((each for each in limits if each["value"] is None), None)
        return unread or agreed([{"limit": each} for each in limits], _WORKERS_DIFFER)["limit"]

    def _version(self, versions):
        version, reason = versions.of(self.process)
        if version is None:
            said = [status["node"] for status in self._all_statuses()]
            said += [each["node"] for each in self._live.values()]
            version = next(filter(None, map(numbers, said)), None)
        if version is None:
            self._problem(reason)
        return version

    def _common_options(self):
        """Return the options that all serving processes have, None where they differ."""
        found = [self.options(process) for process in self.serving]
        # Each worker has an inspector's port of its own.
        lists = [[each for each in options if each["name"] != "--inspect-port"]
                 if self.application.workers else options for options, _reason in found]
        if any(each != lists[0] for each in lists):
            self._problem("options: its workers were started with different ones")
            return None
        reason = next(filter(None, (each for _options, each in found)), None)
        if reason:
            self._problem("options: there may be others, %s" % reason)
        return lists[0]

    def _open_files(self):
        """Return the (soft, hard) limits of the serving process that has the least."""
        limits = [open_files(process.pid) for process in self.serving]
        # One that could not be read comes before all others.
        return min(limits, key=lambda pair: (pair[0]["value"] is not None, pair[0]["value"] or 0))

    def _directory(self):
        directories = [processes.working_directory(process.pid) for process in self.serving]
        if any(each != directories[0] for each in directories):
            self._problem("directory: its workers are in different ones")
            return None
        if directories[0] is None:
            self._problem("directory: closed or gone")
        return directories[0]


def _differs(value):
    """Tell whether a value is unknown because workers were found to have different ones."""
    return value["value"] is None and value["source"].endswith(_WORKERS_DIFFER)


def _not_told(value, silent):
    """Return a value, `unknown` where there are processes (by pid) that have not told theirs."""
    if not silent or value["value"] is None:
        return value
    return unknown(value["unit"], "%s: not told by pid %d" % (value["source"], silent[0]))


def _user(process):
    """Return the name of the user of a process, its number where names may not be this host's."""
    return user_name(process.uid) if processes.shares_root(process.pid) else str(process.uid)


def user_name(uid):
    """Return the name of a user of this host, its number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
