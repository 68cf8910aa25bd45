# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, texts and files of an instance, and what a failure may show."""
from __future__ import annotations


import pytest

from ansible_collections.no502.node.plugins.module_utils.node_service import files, hand_over
from ansible_collections.no502.node.plugins.module_utils.node_service.hand_over import (
    Wanted,
    hide_values,
)

UNIT = "[Service]\nExecStart=/usr/bin/node server.js\n"


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host's directories of ours, elsewhere."""
    monkeypatch.setattr(files, "UNITS", str(tmp_path / "units"))
    monkeypatch.setattr(files, "SETTINGS", str(tmp_path / "settings"))
    return tmp_path


def wanted(environment='KEY="value"\n', unit=UNIT, address="10.0.0.2"):
    return Wanted(files.Instance("shop-3000"), unit, address, environment, {}, 1000, None)


def test_names():
    instance = files.Instance("my-shop-2-3000")
    assert (instance.app, instance.port) == ("my-shop-2", 3000)
    assert instance.socket == "no502-my-shop-2-3000.socket"
    assert instance.service("b") == "no502-my-shop-2-3000@b.service"
    assert files.other("a") == "b" and files.other("b") == "a"


@pytest.mark.parametrize("address, line", [
    ("10.0.0.2", "ListenStream=10.0.0.2:3000"), ("fd00::2", "ListenStream=[fd00::2]:3000")])
def test_socket_carries_the_address_and_starts_its_slot(address, line):
    lines = wanted(address=address).socket_text("b").splitlines()
    assert line in lines
    assert "Service=no502-shop-3000@b.service" in lines


def test_committed_slot_is_read_from_the_socket(host):
    instance = files.Instance("shop-3000")
    assert instance.committed() is None
    files.write(files.unit_file(instance.socket), wanted().socket_text("b"), 0o644)
    assert instance.committed() == "b"


def test_release_changes_with_unit_address_and_environment():
    releases = [wanted().release, wanted(unit=UNIT + "x").release, wanted('KEY="new"\n').release,
                wanted(address="10.0.0.3").release]
    assert len(set(releases)) == 4
    assert wanted().release == releases[0]


def test_instances_are_found_by_socket_and_by_settings(host):
    files.write(files.unit_file("no502-shop-3000.socket"), "", 0o644)
    files.write(files.Instance("cart-4000").wanted_environment, "", 0o600)
    files.write(files.unit_file("other.socket"), "", 0o644)
    assert files.instances() == ["cart-4000", "shop-3000"]


def test_written_files_have_their_mode_and_leave_nothing_beside(host):
    path = host / "settings" / "shop-3000" / "a.env"
    files.write(str(path), "old", 0o644)
    files.write(str(path), "new", 0o600)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", 0o600)
    assert [each.name for each in path.parent.iterdir()] == ["a.env"]
    files.write(str(path), None, 0)
    assert not path.exists()


@pytest.mark.parametrize("written, secret", [
    ('"hunter22"', "hunter22"),
    (r'"s3\"cr\$et\\pass"', 's3"cr$et\\pass'),
])
def test_values_of_the_environment_are_hidden(written, secret):
    text = wanted(f"KEY={written}\n").without_secrets(f"no access with {secret}!")
    assert text == "no access with ***!"


def test_longer_values_are_hidden_first():
    environment = 'A="secret"\nB="secret-and-more"\n'
    assert wanted(environment).without_secrets("is secret-and-more") == "is ***"


def test_short_values_and_our_own_are_not_hidden():
    environment = 'PORT="3000"\nNO502_DRAIN_MAX_MS="600000"\n'
    assert wanted(environment).without_secrets("3000 600000") == "3000 600000"


def test_diff_of_environments_shows_names_and_which_changed():
    before, after = hide_values('A="1"\nB="2"\n', 'A="1"\nB="3"\nC="4"\n')
    assert before == "A=<hidden>\nB=<hidden>\n"
    assert after == "A=<hidden>\nB=<changed>\nC=<hidden>\n"
    assert hide_values(None, 'A="1"\n') == (None, "A=<hidden>\n")


class Units:
    """A systemd in which these units are active."""

    def __init__(self, *active):
        self._active = active

    def state(self, unit):
        return "active" if unit in self._active else "inactive"

    def is_active(self, unit):
        return self.state(unit) == "active"

    def call(self, *_arguments):
        pass

    try_call = call


@pytest.mark.parametrize("systemd, text", [
    (Units("shop.service"), "The previous process goes on: shop.service is running."),
    (Units(), "It was stopped; no process ran here before."),
])
def test_a_unit_that_another_instance_has_replaced_is_not_expected_to_run(host, systemd, text):
    saved = hand_over._Saved(files.Instance("shop-3001"), "a", systemd, "shop.service")
    saved.restore(running=None)
    assert saved.what_runs() == text
