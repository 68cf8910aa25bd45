# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal: a change carried out and judged in a private view of the tree.

The steps that it applies are the ones that it returns, for the real swap to apply. Nothing here
may run outside ``private_mount.run``.
"""

from __future__ import annotations

import os
from typing import List, NamedTuple

from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    adoption,
    entries,
    nginx_test,
    private_mount,
    proof,
    sockets,
    steps,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.configuration import (
    Configuration,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store
from ansible_collections.no502.node.plugins.module_utils.nginx_config.instance import Nginx


class Stage(NamedTuple):
    """What a rehearsal works on: this host's nginx, its generations, and who listens."""

    nginx: Nginx
    store: Store
    sockets: List[sockets.Held]

    def configuration(self) -> Configuration:
        nginx = self.nginx
        return Configuration(nginx.conf, nginx.prefix, nginx.binary, nginx.version)


class Rehearsed:
    """Applies steps one by one. nginx must accept the tree after each, since a run may be killed
    after any of them; only a tree that it refused to begin with may take all of them to be put
    right. ``said`` is what nginx said last."""

    def __init__(self, nginx: Nginx) -> None:
        self.nginx = nginx
        self.steps: List[dict] = []
        self.said = nginx_test.dump(nginx)
        self.began_well = self.said.code == 0

    def apply(self, planned: List[dict]) -> None:
        for step in planned:
            _require_private(step)
            steps.apply(step)
            self.steps.append(step)
            self.said = nginx_test.dump(self.nginx)
            if self.began_well:
                nginx_test.require_pass(self.said)


def _require_private(step: dict) -> None:
    path = os.path.realpath(step["path"]) if step["do"] == "write" else step["path"]
    if not private_mount.is_private(path):
        raise Refused("%s leads out of the directories of the configuration, so that a change of "
                      "it cannot be tested privately." % step["path"])


def of_generation(stage: Stage, name: str, record: dict, adopted: List[dict]) -> dict:
    """Rehearse ``name`` in force; ``adopted`` are the disabled files that may come back."""
    live = stage.configuration()
    stage.store.write(name, record)
    rehearsed = Rehearsed(stage.nginx)
    before = rehearsed.said
    for context in entries.CONTEXTS:
        rehearsed.apply(entries.plan(stage.store, stage.nginx.conf, context))
    rehearsed.apply(_repair(stage.store, name, record["files"]))
    rehearsed.apply(_flip(stage.store, name))
    rehearsed.apply(_give_back(stage.configuration(), adopted))
    rehearsed.apply(adoption.plan(stage.configuration(), record["adopt"]))
    after, candidate = rehearsed.said, stage.configuration()
    nginx_test.require_pass(after)
    _require_in_force(stage.store, name, record["files"], after)
    _require_no_new_warning(before, after)
    _require_same_defaults(live, candidate)
    sockets.check(candidate.listens, stage.sockets)
    return _outcome(rehearsed, live, candidate, _unused(stage.store, record, after))


def of_removal(stage: Stage, restored: List[dict]) -> dict:
    """Rehearse a tree without anything of ours; ``restored`` are disabled files to bring back."""
    live = stage.configuration()
    rehearsed = Rehearsed(stage.nginx)
    rehearsed.apply([dict(step, do="enable") for step in restored
                     if not os.path.lexists(step["path"])])
    rehearsed.apply(entries.removal(stage.nginx.conf))
    rehearsed.apply(_unlink(stage.store))
    nginx_test.require_pass(rehearsed.said)
    return _outcome(rehearsed, live, stage.configuration(), [])


def _outcome(rehearsed: Rehearsed, live: Configuration, candidate: Configuration,
             notes: List[str]) -> dict:
    return {
        "steps": rehearsed.steps,
        "digest": rehearsed.said.digest,
        "warnings": rehearsed.said.warnings + notes,
        "live_reading": live.reading,
        "reading": candidate.reading,
        "questions": proof.questions(candidate),
    }


def _repair(store: Store, name: str, files: dict) -> List[dict]:
    """The generation's directory back to what was staged, should someone have edited it."""
    found = store.files(name)
    planned = [{"do": "write", "path": os.path.join(store.directory(name), path),
                "content": content, "before": found.get(path)}
               for path, content in sorted(files.items()) if found.get(path) != content]
    return planned + [{"do": "remove", "path": os.path.join(store.directory(name), path),
                       "before": found[path]} for path in sorted(set(found) - set(files))]


def _flip(store: Store, name: str) -> List[dict]:
    if store.current() == name:
        return []
    before = steps.link_target(store.link)
    if before is None and os.path.lexists(store.link):
        raise Refused("%s is in the way: it is no symbolic link of ours." % store.link)
    return [{"do": "link", "path": store.link, "target": store.target(name), "before": before}]


def _unlink(store: Store) -> List[dict]:
    before = steps.link_target(store.link)
    return [] if before is None else [{"do": "unlink", "path": store.link, "before": before}]


def _give_back(candidate: Configuration, adopted: List[dict]) -> List[dict]:
    """Enable again what no server of this generation serves any more."""
    return [dict(step, do="enable") for step in adopted
            if not adoption.is_covered(candidate, step["names"])
            and not os.path.lexists(step["path"])]


def _require_in_force(store: Store, name: str, files: dict, after: nginx_test.Dump) -> None:
    read = after.files
    for path, content in sorted(files.items()):
        found = read.get(os.path.join(store.link, path))
        if path.startswith("snippets/") and found is None:
            continue
        if found is None or found.rstrip("\n") != content.rstrip("\n"):
            raise Refused("nginx does not read %s of this generation, so that the test would "
                          "prove nothing. Does %s include %s/http/*.conf?"
                          % (path, next(iter(read), "nginx.conf"), store.link))
    for path in sorted(read):
        if path.startswith(store.path + "/") and not path.startswith(store.directory(name) + "/"):
            raise Refused("%s is included by its full name, which ties the tree to that "
                          "generation. Include %s%s instead."
                          % (path, store.link, path[len(store.directory(name)):]))


def _require_no_new_warning(before: nginx_test.Dump, after: nginx_test.Dump) -> None:
    fresh = nginx_test.new_warnings(before, after)
    if fresh:
        raise Refused("nginx warns of what it did not warn of before:\n  [warn] %s"
                      % "\n  [warn] ".join(fresh))


def _require_same_defaults(live: Configuration, candidate: Configuration) -> None:
    """Refuse to change who answers requests for names that nobody serves.

    A load balancer's health check asks for the host's address, not for a name.
    """
    remaining = {(server.file, tuple(server.names)) for server in candidate.servers}
    after = candidate.defaults
    for address, before in live.defaults.items():
        now = after.get(address)
        if before.app is not None or now is None:
            continue
        stays = (before.file, tuple(before.names)) in remaining
        if stays and now.app is not None:
            raise Refused(
                "%s answers requests to %s whose name nobody serves; with this change %s would. "
                "Add `default_server` to the listen of the former."
                % (before.where, address, now.where))
        if not stays and now.app is None:
            raise Refused(
                "%s answers requests to %s whose name nobody serves, such as a load balancer's "
                "health check. It is to be disabled, and then %s would answer them. Set "
                "`default_server: true` for the app, or add `default_server` there."
                % (before.where, address, now.where))


def _unused(store: Store, record: dict, after: nginx_test.Dump) -> List[str]:
    read = after.files
    return ["%s/%s is included by no server yet" % (store.link, path)
            for path in sorted(record["files"])
            if path.startswith("snippets/") and os.path.join(store.link, path) not in read]
