# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-ups as experienced people run them, by hand, get neither an error nor a warning."""
from __future__ import annotations

import pytest
from ansible_collections.no502.node.plugins.plugin_utils.decision import decide as decision

from .conftest import built, host, listener, live, node

SETTINGS = {
    "keep_alive_timeout": live(65_000), "headers_timeout": live(66_000),
    "request_timeout": live(300_000), "server_timeout": live(0),
}
POOL = "zone app 64k; keepalive 32; keepalive_timeout 15s;"
REUSE = 'proxy_http_version 1.1; proxy_set_header Connection "";'
CALM = "max_fails=3 fail_timeout=5s"
ALB = {"kind": "aws_alb", "layer": 7, "idle_timeout": 60_000, "response_limit": 60_000,
       "preconnects": True}


def unit(name="shop.service", **parts):
    """A unit of systemd as an administrator writes it."""
    return {
        "name": name, "active_state": "active", "enabled": "enabled", "restart": "always",
        "restart_sec": live(1_000), "start_limit_interval": live(10_000),
        "start_limit_burst": live(5, "count"), "timeout_stop": live(90_000), "n_restarts": 0,
        "need_daemon_reload": False, "limits_match": live(True, None),
        "oom_kills": live(0, "count"), "oom_policy": "stop", **parts,
    }


def process(**parts):
    """A Node process of which everything was read."""
    port = parts.pop("port", 3000)
    return node(**{
        "settings": SETTINGS, "unit": unit(), "mode": "single", "port": port, "started": 10.0,
        "supervisor": {"kind": "systemd", "name": "shop.service"}, "binary_deleted": False,
        "directory": {"path": "/srv/shop", "deleted": False},
        "options": [{"name": "--max-old-space-size", "value": "768", "source": "command line"}],
        "memory_limit": live(2**30, "bytes"), "open_files": live(524_288, "count"),
        "listens": [{"address": "::", "port": port, "protocol": "http"}], **parts,
    })


def in_pm2(**parts):
    """The same in PM2's cluster mode, with its daemon."""
    settings = {"kill_timeout": live(60_000), "watch": live(False, None)}
    app = {
        "name": "shop", "id": 0, "pid": 900, "mode": "cluster", "status": "online",
        "restarts": live(3, "count"), "unstable_restarts": live(0, "count"),
        "settings": settings, "node_options": [],
        "instances": {"declared": live(2, "count"), "running": live(2, "count")},
    }
    daemon = {
        "pid": 812, "user": "deploy", "version": [7, 0, 4], "answers": True,
        "saved": live(True, None), "unit": unit("pm2-deploy.service", oom_policy="continue"),
        "apps": [app, {**app, "id": 1, "pid": 901}], "problems": [],
    }
    found = process(
        unit=daemon["unit"], mode="cluster", workers=[900, 901],
        supervisor={"kind": "pm2", "name": "shop", "pids": [900, 901]},
        options=[{"name": "--max-old-space-size", "value": "768", "source": "node_args of PM2"}],
        **parts,
    )
    return found, daemon


def running(nginx, http, version=(1, 30, 6)):
    """The reading of an nginx that runs what lies on disk."""
    reading = nginx(http, version)
    reading.update(
        running=True, product="nginx", knows={"max_headers": True}, container=None,
        master={"pid": 1, "started": 5.0, "uid": 0},
        workers=[{"pid": 2, "started": 20.0, "shutting_down": False}],
        disk={"differs": live(False, None), "files": [],
              "loaded": {"at": 20.0, "generation": None}},
        unit=unit("nginx.service", limit_nofile=live(1_024, "count")),
    )
    return reading


def site(upstream, location, server="", name="shop.example.com"):
    """An upstream and a server that passes to it."""
    return (f"upstream {name.partition('.')[0]} {{ {upstream} }} server {{ server_name {name};"
            f" {server} location / {{ proxy_pass http://{name.partition('.')[0]}; {location} }} }}")


def fleet(lb1, **others):
    """The readings, with what is true of every host."""
    readings = {"lb1": lb1, **others}
    for reading in readings.values():
        reading["host"]["now"] = 100_000.0
    return readings


def one_host(nginx, http, *nodes, version=(1, 30, 6)):
    """nginx and Node on one host."""
    return fleet(host("10.0.0.5", nodes=nodes or [process()], nginx=[running(nginx, http, version)]))


def alb_and_pm2(nginx):
    found, daemon = in_pm2()
    http = site(f"server 127.0.0.1:3000; {POOL}", f"{REUSE} proxy_read_timeout 55s;",
                "keepalive_timeout 75s; client_header_timeout 75s;")
    readings = one_host(nginx, http, found)
    readings["lb1"]["pm2"] = [daemon]
    return readings


def websockets_only(nginx):
    location = ("proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;"
                " proxy_set_header Connection upgrade; proxy_read_timeout 1h;")
    return one_host(nginx, site("server 127.0.0.1:3000;", location))


def a_unix_socket(nginx):
    socket = {"path": "/run/shop/shop.sock", "protocol": "http"}
    http = site(f"server unix:/run/shop/shop.sock; {POOL}", REUSE)
    return one_host(nginx, http, process(listens=[socket]))


def one_peer_unpooled(nginx):
    return one_host(nginx, "server { location / { proxy_pass http://127.0.0.1:3000; } }")


def bookworm_as_it_comes(nginx):
    settings = {**SETTINGS, "keep_alive_timeout": live(5_000), "headers_timeout": live(60_000)}
    http = site("server 127.0.0.1:3000;", "")
    return one_host(nginx, http, process(version=(18, 20, 4), settings=settings),
                    version=(1, 22, 1))


def blue_and_green(nginx):
    http = site(f"server 10.0.0.6:3000; {POOL}", REUSE, name="blue.example.com") + site(
        f"server 10.0.0.6:3001; {POOL}", REUSE, name="green.example.com")
    lb1 = running(nginx, http)
    route = dict(lb1["routes"][0], id="shop.example.com:80/")
    route["pass"] = dict(route["pass"], upstream=None, variable=True, scheme="http",
                         candidates=["blue", "green"])
    lb1["routes"] = [route]
    nodes = [process(), process(port=3001, pid=813, unit=unit("green.service"))]
    return fleet(host("10.0.0.5", nginx=[lb1]), app1=host("10.0.0.6", nodes=nodes))


def hour_long_exports(nginx):
    settings = {**SETTINGS, "request_timeout": live(0)}
    http = site(f"server 127.0.0.1:3000; {POOL}",
                f"{REUSE} proxy_read_timeout 3700s; proxy_send_timeout 3700s;")
    return one_host(nginx, http, process(settings=settings))


def tls_to_the_peers(nginx):
    http = site(f"server 10.0.0.6:3443 {CALM}; server 10.0.0.7:3443 {CALM}; {POOL}",
                f"{REUSE} proxy_ssl_verify on; proxy_ssl_server_name on;")
    http = http.replace("proxy_pass http://", "proxy_pass https://")
    listens = [{"address": "::", "port": 3443, "protocol": "https"}]
    return fleet(host("10.0.0.5", nginx=[running(nginx, http)]),
                 app1=host("10.0.0.6", nodes=[process(listens=listens)]),
                 app2=host("10.0.0.7", nodes=[process(listens=listens)]))


def three_environments(nginx):
    names = ["shop.example.com", "staging.example.com", "test.example.com"]
    http = "".join(site(f"server 10.0.0.6:{3000 + place}; {POOL}", REUSE, name=name)
                   for place, name in enumerate(names))
    nodes = [process(port=3000 + place, pid=812 + place, unit=unit(f"{name}.service"))
             for place, name in enumerate(names)]
    return fleet(host("10.0.0.5", nginx=[running(nginx, http)]),
                 app1=host("10.0.0.6", nodes=nodes))


def a_backup_that_says_sorry(nginx):
    http = site(f"server 10.0.0.6:3000 {CALM}; server 127.0.0.1:8080 backup; {POOL}", REUSE)
    sorry = listener("127.0.0.1", 8080, 9, "nginx")
    return fleet(host("10.0.0.5", nginx=[running(nginx, http)], listeners=[sorry]),
                 app1=host("10.0.0.6", nodes=[process()]))


def a_container_that_publishes_its_port(nginx):
    inside = [{"address": "::", "port": 3000, "protocol": "http"}]
    contained = process(listens=[], listens_inside=inside, container="4f2d9c8a1b7e", unit=None,
                        supervisor={"kind": "container", "name": "4f2d9c8a1b7e"})
    app1 = host("10.0.0.6", nodes=[contained],
                listeners=[listener(port=8080, process="docker-proxy")])
    app1["port_mappings"] = [{"port": 8080, "to": 3000}]
    http = site(f"server 10.0.0.6:8080; {POOL}", REUSE)
    return fleet(host("10.0.0.5", nginx=[running(nginx, http)]), app1=app1)


def two_instances_on_each_of_two_hosts(nginx):
    servers = "".join(f"server 10.0.0.{host_}:{port} {CALM};"
                      for host_ in (6, 7) for port in (3000, 3001))
    nodes = [process(), process(port=3001, pid=813, unit=unit("shop2.service"))]
    http = site(servers + POOL, REUSE + "proxy_next_upstream_tries 2;")
    return fleet(host("10.0.0.5", nginx=[running(nginx, http)]),
                 app1=host("10.0.0.6", nodes=nodes), app2=host("10.0.0.7", nodes=nodes))


SETUPS = [
    alb_and_pm2, websockets_only, a_unix_socket, one_peer_unpooled, bookworm_as_it_comes,
    blue_and_green, hour_long_exports, tls_to_the_peers, three_environments,
    a_backup_that_says_sorry, a_container_that_publishes_its_port,
    two_instances_on_each_of_two_hosts,
]
APPS = {"shop": {
    "name": "shop", "state": "present", "nginx_hosts": ["lb1"], "node_hosts": ["lb1"],
    "server_names": ["shop.example.com"], "path": "/", "longest_request": 30_000, "edge": ALB,
}}


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.__name__)
def test_it_is_left_alone(nginx, engine, setup):
    apps = APPS if setup is alb_and_pm2 else {}
    made = decision.decide(built(setup(nginx), apps), engine)
    assert [(result["rule"], result["status"], result["message"]) for result in made["results"]
            if result["severity"] in ("error", "warning")
            and result["status"] in ("fail", "unknown")] == []
    assert made["verdict"] == "allow"


def test_what_is_broken_is_not_left_alone(nginx, engine):
    """The same with one thing wrong: the test above can fail."""
    found = process(settings={**SETTINGS, "keep_alive_timeout": live(5_000)}, unit=None,
                    supervisor={"kind": "none", "name": None})
    http = site(f"server 127.0.0.1:3000; {POOL}", REUSE)
    made = decision.decide(built(one_host(nginx, http, found)), engine)
    failed = {result["rule"] for result in made["results"] if result["status"] == "fail"}
    assert {"timeouts.node_outlives_nginx", "supervisor.supervised"} <= failed
