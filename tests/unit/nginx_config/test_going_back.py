# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling back to an earlier generation, and taking everything away."""
from __future__ import annotations

import os

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import instance
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

OTHER = "add_header X-New 1;"


def test_rollback_returns_to_the_generation_before(host):
    first = host.bring()["generation"]
    second = host.bring(host.app(extra=OTHER))["generation"]
    back = host.rollback()
    assert back["changed"] and back["generation"] == first and back["previous"] == second
    assert host.ask("shop.example") == first
    assert host.rollback(first)["changed"] is False


def test_rollback_needs_no_decision_but_nginxs_consent(host):
    first = host.bring()["generation"]
    host.bring(host.app(extra=OTHER))
    host.write("conf.d/new.conf", "upstream no502_shop { server 127.0.0.1:9; }\n")
    with host.untouched():
        with pytest.raises(Refused, match="duplicate upstream"):
            host.rollback(first)


def test_rollback_without_an_earlier_generation_is_refused(host):
    host.bring()
    with pytest.raises(Refused, match="no earlier generation"):
        host.rollback()


def test_rollback_skips_first_passes_and_never_goes_forward_again(host):
    finals = [host.roll_out(number)[1] for number in range(2)]
    assert host.rollback()["generation"] == finals[0] == host.ask("shop.example")
    with host.untouched():
        with pytest.raises(Refused, match="no earlier generation"):
            host.rollback()
    last = host.roll_out(2)[1]
    back = host.rollback()
    assert (back["previous"], back["generation"]) == (last, finals[0])


def test_rollback_from_a_first_pass_returns_to_what_was_before_the_rollout(host):
    final = host.roll_out(0)[1]
    host.bring(phase="transition")
    assert host.rollback()["generation"] == final


def test_a_first_pass_that_set_the_final_values_already_is_returned_to(host):
    name = host.stage()["generation"]
    host.load(name, phase="transition")
    assert not host.load(name)["changed"]
    assert not host.load(name, phase="transition")["changed"]
    host.roll_out(1)
    assert host.rollback()["generation"] == name


def test_going_to_a_first_pass_by_its_hash_does_not_make_it_final(host):
    before = host.roll_out(0)[1]
    safe = host.roll_out(1)[0]
    assert host.rollback(safe)["changed"]
    with host.untouched():
        assert not host.rollback(safe)["changed"]
    host.roll_out(2)
    assert host.rollback()["generation"] == before


def test_generations_loaded_before_phases_were_kept_are_returned_to(host):
    first = host.bring(phase=None)["generation"]
    assert "phase" not in (host.top / "no502.d/history.json").read_text()
    host.roll_out(1)
    assert host.rollback()["generation"] == first


def test_rollback_that_was_killed_is_finished(host, monkeypatch):
    first, last = (host.roll_out(number)[1] for number in range(2))
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(instance, "reload", lambda master: os._exit(0))
        host.rollback()
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert host.ask("shop.example") == last
    back = host.rollback()
    assert back["changed"] and back["generation"] == first == host.ask("shop.example")


def test_rollback_enables_a_file_that_a_later_generation_disabled(host):
    first = host.bring()["generation"]
    link = host.enable("till", host.site("till.example"))
    file = host.write("conf.d/the-desk.conf", host.site("desk.example"))
    host.reload()
    host.bring(host.app(names="shop.example till.example desk.example"), adopt=["shop"])
    assert not link.is_symlink() and not file.exists()
    back = host.rollback(first)
    assert {entry["path"] for entry in back["enabled"]} == {str(link), str(file)}
    assert link.exists() and file.exists()
    assert host.ask("till.example", "/") == "theirs"


def test_absent_leaves_nothing_of_ours(host):
    before = host.snapshot()
    host.bring()
    gone = host.run(state="absent")
    assert gone["changed"] and gone["reloaded"]
    assert host.snapshot() == before
    assert host.ask("shop.example", "/") == "theirs"
    assert not host.run(state="absent")["changed"]


def test_absent_in_check_mode_changes_nothing(host):
    host.bring()
    with host.untouched():
        assert host.run(state="absent", check_mode=True)["changed"]


def test_absent_leaves_disabled_files_disabled(host):
    link = host.enable("shop", host.site("shop.example"))
    host.bring(adopt=["shop"])
    host.run(state="absent")
    assert not link.is_symlink() and (host.top / "sites-available/shop").exists()


def test_absent_brings_disabled_files_back_when_asked(host):
    link = host.enable("shop", host.site("shop.example"))
    file = host.write("conf.d/till.conf", host.site("till.example"))
    before = host.snapshot()
    host.bring(host.app(names="shop.example till.example"), adopt=["shop"])
    host.run(state="absent", restore=True)
    assert host.snapshot() == before and link.is_symlink() and file.exists()
    assert host.ask("shop.example", "/") == "theirs"


def test_absent_is_refused_while_a_file_needs_the_generation(host):
    host.bring()
    host.enable("uses", host.site("uses.example", "location /x { proxy_pass http://no502_shop; }"))
    host.reload()
    with host.untouched():
        with pytest.raises(Refused, match="sites-enabled/uses:1"):
            host.run(state="absent")


def test_absent_that_was_killed_is_finished(host, monkeypatch):
    before = host.snapshot()
    host.bring()
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(instance, "reload", lambda master: os._exit(0))
        host.run(state="absent")
        os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert (host.top / "no502.d").exists()
    gone = host.run(state="absent")
    assert gone["changed"] and gone["reloaded"] and host.snapshot() == before
