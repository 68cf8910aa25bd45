# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time-outs towards backends, and when nginx gives up on them."""
from __future__ import annotations

from ..case import Directive, Probe, soon_after
from ..probes import clients, upstreams

_ANY_BODY = "client_max_body_size 0;"


def _timer(name, measure, scenery=None, peers=("",)):
    return Directive(name, Probe(measure, agrees=soon_after, scenery=scenery or {}, peers=peers),
                     f"{name} 2s;", f"{name} 4s;", f"{name} 6s;")


def _flag(name, measure, written, scenery=None):
    directive = f"{name} {written};"
    return Directive(name, Probe(measure, scenery=scenery or {}), directive, directive, directive)


DIRECTIVES = [
    _timer("proxy_connect_timeout", upstreams.connect_timeout),
    _timer("proxy_send_timeout", upstreams.send_timeout, {"location": _ANY_BODY}),
    _timer("proxy_read_timeout", upstreams.read_timeout),
    *(Directive(f"{name} 0", Probe(measure, agrees=soon_after), f"{name} 0;", default=False,
                setting=name)
      for name, measure in (("proxy_connect_timeout", upstreams.connect_timeout),
                            ("proxy_read_timeout", upstreams.read_timeout))),
    _timer("resolver_timeout", upstreams.resolver_timeout, {
        "server": "resolver 127.0.0.1:{peer};",
        "location": 'set $nowhere "nowhere.test";', "pass": "$nowhere"}),
    _flag("proxy_ignore_client_abort", clients.client_abort, "on"),
    _flag("proxy_buffering", clients.buffering, "off"),
    _flag("proxy_request_buffering", clients.request_buffering, "off",
          {"location": "proxy_http_version 1.1;"}),
    _flag("proxy_socket_keepalive", upstreams.watched, "on"),
    Directive("proxy_bind", Probe(upstreams.source_address, expect=lambda words: words[0]),
              "proxy_bind 127.0.0.2;", "proxy_bind 127.0.0.3;", "proxy_bind 127.0.0.4;",
              default=False),
]
