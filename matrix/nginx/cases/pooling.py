# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Idle connections to backends: how many, how long, how often, and when not at all."""
from __future__ import annotations

from ..case import Directive, Documented, Probe, soon_after
from ..probes import upstreams

_UPSTREAM = "https://nginx.org/en/docs/http/ngx_http_upstream_module.html"
# What a pool needs before nginx 1.29.7.
_REUSE = 'proxy_http_version 1.1; proxy_set_header Connection "";'
_POOL = {"location": _REUSE, "upstream": "keepalive 8;"}
# The nearest name that is another directive: the clients' keepalive_timeout.
_BUSY = {"location": f"{_REUSE} keepalive_requests 1000000;", "upstream": "keepalive 8;"}
_OTHER = "location /other { proxy_pass http://{upstream}; %s }" % _REUSE


def pool_in_force(document):
    """How many connections a worker keeps, from all that a document says of it."""
    upstream, settings = document["upstream"], document["settings"]
    if upstream is None or not upstream["pool_survives_balancer"]["value"]:
        return 0
    if settings["proxy_http_version"]["value"] == "1.0":
        return 0
    if settings["connection_header"]["value"] == "close":
        return 0
    return upstream["keepalive"]["value"]


def kept_apart(document):
    """Whether two locations share no connection: where they are `local`, or where none is kept."""
    upstream = document["upstream"]
    return upstream["keepalive_local"]["value"] or not pool_in_force(document)


def zone_counts(zone):
    """How many of two workers find out about a failure by themselves."""
    return 1 if zone else 2


def _pool(name, scenery, level="upstream", explicit="", **more):
    return Directive(name, Probe(upstreams.kept, scenery=scenery), explicit, level=level,
                     default=False, setting=pool_in_force, **more)


DIRECTIVES = [
    Directive("keepalive (upstream)", Probe(upstreams.kept, scenery={"location": _REUSE}),
              "keepalive 3;", level="upstream", place="upstream", setting="keepalive"),
    Directive("keepalive_timeout (upstream)",
              Probe(upstreams.idle_limit, agrees=soon_after, scenery=_POOL),
              "keepalive_timeout 2s;", http="keepalive_timeout 4s;", level="upstream",
              place="upstream", setting="keepalive_timeout"),
    Directive("keepalive_requests (upstream)", Probe(upstreams.requests_limit, scenery=_BUSY),
              "keepalive_requests 3;", http="keepalive_requests 4;", level="upstream",
              place="upstream", setting="keepalive_requests"),
    Directive("keepalive_time (upstream)",
              Probe(upstreams.age_limit, agrees=soon_after, scenery={
                  "location": f"{_REUSE} keepalive_requests 1000000;",
                  "upstream": "keepalive 8; keepalive_requests 1000000;"}),
              "keepalive_time 2s;", level="upstream", place="upstream", setting="keepalive_time",
              documented=Documented(3_600_000, f"{_UPSTREAM}#keepalive_time")),
    Directive("keepalive ... local", Probe(upstreams.not_shared, scenery={
        "location": _REUSE, "server": _OTHER}),
        "keepalive 8 local;", level="upstream", setting=kept_apart,
        since=(1, 29, 7), alone=True),
    Directive("keepalive, not local", Probe(upstreams.not_shared, scenery={
        "location": _REUSE, "server": _OTHER}),
        "keepalive 8;", level="upstream", setting=kept_apart,
        default=False),
    Directive("zone", Probe(upstreams.counted_by, zone_counts, scenery={
        "main": "worker_processes 2;", "listen": "reuseport"},
        peers=("fail_timeout=300s", "")), "zone shared 64k;", level="upstream",
        place="upstream", alone=True),
    _pool("pooling as shipped", {}),
    _pool("pooling: keepalive alone", {"upstream": "keepalive 3;"}),
    _pool("pooling: keepalive 0", {"location": _REUSE}, explicit="keepalive 0;",
          since=(1, 29, 7)),
    _pool("pooling: HTTP/1.1 alone", {"upstream": "keepalive 3;"}, "location",
          "proxy_http_version 1.1;"),
    _pool("pooling: no Connection header alone", {"upstream": "keepalive 3;"}, "location",
          'proxy_set_header Connection "";'),
    _pool("pooling: both", {"upstream": "keepalive 3;"}, "location", _REUSE),
    _pool("pooling: both, in the server", {"upstream": "keepalive 3;"}, "server", _REUSE),
    _pool("pooling: header list replaced below", {
        "upstream": "keepalive 3;", "server": _REUSE}, "location", "proxy_set_header X-A b;"),
    _pool("pooling: balancer behind keepalive", {"location": _REUSE}, "upstream",
          "keepalive 3; least_conn;"),
    _pool("pooling: balancer before keepalive", {"location": _REUSE}, "upstream",
          "least_conn; keepalive 3;"),
    _pool("pooling: ip_hash behind keepalive", {"location": _REUSE}, "upstream",
          "keepalive 3; ip_hash;"),
    _pool("pooling: random behind keepalive", {"location": _REUSE}, "upstream",
          "keepalive 3; random two;"),
    _pool("pooling: an address in proxy_pass", {"location": _REUSE, "pass": "127.0.0.1:{peer}"},
          "location"),
    _pool("pooling: a variable that names the upstream", {
        "upstream": "keepalive 3;", "location": _REUSE + " set $to {upstream};", "pass": "$to"},
        "location"),
]
