# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read over the inspector what a running Node, unmodified and unprepared, has in force.

The servers are found among the handles that Node itself keeps: those that
listen, and those that a connection belongs to. The latter matter in a cluster,
whose workers have no listening handle: so each gets connections, over which
nothing is sent, while it is asked. The heap is not searched (queryObjects stops
Node for seconds), and the servers of worker threads are not seen.
"""

from __future__ import annotations

import contextlib
import time

from ansible_collections.no502.node.plugins.module_utils.node.inspector import (
    Inspector, InspectorError,
)
from ansible_collections.no502.node.plugins.module_utils.node.options import COMMAND_LINE, chosen
from ansible_collections.no502.node.plugins.module_utils.node.server_settings import (
    address, number, settings,
)
from ansible_collections.no502.node.plugins.module_utils.value import UNLIMITED

_CONNECTING_SECONDS = 1.0
_MAX_CONNECTIONS = 64
_MAX_LENGTH = 64
# Nothing is assigned and nothing thrown; what is read is copied, numbers and texts only.
_QUESTION = """(() => {
  const load = process.getBuiltinModule || require;
  const handles = process._getActiveHandles ? process._getActiveHandles() : [];
  const servers = new Set();
  for (const handle of handles) {
    for (const each of [handle, handle && handle.server]) {
      if (each && each.keepAliveTimeout !== undefined && typeof each.address === 'function') {
        servers.add(each);
      }
    }
  }
  const attempt = (work) => { try { return work(); } catch { return null; } };
  const plain = (value) => {
    if (value === null || value === undefined) return null;
    return typeof value === 'number' && Number.isFinite(value) ? value : String(value);
  };
  const describe = (server) => {
    const described = {};
    for (const name of ['keepAliveTimeout', 'keepAliveTimeoutBuffer', 'headersTimeout',
      'requestTimeout', 'timeout', 'maxRequestsPerSocket']) {
      described[name] = attempt(() => plain(server[name]));
    }
    // The property counts only until listen(): what is in force is the timer that it made.
    described.connectionsCheckingInterval = attempt(() => plain(server[
      Object.getOwnPropertySymbols(server).find(
        (each) => each.description === 'http.server.connectionsCheckingInterval')]._repeat));
    described.maxHeaderSize = plain(server.maxHeaderSize || load('http').maxHeaderSize);
    return {
      address: attempt(() => server.address()),
      protocol: typeof server.setSecureContext === 'function' ? 'https' : 'http',
      settings: described,
    };
  };
  const heap = load('v8').getHeapStatistics();
  return {
    node: process.version,
    execArgv: process.execArgv,
    heap_limit: heap.heap_size_limit,
    heap_used: heap.used_heap_size,
    servers: [...servers].slice(0, %d).map(describe),
  };
})()""" % _MAX_LENGTH


def read_live(process, options, endpoints, workers):
    """Return (what the process says, problems); the former is None where it says nothing.

    `{"servers": [{"address", "protocol", "settings"}], "heap_limit", "heap_used",
    "node", "options"}`. `endpoints` are where connections reach it, as one of so
    many `workers` (0 where it listens itself).
    """
    inspector = Inspector(process, options)
    problems, said = [], None
    try:
        with _connections(endpoints, 2 * workers), inspector:
            said = _said(inspector.evaluate(_QUESTION), "inspector, pid %d" % process.pid)
    except InspectorError as error:
        problems.append("inspector: %s" % error)
    if inspector.problem:
        problems.append(inspector.problem)
    return said, problems


@contextlib.contextmanager
def _connections(endpoints, count):
    """Keep connections open: a cluster hands them to its workers in turn."""
    end = time.monotonic() + _CONNECTING_SECONDS
    with contextlib.ExitStack() as stack:
        for endpoint in endpoints:
            for _number in range(min(count, _MAX_CONNECTIONS)):
                try:
                    stack.enter_context(endpoint.connect(end))
                except OSError:
                    break  # its server will not be found, and that is said
        yield


def _said(answer, source):
    if not isinstance(answer, dict):
        raise InspectorError("its inspector gives no answer")
    return {
        "servers": [_server(each, source) for each in _list(answer.get("servers"))
                    if isinstance(each, dict)],
        "heap_limit": number(answer, "heap_limit", "bytes", UNLIMITED, source),
        "heap_used": number(answer, "heap_used", "bytes", UNLIMITED, source),
        "node": str(answer.get("node")),
        "options": chosen(_list(answer.get("execArgv")), COMMAND_LINE)[0],
    }


def _list(value):
    return value[:_MAX_LENGTH] if isinstance(value, list) else []


def _server(server, source):
    protocol = server.get("protocol")
    return {
        "address": address(server.get("address")),
        "protocol": protocol if protocol in ("http", "https") else None,
        "settings": settings(server.get("settings"), source),
    }
