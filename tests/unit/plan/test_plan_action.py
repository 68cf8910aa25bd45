# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action as a user meets it: ansible-playbook, an inventory, a terminal of 80 columns.

The hosts' addresses lead nowhere: an action that connected to one would fail.
"""
from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

PLAYBOOK = """
- name: Plan
  hosts: all
  gather_facts: false
  any_errors_fatal: true
  tasks:
    - name: Plan
      no502.node.plan:
      register: no502_plan
      run_once: true
    - name: Keep
      ansible.builtin.copy:
        content: "{{ no502_plan | to_json }}"
        dest: "{{ playbook_dir }}/plan.json"
        mode: "0600"
      run_once: true
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""
SHOP = {
    "longest_request": "60s", "edge": "none", "server_names": ["shop.example.com"], "port": 3000,
    "directory": "/srv/shop", "entry": "server.js", "memory_max": "1G",
    "environment": {"API_KEY": "hunter2"},
}
HOSTS = {
    "nginx": {"hosts": {"lb1": {"ansible_host": "192.0.2.1"}}},
    "node": {"hosts": {"app1": {"no502_address": "{{ net }}.5", "ansible_host": "192.0.2.2"},
                       "app2": {"ansible_host": "192.0.2.3"}}},
}


@pytest.fixture(name="play")
def _play(tmp_path):
    def play(*arguments, **variables):
        variables = {"net": "10.0.0", **variables}
        (tmp_path / "inventory.yml").write_text(
            yaml.safe_dump({"all": {"vars": variables, "children": HOSTS}}, sort_keys=False))
        (tmp_path / "play.yml").write_text(PLAYBOOK)
        run = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-i", "inventory.yml", "play.yml",
             *arguments],
            cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "COLUMNS": "80", "ANSIBLE_NOCOLOR": "1"}, check=False)
        kept = tmp_path / "plan.json"
        return run.returncode, run.stdout, json.loads(kept.read_text()) if kept.exists() else None
    return play


def test_templates_are_resolved_and_v_shows_reasons_but_no_environment(play):
    shop = {**SHOP, "port": "{{ base + 1 }}", "server_names": "{{ names }}",
            "directory": "/srv/{{ 'shop' }}"}
    status, output, plan = play("-v", no502_apps={"shop": shop}, base=3000,
                                names=["{{ 'shop' }}.example.com"])
    assert status == 0, output
    planned = plan["apps"]["shop"]
    assert (planned["ports"], planned["server_names"]) == ([3001], ["shop.example.com"])
    assert planned["directory"] == "/srv/shop"
    assert plan["addresses"] == {"app1": "10.0.0.5"}
    assert planned["environment"] == {"API_KEY": "hunter2"}
    assert "  nginx.read_timeout 65 s: longest request 60 s + 5 s, at least 61 s\n" in output
    assert "hunter2" not in output


def test_everything_wrong_is_told_and_the_result_is_one_line(play):
    status, output, plan = play(
        no502_apps={"shop": {**SHOP, "longest_request": "1.5m", "port": "{{ nowhere }}"},
                    "blog": {**SHOP, "server_names": ["a;b"], "hosts": "nodes"}})
    assert status != 0 and plan is None
    assert "4 errors in the inventory. No host was touched.\n" in output
    assert """
no502_apps.shop.longest_request
  '1.5m' has a fraction, which nginx cannot read
  accepted: seconds (90), or a time as nginx or systemd writes it (90s, 1m30s,
            1min 30s, 500ms)
  example:  longest_request: 60s
""" in output
    assert "\nno502_apps.shop.port\n  its template cannot be resolved: 'nowhere' is undefined" \
        in output
    assert "\nno502_apps.blog.server_names[0]\n  'a;b' has a ;, which is never written" in output
    assert ("\nno502_apps.blog.hosts\n  there is no group 'nodes': did you mean node?\n"
            "  accepted: a group with hosts; there are: nginx, node\n") in output
    assert '"msg": "wrong in the inventory: no502_apps.shop.port, ' in output


def test_an_address_that_cannot_be_resolved(play):
    status, output, _plan = play(no502_apps={"shop": SHOP}, net="{{ nowhere }}")
    assert status != 0
    assert "\nno502_address of app1\n" in output
    # 2.18 leaves a host's template that it cannot resolve as it is.
    assert "'nowhere' is undefined" in output or "'{{ net }}.5' is not an IP address" in output


def test_a_vaulted_secret(play, tmp_path):
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(b"open"))])
    secret = vault.encrypt("hunter3").decode()
    (tmp_path / "password").write_text("open")
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text(
        "key: !vault |\n" + "".join(f"  {line}\n" for line in secret.splitlines()) +
        "no502_engine:\n  kind: opa\n  url: https://opa.example.com\n  token: !vault |\n" +
        "".join(f"    {line}\n" for line in secret.splitlines()))
    shop = {**SHOP, "environment": {"API_KEY": "{{ key }}"}}
    status, output, plan = play("--vault-password-file", "password", no502_apps={"shop": shop})
    assert status == 0, output
    assert plan["apps"]["shop"]["environment"] == {"API_KEY": "hunter3"}
    assert plan["engine"]["token"] == "hunter3"


def test_check_mode_and_a_limit_plan_the_whole_inventory(play):
    status, output, _plan = play("--check", "--limit", "app2", no502_apps={"shop": SHOP},
                                 no502_profile="strict")
    assert status == 0, output
