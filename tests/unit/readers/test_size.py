# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readings of large configurations: within their size, with nothing left out."""
from __future__ import annotations

import json
import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx.reading import read_nginx
from ansible_collections.no502.node.plugins.module_utils.nginx.sharing import share
from ansible_collections.no502.node.plugins.module_utils.reading_size import (
    MAX_HOST_BYTES,
    MAX_ROUTE_BYTES,
    fit,
)

# Every kind of setting that a route has.
EVERYTHING = """
    client_header_timeout 20s; client_body_timeout 20s; send_timeout 30s; keepalive_timeout 75s 60s;
    keepalive_requests 500; client_max_body_size 10m; large_client_header_buffers 4 16k;
    proxy_connect_timeout 2s; proxy_send_timeout 65s; proxy_read_timeout 65s;
    proxy_next_upstream error timeout http_502 non_idempotent; proxy_next_upstream_tries 2;
    proxy_next_upstream_timeout 10s; proxy_buffer_size 16k; proxy_buffers 8 16k;
    proxy_busy_buffers_size 32k; proxy_buffering on; proxy_request_buffering on;
    proxy_http_version 1.1; proxy_ignore_client_abort off; proxy_socket_keepalive on;
    proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Request-Id $request_id;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
"""
# What people copy into each location.
COPIED = """
        proxy_http_version 1.1; proxy_connect_timeout 2s; proxy_send_timeout 65s;
        proxy_read_timeout 65s; proxy_buffer_size 16k; proxy_buffers 8 16k;
        client_max_body_size 10m; proxy_next_upstream error timeout http_502;
        proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
"""
SITE = """
upstream app%(number)d {
    zone app%(number)d 64k; server 10.1.0.%(byte)d:3000 max_fails=2 fail_timeout=5s;
    server 10.2.0.%(byte)d:3000 max_fails=2 fail_timeout=5s backup;
    keepalive 32; keepalive_timeout 10s; keepalive_requests 1000; keepalive_time 1h;
}
server {
    listen 80; listen [::]:80;
    server_name app%(number)d.example.com www.app%(number)d.example.com;
    location / { %(each)s proxy_pass http://app%(number)d; }
    location /api/ { %(each)s proxy_pass http://app%(number)d; }
}
"""


def read(sites, each):
    """The reading of so many sites, as a host has them that lie in files of usual names."""
    maps = "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
    servers = (SITE % {"number": number, "byte": number % 250 + 1, "each": each}
               for number in range(sites))
    files = {"nginx.conf": "events { }\nhttp {\n%s%s}\n" % (maps, "".join(servers)),
             "everything.conf": EVERYTHING}
    nginx = read_nginx("/etc/nginx/nginx.conf", "/",
                       read=lambda path: (files[os.path.basename(path)].encode(), 0.0))
    share(nginx)
    assert nginx["complete"] and len(nginx["routes"]) == 2 * sites
    return {"nginx": [nginx], "node": [], "pm2": [], "listeners": [], "problems": []}


def size(value):
    return len(json.dumps(value))


@pytest.mark.parametrize("each", [COPIED, "include everything.conf;"], ids=["copied", "included"])
@pytest.mark.parametrize("sites", [1, 25, 250])
def test_nothing_is_left_out(sites, each):
    reading = read(sites, each)
    before = size(reading)
    assert size(fit(reading)) == before
    assert before <= MAX_HOST_BYTES + 2 * sites * MAX_ROUTE_BYTES
    assert reading["nginx"][0]["routes"][1]["location"]["pattern"] == "/api/"


def test_what_is_left_out_is_said():
    """Five hundred locations of which each has everything on lines of its own: that is too much."""
    reading = fit(read(250, EVERYTHING))
    (nginx,) = reading["nginx"]
    assert size(reading) <= MAX_HOST_BYTES
    assert not nginx["complete"] and not nginx["routes"]
    assert "left out" in nginx["problems"][-1]["reason"]
