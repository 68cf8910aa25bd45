# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The nginx that runs, or is installed: masters, workers, and which files they use."""

from __future__ import annotations

import os
import re
import shlex
import time

from ansible_collections.no502.node.plugins.module_utils.host import processes
from ansible_collections.no502.node.plugins.module_utils.host.binary import ask
from ansible_collections.no502.node.plugins.module_utils.nginx.knows import (
    DIRECTIVES,
    known_directives,
)

# For one program, and for all together; nearly always there is one.
ASK_SECONDS = 3.0
MAX_SECONDS = 4.0

_MASTER = b"nginx: master process "
_WORKER = b"nginx: worker process"
_SHUTTING_DOWN = b"nginx: worker process is shutting down"
_NAMES = ("nginx", "openresty")
_DIRECTORIES = (
    "/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin",
    "/usr/local/nginx/sbin", "/usr/local/openresty/nginx/sbin",
)
# Bytes at the end of its arguments and environment that nginx leaves free (`ngx_setproctitle`).
_TITLE_ENDS = 2
# nginx's options that take a value, which may be glued to the letter.
_WITH_VALUE = "cpges"
# Options that make a program of this name answer or signal, and end.
_COMMAND = re.compile(rb"-q*[?hvVtTs]")
_VERSION = re.compile(r"^nginx version: ([^/\s]+)/([0-9.]+)", re.MULTILINE)


def running_nginx(found=None):
    """Return one description for each running master, in order of process id.

    `found` is `processes.all_processes()` where the caller has it already. A
    description has `pid`, `started`, `uid`, `binary`, `version` (list or None),
    `product` (`nginx`, `openresty`), `knows` (`knows.known_directives`), `prefix`,
    `conf` (None where it cannot be told), `globals` (the text of `-g`), `logs` (the
    paths that `error` and `access` have unless the configuration says otherwise),
    `workers`, `container`, `single` (one process that is its own worker) and
    `problems`.
    """
    found = processes.all_processes() if found is None else found
    programs = _Programs()
    return [_master(each, found, programs)
            for each in sorted(found.values(), key=lambda each: each.pid)
            if each.cmdline.startswith(_MASTER) or _is_single(each, found)]


def installed_nginx():
    """Return a description like those of `running_nginx` of an nginx that does not run.

    None where no program of that name is in the usual places.
    """
    for directory in _DIRECTORIES:
        for name in _NAMES:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and os.access(path, os.X_OK):
                return _describe(path, path, {}, "/", _Programs())
    return None


class _Programs:
    """Asks programs how they were built, each once, all within `MAX_SECONDS`."""

    def __init__(self):
        self._end = time.monotonic() + MAX_SECONDS
        self._known = {}

    def ask(self, program, process):
        """Return (what `-V` prints, None) or (None, the reason)."""
        uid, gid = (process.uid, process.gid) if process else (None, None)
        try:
            status = os.stat(program)
            key = (status.st_dev, status.st_ino, uid)
        except OSError as error:
            return None, "%s cannot be run: %s" % (program, error.strerror)
        if key not in self._known:
            seconds = min(ASK_SECONDS, self._end - time.monotonic())
            if seconds <= 0:
                return None, "%s is not asked: others took too long to answer" % program
            self._known[key] = ask(program, ["-V"], uid, gid, seconds)
        return self._known[key]


def _is_single(process, found):
    """Tell whether this is an nginx that serves by itself (`master_process off`).

    It has no title. Nor has one that is just starting, and one that is asked or
    told something (`-t`, `-s`), which is no server.
    """
    parent = found.get(process.parent)
    return (
        process.program in _NAMES
        and not process.cmdline.startswith(b"nginx: ")
        and not (parent and parent.cmdline.startswith(_MASTER))
        and not any(_COMMAND.match(word) for word in process.cmdline.split(b"\0")[1:])
    )


def _master(process, found, programs):
    container = processes.container_of(process.pid)
    if container == processes.container_of("self"):
        container = None
    description, problem = _located(process, container, programs)
    if problem:
        description["problems"].append(
            {"subject": "nginx pid %d" % process.pid, "reason": problem}
        )
    single = not process.cmdline.startswith(_MASTER)
    workers = [each for each in sorted(found.values(), key=lambda each: each.pid)
               if each.parent == process.pid and each.cmdline.startswith(_WORKER)]
    description.update(
        pid=process.pid,
        started=process.started,
        uid=process.uid,
        container=container,
        single=single,
        workers=[_worker(each) for each in ([process] if single else workers)],
    )
    return description


def _located(process, container, programs):
    """Return (description, problem) of the program and files of a running master."""
    words = _words(process.cmdline)
    options = None if _is_cut(process, words) else parse_options(words[1:])
    shared = processes.shares_root(process.pid)
    program = "/proc/%d/exe" % process.pid
    if shared:
        directory = processes.link(process.pid, "cwd")
        return _describe(program, process.exe, options, directory, programs, process), None
    blank = _blank(process.exe, known_directives(program))
    if not os.path.exists("/proc/%d" % process.pid):
        return blank, "ended while it was read"
    if container:
        return blank, "runs in container %s: its files are not read" % container
    if shared is not None:
        return blank, "runs under a root of its own: its files are not read"
    if not _is_trusted(words[0]):
        return blank, "is closed to this user: its files are not read"
    description = _describe(words[0], words[0], options, None, programs, process)
    if os.stat(words[0]).st_ctime > process.started:
        description.update(version=None, knows=dict.fromkeys(DIRECTIVES))
        return description, "is closed to this user, and older than its program on disk"
    return description, ("is closed to this user: its program is taken to be the one on disk, "
                         "and its title to be whole")


def _words(cmdline):
    """Return the words that nginx was started with.

    The title of a master has blanks between them, and they may have some themselves.
    """
    text = cmdline.rstrip(b"\0 ").decode("utf-8", "surrogateescape")
    title = _MASTER.decode()
    return text[len(title):].split(" ") if text.startswith(title) else text.split("\0")


def _is_cut(process, words):
    """Tell whether the words may end before those that nginx was started with did.

    nginx writes its title over its arguments and environment, and cuts it where these end. How
    long they are is hidden in a process that is closed to us: then a title that ends within an
    option is one that was cut.
    """
    if processes.is_cmdline_cut(process):
        return True
    if not process.cmdline.startswith(_MASTER):
        return False
    room = processes.argument_room(process.pid)
    if room:
        return len(process.cmdline.rstrip(b"\0")) >= room - _TITLE_ENDS
    return words[-1] == "-" or not all(parse_options(words[1:]).values())


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


def _blank(binary, knows):
    return {"binary": binary, "version": None, "product": None, "knows": knows, "prefix": None,
            "conf": None, "globals": "", "logs": {}, "workers": [], "problems": []}


def _describe(program, binary, options, directory, programs, process=None):
    """Ask the program how it was built and lay its options over that.

    `directory` is where a prefix starts that is not absolute, None if not known; `options`
    is None where they are not known.
    """
    description = _blank(binary, known_directives(program))
    text, reason = programs.ask(program, process)
    if text is None:
        description["problems"].append({"subject": binary or program, "reason": reason})
        text = ""
    version = _VERSION.search(text)
    if version:
        description["product"] = version.group(1)
        description["version"] = [int(part) for part in version.group(2).strip(".").split(".")]
    elif reason is None:
        description["problems"].append({
            "subject": binary or program, "reason": "-V does not say which version it is",
        })
    if options is None:
        description["problems"].append({
            "subject": binary or program,
            "reason": "its title is cut off: which configuration it uses is not known",
        })
        return description
    built = build_options(text) if version else {}
    prefix = options.get("p")
    if prefix is None and version:
        prefix = built.get("prefix", "/usr/local/nginx")
    elif prefix is not None and not os.path.isabs(prefix):
        prefix = directory and os.path.join(directory, prefix)
    conf = options.get("c") or built.get("conf-path") or (version and "conf/nginx.conf")
    # A path that is not absolute starts at the prefix, the prefix at the working directory.
    if conf and (prefix is not None or os.path.isabs(conf)):
        description["conf"] = os.path.normpath(os.path.join(prefix or "/", conf))
    else:
        description["problems"].append({
            "subject": binary or program, "reason": "which configuration it uses is not known",
        })
    description["prefix"] = prefix
    description["globals"] = options.get("g", "")
    if version:
        description["logs"] = {
            "error": options.get("e") or built.get("error-log-path", "logs/error.log"),
            "access": built.get("http-log-path", "logs/access.log"),
        }
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
