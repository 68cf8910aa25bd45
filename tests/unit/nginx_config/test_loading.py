# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loading: the swap, the proof, the way back, and runs that are killed in between."""
from __future__ import annotations

import fcntl
import os
import signal
import time

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    instance,
    loading,
    steps,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

CACHE = "proxy_cache_path %s keys_zone=no502:1m;\n"


def killed(work):
    """Run ``work`` in a child, which has to die of the kill that was set up in it."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def kill_here(*_arguments):
    os.kill(os.getpid(), signal.SIGKILL)


def cached(host, path):
    """An app with a cache: nginx accepts a moved one in a test, and refuses it in a reload."""
    files = host.app()
    files[1]["content"] = CACHE % (host.top / "tmp" / path) + files[1]["content"]
    return files


def test_loading_swaps_reloads_and_proves(host):
    before = host.workers()
    loaded = host.bring()
    name = loaded["generation"]
    assert loaded["changed"] and loaded["reloaded"]
    assert [answer["answer"] for answer in loaded["proof"]] == [name]
    assert os.readlink(host.top / "no502") == "no502.d/" + name
    assert host.ask("shop.example") == name
    assert not set(before) & set(host.workers())
    assert loaded["generations"] == [name] and loaded["previous"] is None


def test_loading_again_changes_nothing_and_reloads_nothing(host):
    name = host.bring()["generation"]
    with host.untouched():
        loaded = host.load(name)
    assert not loaded["changed"] and not loaded["reloaded"] and loaded["proof"]


def test_check_mode_loads_nothing(host):
    name = host.stage()["generation"]
    with host.untouched():
        assert host.load(name, check_mode=True)["changed"]


@pytest.mark.parametrize("change, text", [
    ({}, "no decision"),
    ({"verdict": "deny"}, "only 'allow'"),
    ({"verdict": "unknown"}, "only 'allow'"),
    ({"generation": "0123456789abcdef"}, "not about"),
    ({"at": 0}, "old"),
    ({"at": 99999999999}, "old"),
    ({"at": None}, "does not say when"),
])
def test_nothing_is_loaded_without_a_fresh_decision_for_it(host, change, text):
    name = host.stage()["generation"]
    decision = dict({"verdict": "allow", "generation": name, "at": time.time()}, **change)
    with host.untouched():
        with pytest.raises(Refused, match=text):
            host.load(name, decision=decision if change else None)


def test_the_age_of_a_decision_goes_by_the_clock_that_made_it(host):
    name = host.stage()["generation"]
    decision = {"verdict": "allow", "generation": name, "at": 1000.0}
    assert host.load(name, decision=decision, now=1100.0)["changed"]


def test_an_unknown_generation_is_refused(host):
    with pytest.raises(Refused, match="no staged generation 0123456789abcdef"):
        host.load("0123456789abcdef")


def test_a_tree_that_changed_since_it_was_judged_is_refused(host):
    name = host.stage()["generation"]
    host.write("conf.d/new.conf", host.site("new.example"))
    with host.untouched():
        with pytest.raises(Refused, match="have changed since"):
            host.load(name)


def test_a_reload_that_nginx_refuses_is_undone(host):
    host.write("conf.d/shop.conf", host.site("shop.example"))
    host.bring(cached(host, "one"), adopt=["shop"])
    name = host.stage(cached(host, "two"))["generation"]
    with host.untouched_files():
        with pytest.raises(Refused) as refusal:
            host.load(name)
    text = str(refusal.value)
    assert "[emerg]" in text and "no502" in text and "is in force again, and answers" in text


def test_the_first_load_that_nginx_refuses_leaves_the_tree_as_it_was(host):
    (host.top / "nginx.conf").write_text((host.top / "nginx.conf").read_text().replace(
        "http {", "http {\n    " + CACHE % (host.top / "tmp/one")))
    file = host.write("conf.d/shop.conf", host.site("shop.example"))
    host.reload()
    (host.top / "nginx.conf").write_text((host.top / "nginx.conf").read_text().replace(
        "tmp/one", "tmp/two"))
    name = host.stage(adopt=["shop"])["generation"]
    with host.untouched_files():
        with pytest.raises(Refused, match="emerg"):
            host.load(name)
    assert file.exists() and host.ask("shop.example", "/") == "theirs"


def test_a_name_that_does_not_answer_is_undone(host, monkeypatch):
    first = host.bring()["generation"]
    second = host.stage(host.app(extra="add_header X-New 1;"))["generation"]
    monkeypatch.setattr(instance, "reload", lambda master: None)
    with host.untouched_files():
        with pytest.raises(Refused, match="did not replace its workers"):
            host.load(second, proof_timeout=1)
    assert host.ask("shop.example") == first


def test_killed_after_staging(host):
    host.stage()
    staged = host.stage()
    assert not staged["changed"]
    assert host.load(staged["generation"])["changed"]
    assert host.ask("shop.example") == staged["generation"]


def test_killed_between_swap_and_reload(host, monkeypatch):
    first = host.bring()["generation"]
    second = host.stage(host.app(extra="add_header X-New 1;"))["generation"]
    with monkeypatch.context() as patch:
        patch.setattr(instance, "reload", kill_here)
        killed(lambda: host.load(second))
    assert os.readlink(host.top / "no502") == "no502.d/" + second
    assert host.ask("shop.example") == first
    staged = host.stage(host.app(extra="add_header X-New 1;"))
    assert staged["generation"] == second
    assert host.load(second)["reloaded"]
    assert host.ask("shop.example") == second
    assert not (host.top / "no502.d/transaction.json").exists()


@pytest.mark.parametrize("count", range(4))
def test_killed_before_each_step_of_a_swap(host, monkeypatch, count):
    """Wherever a run dies, nginx accepts the tree, and the next run finishes the work."""
    host.enable("shop", host.site("shop.example"))
    host.reload()
    name = host.stage(adopt=["shop"])["generation"]
    apply, swap, done = steps.apply, loading.Load._swap, []

    def step(planned):
        if len(done) == count:
            kill_here()
        done.append(planned)
        apply(planned)

    def swapping(*arguments):
        # Not before: the rehearsal applies the same steps.
        monkeypatch.setattr(steps, "apply", step)
        return swap(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loading.Load, "_swap", swapping)
        killed(lambda: host.load(name))
    host.reload()
    assert host.ask("shop.example", "/") == "theirs" or host.ask("shop.example") == name
    assert host.bring(adopt=["shop"])["changed"]
    assert host.ask("shop.example") == name


def test_killed_before_the_reload_and_then_refused_goes_all_the_way_back(host, monkeypatch):
    """What a killed run did is undone too, should the next one fail."""
    file = host.write("conf.d/shop.conf", host.site("shop.example"))
    host.reload()
    name = host.stage(adopt=["shop"])["generation"]
    before = host.snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(instance, "reload", kill_here)
        killed(lambda: host.load(name))
    assert not file.exists()
    monkeypatch.setattr(instance, "reload", lambda master: None)
    with pytest.raises(Refused):
        host.load(host.stage(adopt=["shop"])["generation"], proof_timeout=1)
    after = host.snapshot()
    assert {key: after[key] for key in before if not key.endswith(".json")} == {
        key: before[key] for key in before if not key.endswith(".json")}
    assert file.exists()


def test_a_generation_that_was_edited_is_put_right(host):
    name = host.bring()["generation"]
    edited = host.top / "no502.d" / name / "http" / "app-shop.conf"
    text = edited.read_text()
    edited.write_text(text + "# by hand\n")
    stray = host.write("no502.d/%s/http/stray.conf" % name, "# by hand\n")
    staged = host.stage()
    assert edited.read_text() != text
    assert host.load(staged["generation"])["changed"]
    assert edited.read_text() == text and not stray.exists()


def test_a_second_run_at_the_same_time_is_refused(host):
    handle = os.open(host.top, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with pytest.raises(Refused, match="Another run"):
            host.stage()
    finally:
        os.close(handle)


def test_the_last_five_generations_are_kept(host):
    names = [host.bring(host.app(extra="add_header X-N %d;" % number))["generation"]
             for number in range(7)]
    kept = {path.name for path in (host.top / "no502.d").iterdir() if path.is_dir()}
    assert kept == set(names[2:])


def test_one_line_in_the_main_file_where_it_includes_nothing(host):
    main = host.top / "nginx.conf"
    text = "".join(line for line in main.read_text().splitlines(True) if "include" not in line)
    main.write_text(text + "\n# the end")
    host.reload()
    name = host.bring()["generation"]
    added = [line for line in main.read_text().splitlines() if line not in text]
    assert [line.strip() for line in added if "include" in line] == [
        "include %s/no502/http/*.conf; # managed by no502.node" % host.top,
        "include %s/no502/*.conf; # managed by no502.node" % host.top]
    assert host.ask("shop.example") == name
    host.run(state="absent")
    assert main.read_text() == text + "\n# the end\n"
