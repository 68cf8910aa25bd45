# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reading of an nginx, as policies are given it.

Only what is written is reported; a directive that is not written is absent and
nginx's own default for that version is filled in by whoever judges. The parts
are read by the modules beside this one: `process` finds what runs, `tree` the
files, `http` what listens and proxies, `disk` what was changed since.
"""

from __future__ import annotations

import hashlib
import os

from ansible_collections.no502.node.plugins.module_utils.nginx import values as nginx_values
from ansible_collections.no502.node.plugins.module_utils.nginx.disk import read_disk
from ansible_collections.no502.node.plugins.module_utils.nginx.http import Contexts
from ansible_collections.no502.node.plugins.module_utils.nginx.levels import blocks
from ansible_collections.no502.node.plugins.module_utils.nginx.logs import Logs
from ansible_collections.no502.node.plugins.module_utils.nginx.managed import History, generation_of
from ansible_collections.no502.node.plugins.module_utils.nginx.names import Names
from ansible_collections.no502.node.plugins.module_utils.nginx.process import (
    installed_nginx,
    running_nginx,
)
from ansible_collections.no502.node.plugins.module_utils.nginx.scanner import ConfigError
from ansible_collections.no502.node.plugins.module_utils.nginx.sharing import share
from ansible_collections.no502.node.plugins.module_utils.nginx.tree import (
    Tree,
    parse,
    read_file,
)

# Stands for the file of what the option of that name says.
_OPTION = "-g"


def read_nginx(conf, prefix, binary=None, version=None, default_port=80, read=None,
               global_directives="", names=None):
    """Return the reading of the configuration whose main file is `conf` (None: not known).

    `prefix`, `binary` and `version` are passed through. `default_port` is what
    a server without `listen` gets (80, or 8000 when nginx was not started by
    root); `read` is that of `tree.parse`; `global_directives` is the text of
    nginx's option `-g`. Host names are looked up on this host by `names`. Fields
    that are about processes are those of an nginx that does not run. `complete`
    is false where a file could not be read: what is missing may then still be
    written there.
    """
    nginx = {"conf": conf, "prefix": prefix, "binary": binary, "version": version,
             "globals": global_directives, "logs": {}}
    return _reading(nginx, _parse(nginx, read or read_file), default_port, names or Names())


def read_all_nginx(found=None, conf=None):
    """Return a reading for each running master, or for the installed nginx where none runs.

    Those that run in containers, whose files are not read, come last. `found`
    is `processes.all_processes()` where the caller has it. With `conf` only the
    nginx that uses this main file is meant. Empty where there is no nginx.
    `unit` is left to `systemd.attach_units`.
    """
    masters = [nginx for nginx in running_nginx(found) if conf in (None, nginx["conf"])]
    if not masters:
        installed = installed_nginx()
        masters = [dict(installed, conf=conf or installed["conf"])] if installed else []
    names = Names()
    return [_read_described(master, names)
            for master in sorted(masters, key=lambda nginx: nginx["conf"] is None)]


def _read_described(nginx, names):
    tree = _parse(nginx, read_file)
    by_root = nginx.get("uid", 0) == 0
    reading = _reading(nginx, tree, 80 if by_root else 8000, names)
    reading["product"] = nginx["product"]
    reading["knows"] = nginx["knows"]
    reading["problems"] = nginx["problems"] + reading["problems"]
    if "pid" in nginx:
        reading["running"] = True
        reading["master"] = {name: nginx[name] for name in ("pid", "started", "uid")}
        reading["single"] = nginx["single"]
        reading["workers"] = nginx["workers"]
        reading["container"] = nginx["container"]
        reading["disk"] = read_disk(nginx, tree)
    share(reading)
    return reading


def _reading(nginx, tree, default_port, names):
    conf, prefix = nginx["conf"], nginx["prefix"]
    history = History(conf) if conf else None
    generation = generation_of(conf) if conf else None
    override = history and history.override_of(generation)
    contexts = Contexts(conf, tree.directives, default_port, names)
    return {
        "running": False,
        "binary": nginx["binary"],
        "version": nginx["version"],
        "conf": conf,
        "prefix": prefix,
        "master": None,
        "workers": [],
        "generation": generation,
        "override": override,
        "complete": bool(conf) and not tree.problems and contexts.complete,
        "tree": _summary(tree.files),
        "main": _main(tree.directives),
        "logs": Logs(tree.directives, prefix, nginx["logs"]).reading(),
        "unit": None,
        "upstreams": contexts.upstreams,
        "routes": contexts.routes,
        "servers": contexts.servers,
        "stream": {"servers": contexts.streams},
        "problems": tree.problems + contexts.problems + (history.problems if history else []),
    }


def _parse(nginx, read):
    """Return the tree of a configuration, with what nginx is given by `-g` before the files."""
    conf = nginx["conf"]
    tree = parse(conf, read) if conf else Tree(conf)
    if nginx["globals"]:
        given = _given(nginx["globals"], conf, read)
        tree.directives = given.directives + tree.directives
        tree.files = dict(given.files, **tree.files)
        tree.globs = given.globs + tree.globs
        tree.problems = given.problems + tree.problems
    return tree


def _given(text, conf, read):
    """Return the tree of nginx's option `-g`: its includes start where those of the files do."""
    def read_included(path):
        if path == _OPTION:
            return text.encode("utf-8", "surrogateescape"), 0.0
        if not os.path.isabs(path):
            raise ConfigError("where it starts is not known")
        return read(path)

    tree = parse(_OPTION, read_included, prefix=os.path.dirname(conf or ""))
    tree.files.pop(_OPTION, None)
    return tree


def _summary(files):
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(os.fsencode(path) + b"\0" + files[path][0].encode() + b"\n")
    newest = max(files, key=lambda path: files[path][1], default=None)
    return {
        "files": len(files),
        "sha256": whole.hexdigest(),
        "newest": newest and {"path": newest, "mtime": files[newest][1]},
    }


def _main(directives):
    found = {}
    for events in [directives] + [each.block for each in blocks(directives, "events")]:
        found.update((each.name, each) for each in events
                     if each.name in nginx_values.MAIN and each.block is None)
    return nginx_values.Settings().of(found.values(), nginx_values.MAIN)
