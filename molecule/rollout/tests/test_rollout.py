# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout leaves on hosts that were configured by hand, as the hosts themselves tell it.

The tests run in this order: those at the end change something.
"""
from __future__ import annotations

import copy
import http.client
import json
import re
from pathlib import Path

import in_force
import pytest
import yaml

PLAN = Path(__file__).resolve().parents[2] / "_shared/plan.yml"
SCENARIO = Path(__file__).resolve().parents[1] / "molecule.yml"
INSTANCES = [("shop", "app1", 3000), ("shop", "app2", 3000), ("pay", "app1", 4000),
             ("pay", "app1", 4001)]
PROOF = "/.well-known/no502/generation"


@pytest.fixture(scope="module")
def planned(play, tmp_path_factory):
    """Asks what the inventory plans, for other apps than the scenario's where they are given."""
    def plan(apps=None):
        file = tmp_path_factory.mktemp("plan") / "plan.json"
        done = play(PLAN, apps=apps, plan_file=str(file))
        assert done.code == 0, done.output
        return json.loads(file.read_text("utf-8"))
    return plan


@pytest.fixture(scope="module")
def plan(planned):
    """The plan of the scenario's inventory."""
    return planned()


def address(host):
    return host.check_output("hostname -I").split()[0]


def listening(host, port):
    """The process that serves a port, besides systemd, which holds the socket."""
    pids = set(re.findall(r"pid=(\d+)", host.check_output(f"ss -Hltnp sport = :{port}"))) - {"1"}
    (pid,) = pids
    return int(pid)


def open_files(host, pid):
    """The hard limit of a process."""
    limits = host.check_output(f"cat /proc/{pid}/limits")
    return int(re.search(r"^Max open files +\d+ +(\d+)", limits, re.M)[1])


def curl(host, url, *options):
    """What curl gets on the nginx host itself, for any of the managed names."""
    resolve = "--connect-to ::127.0.0.1:"
    return host.check_output(f"curl -sSk {resolve} {' '.join(options)} {url}")


@pytest.mark.parametrize("app", ("shop", "pay"))
def test_nginx_has_the_planned_values(hosts, plan, app):
    wanted = dict(plan[app]["timeouts"]["nginx"])
    # One for all of nginx: the longest.
    wanted["worker_shutdown_timeout"] = max(
        each["timeouts"]["nginx"]["worker_shutdown_timeout"] for each in plan.values())
    assert in_force.nginx(hosts["lb1"], app) == wanted


@pytest.mark.parametrize("app, name, port", INSTANCES)
def test_node_has_the_planned_values(hosts, plan, app, name, port):
    host = hosts[name]
    wanted = plan[app]["timeouts"]
    live = in_force.node(host, listening(host, port), address(host), port)
    assert live == wanted["node"] | wanted["drain"]


@pytest.mark.parametrize("app, name, port", INSTANCES)
def test_systemd_and_the_kernel_have_the_planned_values(hosts, plan, app, name, port):
    host, wanted = hosts[name], plan[app]["timeouts"]
    pid = listening(host, port)
    unit = in_force.unit(host, pid)
    assert in_force.milliseconds(unit["TimeoutStopUSec"]) == wanted["systemd"]["timeout_stop"]
    assert in_force.milliseconds(unit["TimeoutStartUSec"]) == wanted["systemd"]["timeout_start"]
    assert int(unit["MemoryMax"]) == wanted["memory"]["limit"]
    assert (unit["User"], unit["Restart"], unit["KillMode"]) == (
        plan[app]["user"], "on-failure", "mixed")
    # A container's systemd cannot give more than it has been given.
    assert open_files(host, pid) == min(int(unit["LimitNOFILE"]), open_files(host, 1))
    command = host.check_output(f"tr '\\0' ' ' < /proc/{pid}/cmdline")
    assert f"--max-old-space-size={wanted['memory']['old_space_mib']} " in command


def test_peers_are_the_hosts_own_addresses(hosts):
    files = in_force.nginx_files(hosts["lb1"])
    peers = {app: re.findall(r"^\s*server (\S+) max_fails", files[f"http/app-{app}.conf"], re.M)
             for app in ("shop", "pay")}
    one, two = address(hosts["app1"]), address(hosts["app2"])
    assert peers == {"shop": [f"{one}:3000", f"{two}:3000"], "pay": [f"{one}:4000", f"{one}:4001"]}


@pytest.mark.parametrize("name", ("http://shop.example.com", "http://www.example.com",
                                  "http://pay.example.com", "https://pay.example.com"))
def test_each_managed_name_answers_with_the_generation(hosts, name):
    live = Path(hosts["lb1"].check_output("readlink -f /etc/nginx/no502")).name
    assert curl(hosts["lb1"], name + PROOF) == live


def test_requests_reach_the_apps(hosts):
    lb1 = hosts["lb1"]
    answer = json.loads(curl(lb1, "http://shop.example.com/order", "--data", "12345"))
    assert answer == {"method": "POST", "received": 5}
    assert curl(lb1, "https://pay.example.com/", "--data", "12345") == "paid"
    redirect = curl(lb1, "http://pay.example.com/",
                    "-o /dev/null -w '%{http_code} %{redirect_url}'")
    assert redirect == "301 https://pay.example.com/"


def test_a_malformed_request_is_answered_with_400(hosts):
    """Node without the guard closes while nginx still sends the body: mostly a 502."""
    body = b"x" * 1_000_000
    answers = []
    for _each in range(10):
        connection = http.client.HTTPConnection(address(hosts["lb1"]), 80, timeout=30)
        connection.putrequest("POST", "/", skip_host=True)
        connection.putheader("Host", "shop.example.com")
        connection.putheader("Content-Length", str(len(body)))
        connection._buffer[0] = "POST /caf\u00e9 HTTP/1.1".encode()  # as putrequest refuses to
        connection.endheaders(body)
        answers.append(connection.getresponse().status)
        connection.close()
    assert answers == [400] * 10


def test_what_was_there_before_is_out_of_force(hosts):
    assert "/conf.d/shop.conf" not in hosts["lb1"].check_output("nginx -T")
    assert not hosts["lb1"].file("/etc/nginx/conf.d/shop.conf").exists
    assert hosts["lb1"].file("/etc/nginx/conf.d/.shop.conf.no502-disabled").exists
    for name in ("app1", "app2"):
        old = hosts[name].service("shop.service")
        assert not old.is_running and not old.is_enabled


def test_everything_comes_back_after_a_reboot(hosts):
    for app, name, port in INSTANCES:
        assert hosts[name].service(f"no502-{app}-{port}.socket").is_enabled
        pid = listening(hosts[name], port)
        unit = in_force.unit(hosts[name], pid)
        assert unit["UnitFileState"] == "enabled"
    assert hosts["lb1"].service("nginx").is_enabled


def test_a_second_rollout_changes_nothing(play, state):
    before = state()
    done = play("no502.node.rollout")
    assert done.code == 0, done.output
    assert set(done.changed().values()) == {0}, done.output
    assert state() == before


@pytest.fixture(scope="module")
def raised():
    """The scenario's apps, with a shop whose requests may take longer."""
    scenario = yaml.safe_load(SCENARIO.read_text("utf-8"))
    apps = copy.deepcopy(scenario["provisioner"]["inventory"]["group_vars"]["all"]["no502_apps"])
    apps["shop"]["longest_request"] = "90s"
    return apps


def test_a_check_of_a_raise_shows_it_and_changes_nothing(play, state, raised):
    before = state()
    done = play("no502.node.rollout", "--check", "--diff", apps=raised)
    assert done.code == 0, done.output
    assert re.search(r"^-\s+proxy_read_timeout 61s;\n\+\s+proxy_read_timeout 95s;", done.output,
                     re.M)
    assert "Decision: allow" in done.output
    assert state() == before


def test_a_raise_is_carried_out_without_losing_a_request(hosts, play, planned, raised, visitor):
    with visitor("lb1", "shop.example.com") as client:
        done = play("no502.node.rollout", apps=raised)
    assert done.code == 0, done.output
    assert client.failures() == []
    wanted = planned(raised)["shop"]["timeouts"]
    assert wanted["nginx"]["read_timeout"] == 95_000
    assert in_force.nginx(hosts["lb1"], "shop") == wanted["nginx"]
    for name in ("app1", "app2"):
        live = in_force.node(hosts[name], listening(hosts[name], 3000), address(hosts[name]), 3000)
        assert live == wanted["node"] | wanted["drain"]
