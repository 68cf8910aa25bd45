# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One number in, every time-out of every hop out, with a sentence of reason each.

Two orders run along the chain. Idle: the inner hop outlasts the outer one, since the side that
sends requests must be the first to close a kept connection. Response: the inner hop gives up
first, else the outer one answers in its stead. Durations are in ms, sizes in bytes.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.durations import (
    SECOND, nginx_time, written,
)
from ansible_collections.no502.node.plugins.plugin_utils.plan.edges import EDGES
from ansible_collections.no502.node.plugins.plugin_utils.plan.input_error import InputError
from ansible_collections.no502.node.plugins.plugin_utils.plan.sizes import MIB, written as size_written

SMALLEST_MEMORY = 384 * MIB

_MARGIN = 5 * SECOND
_RETRY_MARGIN = 1 * SECOND
_READ_FLOOR = 61 * SECOND
_KEEP_ALIVE_MARGIN = 15 * SECOND
_NGINX_KEEPALIVE = 75 * SECOND
_NGINX_HEADER_TIMEOUT = 60 * SECOND
_NGINX_SEND_TIMEOUT = 60 * SECOND
_CONNECT = 2 * SECOND
_MOST_TRIES = 3
_MAX_FAILS = 3
_FAIL_TIMEOUT = 5 * SECOND
_POOL_IDLE = 10 * SECOND
_POOL_PER_PEER = 16
_POOL_LEAST = 32
_POOL_MOST = 256
_NODE_ABOVE_POOL = 20 * SECOND
_HEADERS_MARGIN = 30 * SECOND
_HEADERS_CEILING = 120 * SECOND
_NODE_REQUEST_TIMEOUT = 300 * SECOND
_GRACE_ABOVE_POOL = 1 * SECOND
_DRAIN_CEILING = 120 * SECOND
_STREAM_GRACE = 10 * SECOND
_STOP_MARGIN = 10 * SECOND
_START = 90 * SECOND
_BESIDE_OLD_SPACE = 256 * MIB


def timeout_plan(longest_request, edge, peers, memory_max, upload_time=None, profile="default",
                 name="edge"):
    """Every time-out of nginx, Node, the drain and systemd, and the heap.

    C(longest_request), C(upload_time) in ms; C(edge) as C(declared_edge()) gives it; C(peers), the
    number of processes behind the upstream; C(memory_max) in bytes; C(profile), C(default) or
    C(strict), which lifts the bound of C(headers_timeout); C(name), the path of the edge's
    variable. Raises C(InputError) where edge and longest request cannot both be served.
    """
    plan = _Plan()
    longest = _whole_seconds(longest_request)
    read = _read_timeout(plan, longest, edge, name)
    _client_side(plan, edge)
    _upstream(plan, longest, read, edge, peers)
    _node(plan, read, _whole_seconds(upload_time or longest), profile)
    _stop(plan, longest, read)
    _memory(plan, memory_max)
    return plan.result()


class _Plan:
    """The values so far, and why each is what it is."""

    def __init__(self):
        self._values = {"nginx": {}, "node": {}, "drain": {}, "systemd": {}, "memory": {}}
        self._reasons = {}

    def put(self, path, value, reason):
        hop, name = path.split(".")
        self._values[hop][name] = value
        self._reasons[path] = reason
        return value

    def get(self, path):
        hop, name = path.split(".")
        return self._values[hop][name]

    def result(self):
        return {**self._values, "reasons": self._reasons}


def _read_timeout(plan, longest, edge, name):
    least = longest + _MARGIN
    sum_of = f"longest request {written(longest)} + {written(_MARGIN)}"
    limit = edge["response_limit"] if edge else None
    if limit is not None and least >= limit:
        raise _refusal(longest, edge, name)
    if limit is None or limit > _READ_FLOOR:
        return plan.put("nginx.read_timeout", max(least, _READ_FLOOR),
                        f"{sum_of}, at least {written(_READ_FLOOR)}")
    return plan.put("nginx.read_timeout", max(least, limit - _MARGIN),
                    f"{sum_of}; below the {written(limit)} that {edge['kind']} waits")


def _refusal(longest, edge, name):
    """Names the edge's setting and the value that it needs; or that it has none."""
    kind, limit = edge["kind"], edge["response_limit"]
    known = EDGES[kind]
    key = "idle_timeout" if known.response is None else "response_limit"
    setting = known.idle if known.response is None else known.response
    needed = longest + 2 * _MARGIN
    shorter = (limit - 1) // SECOND * SECOND - _MARGIN
    ways, examples = [], []
    if setting.setting and (setting.highest is None or needed <= setting.highest):
        ways.append(f"edge.{key} of {kind} >= {nginx_time(needed)}, set at the edge "
                    f"({setting.setting}) and declared here")
        examples.append(f"edge: {{kind: {kind}, {key}: {nginx_time(needed)}}}")
    if shorter > 0:
        ways.append(f"a longest_request of at most {nginx_time(shorter)}")
        examples.append(f"longest_request: {nginx_time(shorter)}")
    return InputError(
        f"{name}.{key}",
        f"{kind} gives up after {written(limit)}; a longest request of {written(longest)} "
        f"needs {written(needed)} there, as nginx must wait {written(longest + _MARGIN)} for "
        "Node and answer before the edge gives up",
        "; or ".join(ways) or f"another edge: no request can be served behind {kind}",
        examples[0] if examples else "edge: none")


def _client_side(plan, edge):
    if edge is None:
        plan.put("nginx.client_keepalive_timeout", _NGINX_KEEPALIVE,
                 "nginx's default: no edge is declared")
        return
    kind, idle = edge["kind"], edge["idle_timeout"]
    if edge["layer"] == 4:
        plan.put("nginx.client_keepalive_timeout",
                 min(_NGINX_KEEPALIVE, idle - _KEEP_ALIVE_MARGIN),
                 f"{kind} forwards connections and forgets idle ones after {written(idle)}: "
                 "nginx closes them earlier")
        return
    margin = EDGES[kind].keepalive_margin
    advice = EDGES[kind].advice
    plan.put("nginx.client_keepalive_timeout", idle + margin,
             f"{kind} keeps idle connections {written(idle)}; + {written(margin)}, so that it is "
             "the first to close" + (f"; {advice}" if advice else ""))
    if edge["preconnects"] and idle + margin > _NGINX_HEADER_TIMEOUT:
        plan.put("nginx.client_header_timeout", idle + margin,
                 f"{kind} opens connections in advance and keeps them {written(idle)} unused; "
                 f"+ {written(margin)}")


def _upstream(plan, longest, read, edge, peers):
    plan.put("nginx.send_timeout", min(_NGINX_SEND_TIMEOUT, read),
             "between two writes to Node: nginx's default, at most the read time-out")
    connect = plan.put("nginx.connect_timeout", _CONNECT,
                       "one retransmission of a lost SYN; a dead peer costs no more than this")
    tries = plan.put("nginx.next_upstream_tries", min(peers, _MOST_TRIES),
                     f"{peers} peer{'' if peers == 1 else 's'}, at most {_MOST_TRIES} tries")
    _retry_budget(plan, longest, read, edge, connect, tries)
    plan.put("nginx.max_fails", _MAX_FAILS,
             "one failure, such as a stale connection, does not take a peer out")
    plan.put("nginx.fail_timeout", _FAIL_TIMEOUT,
             "a peer that failed is tried again soon; a rollout waits this long between hosts")
    plan.put("nginx.pool_size", min(max(_POOL_LEAST, _POOL_PER_PEER * peers), _POOL_MOST),
             f"idle connections a worker: {_POOL_PER_PEER} a peer, {_POOL_LEAST} to {_POOL_MOST}")
    plan.put("nginx.pool_idle", _POOL_IDLE,
             "short: costs nothing under load, and a stopping Node is let go of soon")


def _retry_budget(plan, longest, read, edge, connect, tries):
    """When the last try may begin: it can then run for a whole read time-out more."""
    least = connect * (tries - 1) + _RETRY_MARGIN
    most = max(least, min(longest, read - _RETRY_MARGIN))
    limit = edge["response_limit"] if edge else None
    budget = most
    if limit is not None:
        budget = max(least, min(most, limit - _MARGIN - connect - read))
    plan.put("nginx.next_upstream_timeout", budget,
             f"another peer is tried within {written(budget)} of the first; below the read "
             f"time-out, so a hung peer costs {written(read)} once and is not tried twice")


def _node(plan, read, upload, profile):
    pool = plan.get("nginx.pool_idle")
    keep_alive = plan.put("node.keep_alive_timeout", pool + _NODE_ABOVE_POOL,
                          f"nginx closes idle connections after {written(pool)}; "
                          f"+ {written(_NODE_ABOVE_POOL)}, so that Node never is the first")
    headers = max(keep_alive, read) + _HEADERS_MARGIN
    because = f"{written(_HEADERS_MARGIN)} above Node's keep-alive and nginx's read time-out"
    if headers > _HEADERS_CEILING and profile != "strict":
        headers = _HEADERS_CEILING
        because += f", but at most {written(headers)}: more invites slow-header attacks"
    plan.put("node.headers_timeout", headers, because)
    plan.put("node.request_timeout",
             max(_NODE_REQUEST_TIMEOUT, headers + _MARGIN, upload + _MARGIN),
             f"above headers_timeout (Node swaps them otherwise) and the longest upload, "
             f"{written(upload)}; at least Node's default")


def _stop(plan, longest, read):
    grace = plan.put("drain.idle_grace", plan.get("nginx.pool_idle") + _GRACE_ABOVE_POOL,
                     "idle connections stay open until nginx has let go of them: "
                     f"pool + {written(_GRACE_ABOVE_POOL)}")
    drain = plan.put("drain.max", grace + min(longest, _DRAIN_CEILING),
                     f"longest request {written(longest)}, at most {written(_DRAIN_CEILING)}, and "
                     f"it may begin on a pooled connection until {written(grace)} after the stop")
    stream = plan.put("drain.stream_grace", _STREAM_GRACE,
                      "streams and WebSockets have no end of their own")
    longest_drain = max(drain, stream)
    plan.put("systemd.timeout_stop", longest_drain + _STOP_MARGIN,
             f"drain {written(longest_drain)} + {written(_STOP_MARGIN)}, or systemd kills it")
    plan.put("systemd.timeout_start", _START, "systemd's default")
    plan.put("nginx.worker_shutdown_timeout", max(drain, read) + _STOP_MARGIN,
             f"drain {written(drain)} and read time-out {written(read)}, the greater, "
             f"+ {written(_STOP_MARGIN)}: a reload cuts no request")


def _memory(plan, memory_max):
    plan.put("memory.limit", memory_max, f"memory_max {size_written(memory_max)}")
    old_space = min(memory_max * 3 // 4, memory_max - _BESIDE_OLD_SPACE) // MIB
    plan.put("memory.old_space_mib", old_space,
             "3/4 of memory_max, and 256M less than it: else the kernel kills before Node collects")


def _whole_seconds(milliseconds):
    return -(-milliseconds // SECOND) * SECOND
