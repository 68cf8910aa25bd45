# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts are real ones: systemd boots and enforces, nginx and Node run, names resolve."""
from __future__ import annotations

import pytest

HOSTS = ("lb1", "app1", "app2")


@pytest.mark.parametrize("name", HOSTS)
def test_systemd_has_booted_without_a_failed_unit(hosts, name):
    assert hosts[name].check_output("systemctl is-system-running") == "running"


@pytest.mark.parametrize("name", HOSTS)
def test_systemd_enforces_hardening_and_limits(hosts, name):
    """Both are ignored in silence where the container lacks a capability or a cgroup."""
    run = "systemd-run --quiet --wait --property={} {}"
    assert hosts[name].run(run.format("ProtectSystem=strict", "touch /etc/written")).failed
    hog = "python3 -c 'bytearray(200 << 20)'"
    assert hosts[name].run(run.format("MemoryMax=1G", hog)).succeeded
    assert hosts[name].run(run.format("MemoryMax=50M", hog)).failed


def test_nginx_runs_only_where_it_is_meant_to(hosts):
    running = {name: hosts[name].service("nginx").is_running for name in HOSTS}
    assert running == {"lb1": True, "app1": False, "app2": False}


@pytest.mark.parametrize("name", ("app1", "app2"))
def test_node_serves_other_hosts_by_name(hosts, name):
    serve = "require('http').createServer((q, r) => r.end('hello')).listen(3000)"
    hosts[name].check_output(f'systemd-run --quiet --unit=hello node -e "{serve}"')
    answer = f"curl -sS --retry 20 --retry-delay 1 --retry-connrefused http://{name}:3000/"
    assert hosts["lb1"].check_output(answer) == "hello"
