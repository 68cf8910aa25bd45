# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage a generation: rehearse it, and if nginx and this package accept it, write it down.

The live tree gets no more than a directory that nothing includes yet.
"""

from __future__ import annotations

import functools
import os
from typing import Callable, List, Optional, Set, Tuple

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree
from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    diff,
    entries,
    generation,
    private_mount,
    rehearsal,
    sockets,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.files import (
    link,
    write_text,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store
from ansible_collections.no502.node.plugins.module_utils.nginx_config.instance import Nginx

# Where nginx writes when it merely tests: log files, and directories for temporary files.
WRITTEN = ("/var/log/nginx", "/var/lib/nginx", "/var/cache/nginx")
LOGS = ("access_log", "error_log")

# Where every distribution's package puts it, and as much of a main file as includes a generation.
USUAL_CONF = "/etc/nginx/nginx.conf"
USUAL_PREFIX = "/usr/share/nginx"
IMAGINED = "include %(link)s/*.conf;\nhttp {\n    include %(link)s/http/*.conf;\n}\n"


def stage_of(nginx: Nginx) -> rehearsal.Stage:
    return rehearsal.Stage(nginx, Store(os.path.dirname(nginx.conf)), sockets.held(nginx.pid))


def stage(nginx: Nginx, files: List[dict], adopt: List[str], write: bool) -> dict:
    """Rehearse the files and, where ``write`` says so, leave them as a staged generation.

    Returns the rehearsal's outcome with ``generation``, ``method`` and ``written``.
    """
    given = generation.from_list(files)
    name = generation.digest(given)
    record = {"files": generation.complete(given, name), "adopt": sorted(set(adopt))}
    stage_ = stage_of(nginx)
    outcome, method = rehearse(
        stage_, functools.partial(rehearsal.of_generation, stage_, name, record, []))
    written = not os.path.isdir(stage_.store.directory(name))
    if write:
        stage_.store.write(name, dict(record, digest=outcome["digest"]))
    return dict(outcome, generation=name, method=method, written=written, files=record["files"])


def rehearse(stage_: rehearsal.Stage, work: Callable[[], dict]) -> Tuple[dict, str]:
    """Run ``work`` in a private view of every directory that it, or nginx, may write to."""
    nginx = stage_.nginx
    # No more than the files: looking names up takes threads, which do not go with a fork.
    tree = nginx_tree.parse(nginx.conf)
    pid_file = _missing_pid_file(tree, nginx)
    try:
        return private_mount.run(_directories(tree), work)
    finally:
        if pid_file and os.path.isfile(pid_file) and os.path.getsize(pid_file) == 0:
            # `nginx -t` creates it, outside of the private view, and leaves it empty.
            os.unlink(pid_file)


def _directories(tree) -> Set[str]:
    conf_dir = os.path.dirname(tree.conf)
    written = [os.path.dirname(path) for path in _logs(tree.directives)]
    written += [os.path.join(conf_dir, name) for name in entries.USUAL] + list(WRITTEN)
    found = {directory for directory in written if os.path.isdir(directory)} - {"/dev"}
    for path in tree.files:
        found |= {os.path.dirname(path), os.path.dirname(os.path.realpath(path))}
    return found | {conf_dir}


def _logs(directives) -> List[str]:
    found = []
    for directive in directives:
        if directive.name in LOGS and directive.args and directive.args[0].startswith("/"):
            found.append(directive.args[0])
        found.extend(_logs(directive.block or ()))
    return found


def _missing_pid_file(tree, nginx: Nginx) -> Optional[str]:
    if nginx.pid is not None:
        return None
    named = [directive.args[0] for directive in tree.directives
             if directive.name == "pid" and directive.args]
    path = os.path.join(nginx.prefix, named[0]) if named else "/run/nginx.pid"
    return None if os.path.lexists(path) else path


def refuse_without_nginx() -> None:
    raise Refused("nginx is not installed on this host. Install it first, or let the playbook do "
                  "it: `no502_install: [nginx]`.")


def imagine(files: List[dict], conf: Optional[str], version: Optional[list]) -> dict:
    """The module's result on a host without nginx: what the files say, tested by nobody.

    They are read in a private view, in which they stand under the names they will have.
    """
    given = generation.from_list(files)
    name = generation.digest(given)
    record = {"files": generation.complete(given, name)}
    conf = conf or USUAL_CONF
    nginx = Nginx(None, "", version, conf, USUAL_PREFIX, "")
    stage_ = rehearsal.Stage(nginx, Store(os.path.dirname(conf)), [])
    reading, _method = private_mount.run(
        [os.path.dirname(conf)], functools.partial(_read_imagined, stage_, name, record))
    return {
        "changed": True, "generation": name, "method": "none", "reading": reading,
        "live_reading": None, "disabled": [], "enabled": [],
        "warnings_of_nginx": ["nginx is not installed: nothing was tested"],
        "diff": diff.of_generations({}, record["files"], os.path.dirname(conf)),
    }


def _read_imagined(stage_: rehearsal.Stage, name: str, record: dict) -> dict:
    stage_.store.write(name, record)
    link(stage_.store.link, stage_.store.target(name))
    write_text(stage_.nginx.conf, IMAGINED % {"link": stage_.store.link})
    return stage_.configuration().reading
