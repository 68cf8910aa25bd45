# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Node processes that listen, and read what is really in force in them.

A process is found by its program and the sockets that it holds; its values
come from the guard's status file, else (the keep-alive time-out only) from
Node's own answer to a request. Nothing is assumed from the version.
"""

from __future__ import annotations

import pwd
import re

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.nginx import address as nginx_address
from ansible_collections.no502.node.plugins.module_utils.host.binary import ask
from ansible_collections.no502.node.plugins.module_utils.host.cgroup import memory_limit
from ansible_collections.no502.node.plugins.module_utils.node.guard_status import read_status
from ansible_collections.no502.node.plugins.module_utils.host.facts import memory_total
from ansible_collections.no502.node.plugins.module_utils.host.in_parallel import in_parallel
from ansible_collections.no502.node.plugins.module_utils.node.keep_alive_header import ask_keep_alive
from ansible_collections.no502.node.plugins.module_utils.host.listeners import Sockets
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED, known, unknown

MAX_ASKING_SECONDS = 4.0

_PROGRAMS = frozenset(["node", "nodejs"])
# PM2's own sockets, which do not speak HTTP.
_PM2_SOCKET = re.compile(r"/(?:rpc|pub|interactor)\.sock\Z")
_VERSION = re.compile(r"v([0-9]+)\.([0-9]+)\.([0-9]+)")
_OPEN_FILES = re.compile(r"^Max open files\s+(\S+)", re.MULTILINE)
_WILDCARDS = frozenset(["0.0.0.0", "::"])


def read_all_node(found, sockets, addresses=(), ask_header=True):
    """Return a reading for each Node process that listens.

    `found` is `processes.all_processes()`, `sockets` a `listeners.Sockets` with
    its holders found. `addresses` are further ones (`3000`, `10.0.0.2:3000`,
    `unix:/path`) to be asked for their Keep-Alive header: those that no Node
    process here holds (published by a container's proxy) give a reading with
    no process. `ask_header=False` sends no request at all. `unit` is left to
    `systemd.attach_units`.
    """
    readers = _listening_nodes(found, sockets)
    extra = [listen for listen in map(_listen, addresses)
             if not any(_same(listen, each) for reader in readers for each in reader.listens)]
    if ask_header:
        _ask_all(readers, addresses)
    readings = [reader.reading() for reader in readers]
    if ask_header:
        readings += _strangers(extra)
    return readings


def _listening_nodes(found, sockets):
    nodes = {pid: process for pid, process in found.items() if process.program in _PROGRAMS}
    # A process that is closed to us, or gone by now, is taken to be in our own network.
    namespaces = {processes.link("self", "ns/net"): sockets, None: sockets}
    versions, total, readers = {}, memory_total(), []
    for pid, process in sorted(nodes.items()):
        namespace = processes.link(pid, "ns/net")
        if namespace not in namespaces:
            namespaces[namespace] = _foreign_sockets(pid, nodes, namespace)
        listens = [each for each in namespaces[namespace].of(pid)
                   if not _PM2_SOCKET.search(each.get("path", ""))]
        if listens:
            workers = [each for each in nodes.values()
                       if each.parent == pid and _is_cluster_worker(each)]
            foreign = namespaces[namespace] is not sockets
            readers.append(_Node(process, listens, workers, foreign, versions, total))
    return readers


def _foreign_sockets(pid, nodes, namespace):
    """Return the sockets of another network namespace (a container's) with its Node holders."""
    sockets = Sockets(pid)
    sockets.find_holders([each for each in nodes
                          if processes.link(each, "ns/net") == namespace])
    return sockets


def _is_cluster_worker(process):
    """Tell whether a process is a worker of Node's cluster module (PM2's cluster mode too).

    Only this one name is looked for in its environment, which goes nowhere.
    """
    environment = processes.read_bytes(process.pid, "environ", 1024 * 1024) or b""
    return b"\0NODE_UNIQUE_ID=" in b"\0" + environment


class _Node:
    """One listening Node process, its cluster workers and what they say of themselves."""

    def __init__(self, process, listens, workers, foreign, versions, total):
        self.process = process
        self.listens = [dict(each) for each in listens]
        self.foreign = foreign
        self._workers = workers
        self._versions = versions
        self._total = total
        self._problems = []
        self._statuses = []
        for each in [process] + workers:
            statuses, problems = read_status(each)
            self._statuses += statuses
            self._problems += problems
        self._settings = [self._published(each) for each in self.listens]

    def unread(self):
        """Return the indices of listening addresses of which nothing is known yet."""
        return [index for index, settings in enumerate(self._settings) if not settings]

    def add_header(self, index, value):
        """Take what a Keep-Alive header said for one of the listening addresses."""
        self._settings[index] = {"keep_alive_timeout": value}

    def reading(self):
        process = self.process
        version, reason = self._version()
        if version is None:
            self._problem(reason)
        for status in self._statuses:
            for problem in status["problems"]:
                self._problem("guard: " + problem)
        if len(self.listens) > 1:
            for listen, settings in zip(self.listens, self._settings):
                listen["settings"] = settings
        # Within a network of its own its ports are not this host's.
        listens, inside = ([], self.listens) if self.foreign else (self.listens, [])
        return {
            "pid": process.pid,
            "started": process.started,
            "binary": process.exe,
            "version": version,
            "user": str(process.uid) if self.foreign else _user(process.uid),
            "container": processes.container_of(process.pid) if self.foreign else None,
            "workers": [each.pid for each in self._workers],
            "listens": listens,
            "listens_inside": inside,
            "unit": None,
            "guard": self._guard(),
            "settings": _agreed(self._settings, "differs between its ports"),
            "heap_limit": self._heap_limit(),
            "memory_limit": memory_limit(process.pid, self._total),
            "open_files": _open_files(process.pid),
            "problems": self._problems,
        }

    def _problem(self, reason):
        self._problems.append({"subject": "node pid %d" % self.process.pid, "reason": reason})

    def _published(self, listen):
        """Return what guards published for one listening address."""
        servers = [server["settings"] for status in self._statuses
                   for server in status["servers"]
                   if server["address"] and _same(server["address"], listen)]
        return _agreed(servers, "differs between its workers")

    def _guard(self):
        if not self._statuses:
            return None
        guards = [status["guard"] for status in self._statuses]
        return dict(guards[0], draining=any(each["draining"] for each in guards))

    def _heap_limit(self):
        limits = [{"heap_limit": status["heap_limit"]} for status in self._statuses]
        agreed = _agreed(limits, "differs between its workers")
        reason = "pid %d: no guard" % self.process.pid
        return agreed.get("heap_limit", unknown("bytes", reason))

    def _version(self):
        """Return (version, reason); each program is asked once."""
        process = self.process
        key = (process.exe, process.uid)
        if key not in self._versions:
            self._versions[key] = _ask_version(process)
        version, reason = self._versions[key]
        if version is None and self._statuses:
            match = _VERSION.match(self._statuses[0]["node"] or "")
            version = _numbers(match)
        return version, reason


def _ask_version(process):
    if not processes.shares_root(process.pid):
        return None, "its version is not asked for: it runs under a root of its own"
    text, reason = ask("/proc/%d/exe" % process.pid, ["--version"], process.uid, process.gid)
    version = _numbers(_VERSION.match(text or ""))
    return version, reason or "%s --version says no version" % process.exe


def _numbers(match):
    return [int(part) for part in match.groups()] if match else None


def _agreed(settings, reason):
    """Return the values that all of `settings` have in common, `unknown` where they differ."""
    agreed = {}
    for name in sorted({name for each in settings for name in each}):
        values = [each[name] for each in settings if name in each]
        if all(each["value"] == values[0]["value"] for each in values) \
                and len(values) == len(settings):
            agreed[name] = values[0]
        else:
            agreed[name] = unknown(values[0]["unit"], "%s: %s" % (values[0]["source"], reason))
    return agreed


def _ask_all(readers, addresses):
    """Ask for the Keep-Alive header where no guard said anything.

    Unix sockets often speak something else than HTTP: they are asked only when
    they are among `addresses`.
    """
    wanted = [_listen(each) for each in addresses]
    questions = []
    for reader in readers:
        for index in reader.unread():
            listen = reader.listens[index]
            if reader.foreign:
                reader.add_header(index, unknown("ms", "in a network of its own: not asked"))
            elif "path" not in listen or any(_same(listen, each) for each in wanted):
                questions.append((reader, index))
            else:
                reader.add_header(index, unknown("ms", "%s: not asked" % listen["path"]))
    answers = in_parallel(
        lambda question: ask_keep_alive(question[0].listens[question[1]]),
        questions, MAX_ASKING_SECONDS,
    )
    for (reader, index), answer in zip(questions, answers):
        reader.add_header(index, answer or unknown("ms", "not asked in time"))


def _strangers(listens):
    """Return readings of addresses that answer like Node but belong to no process here."""
    readings = []
    answers = in_parallel(ask_keep_alive, listens, MAX_ASKING_SECONDS)
    for listen, answer in zip(listens, answers):
        if answer is None or answer["origin"] == "unknown":
            continue
        readings.append({
            "pid": None, "started": None, "binary": None, "version": None, "user": None,
            "container": None, "workers": [], "listens": [listen], "listens_inside": [],
            "unit": None, "guard": None,
            "settings": {"keep_alive_timeout": answer},
            "heap_limit": unknown("bytes", "no process here"),
            "memory_limit": unknown("bytes", "no process here"),
            "open_files": unknown("count", "no process here"),
            "problems": [],
        })
    return readings


def _listen(text):
    """Return `3000`, `10.0.0.2:3000` or `unix:/path` as a listening address has it.

    Raises ValueError for anything else.
    """
    address = nginx_address.parse_listen(str(text))
    if address.path is not None:
        return {"path": address.path}
    host = "127.0.0.1" if address.host == "*" else nginx_address.ip_literal(address.host)
    if host is None or address.ports is None:
        raise ValueError("%r is no port, no address with a port and no unix:/path" % (text,))
    return {"address": host, "port": address.ports[0]}


def _same(one, other):
    """Tell whether two listening addresses may be the same socket."""
    if "path" in one or "path" in other:
        return one.get("path") == other.get("path")
    if one["port"] != other["port"]:
        return False
    hosts = {one["address"], other["address"]}
    return len(hosts) == 1 or bool(hosts & _WILDCARDS)


def _user(uid):
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _open_files(pid):
    source = "/proc/%d/limits" % pid
    match = _OPEN_FILES.search(processes.read_text(pid, "limits") or "")
    if match is None:
        return unknown("count", source)
    text = match.group(1)
    return known(UNLIMITED if text == "unlimited" else int(text), "count", "live", source)
