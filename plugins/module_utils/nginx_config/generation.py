# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generations: complete sets of managed files, each in a directory named for its content.

``<conf dir>/no502.d/<hash>/`` holds one generation, ``<conf dir>/no502`` is a symbolic link to
the one that is in force, and ``<conf dir>/no502.d/<hash>.json`` says what the generation was
staged with. Renaming that link swaps all files of a generation at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from typing import Dict, List, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.files import (
    read_text,
    write_text,
)

LINK = "no502"
STORE = "no502.d"
OWN_FILE = "http/00-generation.conf"
PROOF_PATH = "/.well-known/no502/generation"
KEPT = 5

NAME = re.compile(r"[0-9a-f]{16}")
FILE = re.compile(r"main\.conf|(http|snippets)/[A-Za-z0-9][A-Za-z0-9._-]*\.conf")

OWN_TEXT = """\
# Managed by no502.node. The generation of the files in this directory; it is what
# %(path)s answers, so that a reload can be proven.
map $host $no502_generation {
    default "%(name)s";
}
"""


class Store:
    """The generations of one configuration directory."""

    def __init__(self, conf_dir: str) -> None:
        self.conf_dir = conf_dir
        self.path = os.path.join(conf_dir, STORE)
        self.link = os.path.join(conf_dir, LINK)

    def directory(self, name: str) -> str:
        return os.path.join(self.path, name)

    def target(self, name: str) -> str:
        """What the link says when ``name`` is in force."""
        return os.path.join(STORE, name)

    def current(self) -> Optional[str]:
        """The generation that the link names; None without a link of ours."""
        try:
            name = os.path.basename(os.readlink(self.link))
        except OSError:
            return None
        return name if NAME.fullmatch(name) else None

    def names(self) -> List[str]:
        """Every generation that is there, the one staged last first."""
        try:
            found = [name for name in os.listdir(self.path) if self.is_staged(name)]
        except FileNotFoundError:
            return []
        return sorted(found, key=lambda name: os.stat(self.directory(name)).st_mtime, reverse=True)

    def is_staged(self, name: str) -> bool:
        return bool(NAME.fullmatch(name)) and os.path.isdir(self.directory(name))

    def files(self, name: Optional[str]) -> Dict[str, str]:
        """Path to content of what lies in a generation's directory; empty without one."""
        found: Dict[str, str] = {}
        if name is None:
            return found
        top = self.directory(name)
        for directory, _below, names in os.walk(top):
            for file in names:
                path = os.path.join(directory, file)
                with open(path, encoding="utf-8", errors="surrogateescape") as text:
                    found[os.path.relpath(path, top)] = text.read()
        return found

    def record(self, name: str) -> dict:
        """What ``name`` was staged with: its files and the names to take over."""
        try:
            with open(self.directory(name) + ".json", encoding="utf-8") as text:
                return json.load(text)
        except (OSError, ValueError):
            raise Refused("There is no staged generation %s below %s." % (name, self.path))

    def write(self, name: str, record: dict) -> None:
        """Create the generation, whole or not at all; one that is there is left as it is."""
        os.makedirs(self.path, mode=0o755, exist_ok=True)
        text = json.dumps(record, sort_keys=True) + "\n"
        if read_text(self.directory(name) + ".json") != text:
            write_text(self.directory(name) + ".json", text)
        if os.path.isdir(self.directory(name)):
            return
        unfinished = tempfile.mkdtemp(prefix=".", dir=self.path)
        try:
            for path, content in record["files"].items():
                os.makedirs(os.path.dirname(os.path.join(unfinished, path)), exist_ok=True)
                write_text(os.path.join(unfinished, path), content)
            for directory, _below, _names in os.walk(unfinished):
                os.chmod(directory, 0o755)
            os.rename(unfinished, self.directory(name))
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise

    def remove(self, name: str) -> None:
        shutil.rmtree(self.directory(name), ignore_errors=True)
        try:
            os.unlink(self.directory(name) + ".json")
        except FileNotFoundError:
            pass

    def remove_all(self) -> None:
        """Remove the store; the link has to be gone before."""
        shutil.rmtree(self.path, ignore_errors=True)

    def prune(self, kept: List[str]) -> None:
        """Remove every generation but the current one and ``kept``, and unfinished ones."""
        keep = set(kept) | {self.current()}
        for name in self.names():
            if name not in keep:
                self.remove(name)
        for name in os.listdir(self.path):
            if name.startswith("."):
                shutil.rmtree(os.path.join(self.path, name), ignore_errors=True)


def digest(files: Dict[str, str]) -> str:
    """The generation's name: the first 16 hexadecimal digits of SHA-256 over its files."""
    total = hashlib.sha256()
    for path in sorted(files):
        content = files[path].encode("utf-8")
        total.update(b"%s\0%d\0%s" % (path.encode("utf-8"), len(content), content))
    return total.hexdigest()[:16]


def complete(files: Dict[str, str], name: str) -> Dict[str, str]:
    """The files together with the one that carries the generation's name."""
    return dict(files, **{OWN_FILE: OWN_TEXT % {"path": PROOF_PATH, "name": name}})


def from_list(files: List[dict]) -> Dict[str, str]:
    """Path to content, of a list of ``path`` and ``content``; refuses what has no place here."""
    found: Dict[str, str] = {}
    for file in files:
        path = file["path"]
        if not FILE.fullmatch(path) or path == OWN_FILE:
            raise Refused(
                "files: the path %r is not accepted. Accepted are main.conf, http/<name>.conf "
                "and snippets/<name>.conf, for example http/app-shop.conf." % path)
        if path in found:
            raise Refused("files: %s is there twice." % path)
        found[path] = file["content"]
    if not found:
        raise Refused("files: at least one file is needed; state: absent takes everything away.")
    return found
