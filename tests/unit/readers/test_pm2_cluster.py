# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several PM2 daemons, whose addresses are all looked into side by side."""
from __future__ import annotations

from types import SimpleNamespace

from ansible_collections.no502.node.plugins.module_utils.node import pm2_cluster
from ansible_collections.no502.node.plugins.module_utils.node.discovery import Application


def daemon(pid, ports):
    workers = [SimpleNamespace(pid=pid + number) for number in (1, 2)]
    listens = [{"address": "127.0.0.1", "port": port} for port in ports]
    return Application(SimpleNamespace(pid=pid), workers, listens)


def test_all_daemons_are_looked_into_at_once(monkeypatch):
    rounds = []

    def told(_function, items, _seconds):
        rounds.append(items)
        return ["shop", None, "blog"]

    names = {101: "shop", 102: "blog", 201: "shop", 202: "shop", 301: "shop", 302: "blog"}
    monkeypatch.setattr(pm2_cluster, "worker_setting", lambda pid, name: names[pid])
    monkeypatch.setattr(pm2_cluster, "in_parallel", told)
    parts = pm2_cluster.apart([daemon(100, [1, 2]), daemon(200, [3]), daemon(300, [4])])
    assert [(each.process.pid, each.listens[0]["port"], [worker.pid for worker in each.workers])
            for each in parts] == [
        (100, 2, [101, 102]), (100, 1, [101]), (200, 3, [201, 202]), (300, 4, [302])]
    assert len(rounds) == 1
