# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nginx that runs, or is installed: masters, workers, and which files they use."""

from __future__ import annotations

import os
import re
import shlex

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.binary import ask

_MASTER = b"nginx: master process "
_WORKER = b"nginx: worker process"
_SHUTTING_DOWN = b"nginx: worker process is shutting down"
_NAMES = ("nginx", "openresty")
_DIRECTORIES = (
    "/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin",
    "/usr/local/nginx/sbin", "/usr/local/openresty/nginx/sbin",
)
# nginx's options that take a value, which may be glued to the letter.
_WITH_VALUE = "cpges"
_VERSION = re.compile(r"^nginx version: ([^/\s]+)/([0-9.]+)", re.MULTILINE)


def running_nginx(found=None):
    """Return one description for each running master, in order of process id.

    `found` is `processes.all_processes()` where the caller has it already. A
    description has `pid`, `started`, `uid`, `binary`, `version` (list or None),
    `product` (`nginx`, `openresty`), `prefix`, `conf` (None where it cannot be
    told), `globals` (the text of `-g`), `workers` and `problems`.
    """
    found = processes.all_processes() if found is None else found
    masters = [process for process in found.values() if process.cmdline.startswith(_MASTER)]
    return [_master(each, found) for each in sorted(masters, key=lambda each: each.pid)]


def installed_nginx():
    """Return a description like those of `running_nginx` of an nginx that does not run.

    None where no program of that name is in the usual places.
    """
    for directory in _DIRECTORIES:
        for name in _NAMES:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return _describe(path, path, {}, "/")
    return None


def _master(process, found):
    container = processes.container_of(process.pid)
    if container == processes.container_of("self"):
        container = None
    description, problem = _located(process, container)
    if problem:
        description["problems"].append(
            {"subject": "nginx pid %d" % process.pid, "reason": problem}
        )
    description.update(
        pid=process.pid,
        started=process.started,
        uid=process.uid,
        container=container,
        workers=[_worker(each) for each in sorted(found.values(), key=lambda each: each.pid)
                 if each.parent == process.pid and each.cmdline.startswith(_WORKER)],
    )
    return description


def _located(process, container):
    """Return (description, problem) of the program and files of a running master."""
    words = _words(process.cmdline)
    options = parse_options(words[1:])
    shared = processes.shares_root(process.pid)
    if shared:
        directory = processes.link(process.pid, "cwd") or "/"
        program = "/proc/%d/exe" % process.pid
        return _describe(program, process.exe, options, directory, process), None
    if container:
        return _blank(process.exe), "runs in container %s: its files are not read" % container
    if shared is not None:
        return _blank(process.exe), "runs under a root of its own: its files are not read"
    if not _is_trusted(words[0]):
        return _blank(process.exe), "is closed to this user: its files are not read"
    return (_describe(words[0], words[0], options, "/", process),
            "is closed to this user: its program is taken to be the one on disk")


def _words(cmdline):
    title = cmdline[len(_MASTER):].rstrip(b"\0 ")
    return title.decode("utf-8", "surrogateescape").split(" ")


def _is_trusted(program):
    """Tell whether only root can have put this program there.

    Anybody can give a process the title of an nginx that is `/tmp/nginx`.
    """
    try:
        status = os.stat(program)
    except (OSError, ValueError):
        return False
    return (os.path.isabs(program) and os.path.basename(program) in _NAMES
            and status.st_uid == 0 and not status.st_mode & 0o022)


def _worker(process):
    return {
        "pid": process.pid,
        "started": process.started,
        "shutting_down": process.cmdline.startswith(_SHUTTING_DOWN),
    }


def _blank(binary):
    return {"binary": binary, "version": None, "product": None, "prefix": None,
            "conf": None, "globals": "", "workers": [], "problems": []}


def _describe(program, binary, options, directory, process=None):
    """Ask the program how it was built and lay its options over that."""
    description = _blank(binary)
    text, reason = ask(
        program, ["-V"], process and process.uid, process and process.gid
    )
    if text is None:
        description["problems"].append({"subject": binary or program, "reason": reason})
        text = ""
    version = _VERSION.search(text)
    if version:
        description["product"] = version.group(1)
        description["version"] = [int(part) for part in version.group(2).strip(".").split(".")]
    built = build_options(text)
    prefix, conf = options.get("p"), options.get("c") or built.get("conf-path")
    if prefix is not None:
        prefix = os.path.join(directory, prefix)
    elif text:
        prefix = built.get("prefix", "/usr/local/nginx")
    if conf is None and text:
        conf = "conf/nginx.conf"
    # A path that is not absolute starts at the prefix, the prefix at the working directory.
    if conf is not None and (prefix is not None or os.path.isabs(conf)):
        description["conf"] = os.path.normpath(os.path.join(prefix or "/", conf))
    else:
        description["problems"].append({
            "subject": binary or program, "reason": "which configuration it uses is not known",
        })
    description["prefix"] = prefix
    description["globals"] = options.get("g", "")
    return description


def build_options(text):
    """Return the `--name=value` options that `nginx -V` lists."""
    line = re.search(r"^configure arguments: (.*)$", text, re.MULTILINE)
    if line is None:
        return {}
    try:
        words = shlex.split(line.group(1))
    except ValueError:
        return {}
    return dict(word[2:].split("=", 1) for word in words
                if word.startswith("--") and "=" in word)


def parse_options(words):
    """Return nginx's options (`c`, `p`, `g`, ...) from the words of a master's title.

    nginx joins its arguments with blanks there, so that the value of `-g`,
    which has blanks itself, ends at the next word that is an option.
    """
    options = {}
    letter = None
    for word in words:
        if re.match(r"-[?hvVtTqs%s]" % _WITH_VALUE, word):
            letter, value = _option(word)
            if letter is not None:
                options[letter] = [value] if value else []
        elif letter is not None:
            options[letter].append(word)
    return {letter: " ".join(words) for letter, words in options.items()}


def _option(word):
    """Cut `-qc/path` into the letter that takes a value and what is glued to it."""
    for at, letter in enumerate(word[1:], 1):
        if letter in _WITH_VALUE:
            return letter, word[at + 1:]
    return None, ""
