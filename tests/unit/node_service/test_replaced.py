# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a unit that is taken over sets, and the app in its place does not."""
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.module_utils.node_service import (
    files,
    preflight,
    replaced,
)

# systemd 257 printed this.
ENVIRONMENT = (r'Environment=A=1 "B=two words" "C=it\"s" PORT=3000 "D=line\nE=not" '
               r'"F=back\\slash \$HOME" "H=don' "'" r't \"quoted\"  I=not"')
APP = {"name": "shop", "user": "root", "ports": [3000], "replaces": "shop.service"}


def lost(text, variables=(), **change):
    return replaced.Replaced("shop.service", text).lost_by(dict(APP, **change), variables)


def test_names_are_read_as_systemd_quotes_them():
    names = replaced.Replaced("shop.service", ENVIRONMENT).variables
    assert names == {"A", "B", "C", "D", "F", "H", "PORT"}
    newer = r"Environment=A=1 $'B=don\'t X=1' C=2"
    assert replaced.Replaced("shop.service", newer).variables == {"A", "B", "C"}


def test_variables_that_would_be_lost_are_named_without_their_values():
    (found,) = lost('Environment=KEY=hunter22 "URL=pg://me:hunter22@db/x y" PORT=1 NODE_ENV=x\n')
    assert "no502_apps.shop.environment" in found and "shop.service" in found
    assert "sets: KEY, URL. " in found and 'environment: {KEY: "..."}' in found
    assert "hunter22" not in found
    assert lost("Environment=KEY=hunter22 URL=x\n", ["URL", "KEY"]) == []


def test_nothing_set_is_nothing_lost():
    assert lost("Environment=\nUser=\n") == []


def test_names_of_a_file():
    text = ("# A=1\n; B=1\nC=1\n D = 2\nE='one\nF=not'\nG=\"a\\\"\nH=not\"\nI=it's\nJ=one\\\n"
            "K=not\nexport L=1\nM=\n")
    assert replaced.names_in_file(text) == {"C", "D", "E", "G", "I", "J", "M"}


def test_files_of_the_unit_are_read(tmp_path):
    (tmp_path / "one.env").write_text("KEY=hunter22\n")
    (tmp_path / "two.env").write_text("URL=hunter22\n")
    (found,) = lost("EnvironmentFiles=%s/*.env (ignore_errors=no)\n" % tmp_path, ["URL"])
    assert "sets: KEY. " in found and "hunter22" not in found


@pytest.mark.parametrize("ignored, count", [("no", 1), ("yes", 0)])
def test_file_that_is_gone_is_refused_unless_systemd_does_without(ignored, count):
    found = lost("EnvironmentFiles=/nowhere/shop.env (ignore_errors=%s)\n" % ignored)
    assert len(found) == count
    assert all("no502_apps.shop.environment" in each and "/nowhere/shop.env" in each
               for each in found)


def test_another_user_is_refused():
    (found,) = lost("User=nobody\n")
    assert "no502_apps.shop.user is root, but shop.service runs as nobody" in found
    assert "Set user: nobody" in found
    assert lost("User=nobody\n", user="nobody") == []
    assert lost("User=0\n") == []


@pytest.mark.parametrize("begun, state, count", [
    (False, "active", 1), (False, "inactive", 1), (True, "active", 1), (True, "activating", 1),
    (True, "inactive", 0), (True, "failed", 0)])
def test_only_what_is_still_to_be_replaced_is_compared(tmp_path, monkeypatch, begun, state, count):
    monkeypatch.setattr(files, "UNITS", str(tmp_path))
    monkeypatch.setattr(preflight, "show", lambda unit: {"active_state": state})
    monkeypatch.setattr(replaced, "read", lambda unit: replaced.Replaced(unit, "User=nobody\n"))
    if begun:
        files.write(files.unit_file("no502-shop-3000.socket"), "", 0o644)
    assert len(preflight._check_replaced(APP, [])) == count


def test_unit_of_which_systemd_says_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(preflight, "show", lambda unit: {"active_state": "active"})
    monkeypatch.setattr(replaced, "read", lambda unit: None)
    assert "does not say" in preflight._check_replaced(APP, [])[0]
