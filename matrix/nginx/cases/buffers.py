# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buffers, and limits of headers and bodies."""
from __future__ import annotations

from ..case import Directive, Probe, equal, or_none, within
from ..probes import limits

_MIB = 1024 * 1024
# A buffer that a line does not fit into is left with a hole.
_HOLES = within(400)


def whole_header(document):
    """Bytes of header that fit into the buffers of a document."""
    said = document["settings"]
    return (said["client_header_buffer_size"]["value"]
            + said["large_client_header_buffers_count"]["value"]
            * said["large_client_header_buffers_size"]["value"])


def first_buffer(document):
    """The same, where the first buffer is taken before nginx knows the server."""
    said, before = document["settings"], document["before_host"]
    return (whole_header(document) - said["client_header_buffer_size"]["value"]
            + before["client_header_buffer_size"]["value"])


def in_memory(size):
    """nginx stretches the buffer by a quarter where the whole body fits then."""
    return size + size // 4 - 1


def _header(name, probe, written, **more):
    return Directive(name, probe, written[0], http=written[1], level="server", **more)


def _second(name, measure, values, setting, agrees=equal, more="", **options):
    """A directive of a server that is not the default, which has another value."""
    default, own = values
    scenery = {"before": f"{name} {default};", "server": "server_name probe;"}
    return Directive(f"{name}, not the default server{more}",
                     Probe(measure, agrees=agrees, scenery=scenery), f"{name} {own};",
                     level="server", default=False, setting=setting, **options)


_BUFFERS = ("proxy_buffers 4 16k;", "proxy_buffers 6 8k;", "proxy_buffers 16 32k;")
_TEMPORARY = tuple(f"proxy_max_temp_file_size {size};" for size in ("1m", "2m", "3m"))
_LARGE = ("large_client_header_buffers 2 4k;", "large_client_header_buffers 3 2k;")

DIRECTIVES = [
    Directive("proxy_buffer_size", Probe(limits.answer_header, scenery={
        "http": "proxy_buffers 8 32k; proxy_busy_buffers_size 64k;"}),
        "proxy_buffer_size 8k;", "proxy_buffer_size 16k;", "proxy_buffer_size 32k;", alone=True),
    Directive("proxy_buffers (number)", Probe(limits.buffer_count, scenery={
        "location": "proxy_buffer_size 1k;"}), *_BUFFERS, setting="proxy_buffers_count"),
    Directive("proxy_buffers (size)", Probe(limits.buffer_size, scenery={
        "location": "proxy_buffer_size 1k;"}), *_BUFFERS, setting="proxy_buffers_size"),
    Directive("proxy_busy_buffers_size", Probe(limits.busy_size), *(
        f"proxy_busy_buffers_size {size};" for size in ("12k", "16k", "20k"))),
    Directive("proxy_max_temp_file_size", Probe(limits.temporary_limit), *_TEMPORARY),
    Directive("proxy_max_temp_file_size (the file)",
              Probe(limits.temporary_file, agrees=within(_MIB // 4)), *_TEMPORARY, default=False,
              setting="proxy_max_temp_file_size", alone=True),
    _header("client_header_buffer_size", Probe(limits.whole_header, agrees=_HOLES),
            ("client_header_buffer_size 2k;", "client_header_buffer_size 4k;"),
            setting=whole_header),
    _header("large_client_header_buffers (number)", Probe(limits.whole_header, agrees=_HOLES),
            _LARGE, setting=whole_header),
    _header("large_client_header_buffers (size, header line)", Probe(limits.header_line),
            _LARGE, setting="large_client_header_buffers_size"),
    _header("large_client_header_buffers (size, request line)", Probe(limits.request_line),
            _LARGE, setting="large_client_header_buffers_size"),
    _header("max_headers", Probe(limits.header_lines), ("max_headers 20;", "max_headers 30;"),
            since=(1, 29, 8), alone=True),
    # What nginx does before it knows the Host is up to the default server.
    _second("client_header_buffer_size", limits.whole_header, ("4k", "8k"), first_buffer, _HOLES),
    _second("large_client_header_buffers", limits.request_line, ("2 4k", "2 8k"),
            lambda document: document["before_host"]["large_client_header_buffers_size"]["value"],
            more=" (request line)"),
    _second("large_client_header_buffers", limits.header_line, ("2 4k", "2 8k"),
            "large_client_header_buffers_size", more=" (header line)"),
    _second("max_headers", limits.header_lines, ("20", "30"), "max_headers", since=(1, 29, 8),
            alone=True),
    Directive("client_body_buffer_size",
              Probe(limits.body_in_memory, in_memory, within(8),
                    {"location": "client_max_body_size 0;"}),
              "client_body_buffer_size 4k;", "client_body_buffer_size 8k;",
              "client_body_buffer_size 32k;"),
    Directive("client_max_body_size", Probe(limits.body, or_none),
              "client_max_body_size 1k;", "client_max_body_size 2m;", "client_max_body_size 3g;"),
    Directive("client_max_body_size 0", Probe(limits.body, or_none),
              "client_max_body_size 0;", setting="client_max_body_size", default=False),
]
