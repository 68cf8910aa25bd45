# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-outs and limits towards clients."""
from __future__ import annotations

from ..case import Directive, Documented, Probe, or_none, same, soon_after, to_the_second
from ..probes import clients

_CORE = "https://nginx.org/en/docs/http/ngx_http_core_module.html"
# A body that is refused before it is over.
_REFUSING = "client_max_body_size 10;"
_BUSY = "keepalive_requests 1000000;"


def _timer(name, measure, levels=("location", "server", "http"), expect=same,
           times=("2s", "4s", "6s"), **more):
    scenery = more.pop("scenery", {})
    written = dict(zip(levels, (f"{name} {time};" for time in times)))
    level = levels[0]
    return Directive(name, Probe(measure, expect, soon_after, scenery), written.pop(level),
                     level=level, **written, **more)


def _before_host(document):
    return document["before_host"]["client_header_timeout"]["value"]


def _second(more, measure):
    return Directive(f"client_header_timeout, not the default server{more}",
                     Probe(measure, agrees=soon_after, scenery={
                         "before": "client_header_timeout 2s;", "server": "server_name probe;"}),
                     "client_header_timeout 6s;", level="server", default=False,
                     setting=_before_host)


DIRECTIVES = [
    _timer("client_header_timeout", clients.header_timeout, ("server", "http")),
    # What nginx does before it knows the Host is up to the default server.
    _second("", clients.header_timeout),
    _second(", Host sent", clients.header_timeout_after_host),
    _timer("client_body_timeout", clients.body_timeout),
    _timer("send_timeout", clients.send_timeout, scenery={
        "location": "proxy_max_temp_file_size 64m; proxy_read_timeout 300s;"}),
    _timer("keepalive_timeout", clients.keepalive_timeout),
    Directive("keepalive_timeout 0", Probe(clients.keepalive_timeout, agrees=soon_after),
              "keepalive_timeout 0;", default=False, setting="keepalive_timeout"),
    Directive("keepalive_timeout (header)", Probe(clients.keepalive_header, or_none),
              "keepalive_timeout 60s 7s;", "keepalive_timeout 60s 8s;", "keepalive_timeout 60s 9s;",
              setting="keepalive_timeout_header"),
    Directive("keepalive_timeout (header), from http",
              Probe(clients.keepalive_header, scenery={"http": "keepalive_timeout 60s 6s;"}),
              "keepalive_timeout 50s;", "keepalive_timeout 50s;", default=False,
              setting="keepalive_timeout_header"),
    Directive("keepalive_requests", Probe(clients.keepalive_requests),
              "keepalive_requests 3;", "keepalive_requests 4;", "keepalive_requests 5;"),
    _timer("keepalive_time", clients.keepalive_time, scenery={"location": _BUSY},
           documented=Documented(3_600_000, f"{_CORE}#keepalive_time")),
    _timer("keepalive_min_timeout", clients.keepalive_over_reload, since=(1, 27, 4),
           alone=True),
    _timer("worker_shutdown_timeout", clients.shutdown, ("main",),
           expect=or_none, place="nginx",
           options="worker_shutdown_timeout 4s;", alone=True),
    _timer("lingering_timeout", clients.lingering_timeout, scenery={
        "location": f"{_REFUSING} lingering_time 300s;"}),
    Directive("lingering_time", Probe(clients.lingering_time, agrees=to_the_second, scenery={
        "location": f"{_REFUSING} lingering_timeout 300s;"}),
        "lingering_time 2s;", "lingering_time 4s;", "lingering_time 6s;"),
    Directive("lingering_close", Probe(clients.lingering_close),
              "lingering_close off;", "lingering_close off;", "lingering_close off;"),
    Directive("reset_timedout_connection",
              Probe(clients.timed_out_ending, scenery={"location": "client_body_timeout 1s;"}),
              "reset_timedout_connection on;", "reset_timedout_connection on;",
              "reset_timedout_connection on;"),
]
