# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private view: everything in it is real, and nothing of it is seen outside."""
from __future__ import annotations

import os
import subprocess

import pytest

from ansible_collections.no502.node.plugins.module_utils.nginx_config import private_mount
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace takes root")


def write_and_read(path):
    path.write_text("new")
    link = path.parent / "link"
    link.symlink_to(path)
    return subprocess.run(["cat", str(link)], capture_output=True, text=True, check=True).stdout


def test_what_is_written_is_seen_by_programs_and_gone_afterwards(tmp_path):
    (tmp_path / "file").write_text("old")
    result, method = private_mount.run([str(tmp_path)], lambda: write_and_read(tmp_path / "file"))
    assert result == "new" and method == "overlay"
    assert (tmp_path / "file").read_text() == "old" and not (tmp_path / "link").exists()


def test_a_copy_serves_where_overlays_are_refused(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "key").write_text("secret")
    (tmp_path / "below" / "key").chmod(0o600)
    os.mkfifo(tmp_path / "pipe")
    mount = private_mount._mount

    def without_overlays(libc, source, target, kind=None, flags=0, options=None):
        if kind == "overlay":
            raise Refused("no overlays here")
        mount(libc, source, target, kind, flags, options)

    monkeypatch.setattr(private_mount, "_mount", without_overlays)

    def work():
        mode = os.stat(tmp_path / "below" / "key").st_mode & 0o777
        return [mode, sorted(os.listdir(tmp_path)), write_and_read(tmp_path / "below" / "key")]

    result, method = private_mount.run([str(tmp_path)], work)
    assert method == "copy" and result == [0o600, ["below"], "new"]
    assert (tmp_path / "below" / "key").read_text() == "secret"


def test_mounts_below_a_directory_are_covered_too(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()

    def outer():
        subprocess.run(["mount", "-t", "tmpfs", "none", str(inside)], check=True)
        (inside / "file").write_text("old")
        result, _method = private_mount.run(
            [str(tmp_path)], lambda: write_and_read(inside / "file"))
        return [result, (inside / "file").read_text()]

    assert private_mount.run([str(tmp_path)], outer)[0] == ["new", "old"]


def test_a_directory_that_is_not_there_is_made_in_the_view_only(tmp_path):
    missing = tmp_path / "a" / "b"
    assert private_mount.run([str(missing)], lambda: os.path.isdir(missing))[0] is True
    assert not (tmp_path / "a").exists()


def test_a_refusal_comes_through_and_anything_else_is_an_error(tmp_path):
    def refuse():
        raise Refused("because")

    with pytest.raises(Refused, match="because"):
        private_mount.run([str(tmp_path)], refuse)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        private_mount.run([str(tmp_path)], lambda: 1 // 0)


def test_a_child_that_dies_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="without an answer"):
        private_mount.run([str(tmp_path)], lambda: os.kill(os.getpid(), 9))


def test_without_the_permission_it_is_refused_with_the_reason(tmp_path):
    """As another user, the way a container without CAP_SYS_ADMIN is."""
    tmp_path.chmod(0o777)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(65534)
        try:
            private_mount.run([str(tmp_path)], lambda: None)
        except Refused as refusal:
            os.write(writing, str(refusal).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    text = os.read(reading, 4096).decode()
    assert "private mount namespace" in text and "CAP_SYS_ADMIN" in text


def test_nothing_is_left_in_the_directory_for_temporary_files(tmp_path, monkeypatch):
    monkeypatch.setattr(private_mount.tempfile, "tempdir", str(tmp_path))
    (tmp_path / "conf").mkdir()
    private_mount.run([str(tmp_path / "conf")], lambda: None)
    assert os.listdir(tmp_path) == ["conf"]


def test_mounts_do_not_spread_to_where_they_came_from(tmp_path):
    """systemd makes every mount shared, so that a new namespace would hand its own back."""
    (tmp_path / "file").write_text("old")

    def outer():
        subprocess.run(["mount", "--make-rshared", "/"], check=True)
        before = private_mount._mounted()
        private_mount.run([str(tmp_path)], lambda: write_and_read(tmp_path / "file"))
        return [private_mount._mounted() == before, (tmp_path / "file").read_text()]

    assert private_mount.run([str(tmp_path / "other")], outer)[0] == [True, "old"]
