#!/usr/bin/python
# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stage, load, roll back and remove generations of managed nginx files."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nginx_config
short_description: Stage nginx files, load them after a decision, prove the reload
version_added: 0.1.0
description:
  - Keeps managed files of nginx in I(generations), each a directory C(no502.d/<hash>) beside the
    main configuration file, named for its content. The symbolic link C(no502) there names the
    generation in force, so that all of its files are swapped at once.
  - With O(state=staged) the whole configuration is tested with the candidate in force, in a
    private mount namespace, without touching the live one. It is refused if C(nginx -t) refuses
    it, if nginx would not read the candidate's files, on a new warning, on a server name that
    another file serves, and on an address that could not be bound.
  - With O(state=loaded) a staged generation is put in force, if O(decision) allows exactly that
    one. The reload is proven by asking each managed address and server name for
    C(/.well-known/no502/generation). Without that proof everything is put back.
  - The files of a generation are readable by everyone. They are no place for secrets.
options:
  state:
    description:
      - V(staged) tests O(files) and keeps them as a generation that is not in force.
      - V(loaded) puts O(generation) in force, reloads nginx (or starts it) and proves it.
      - V(absent) takes away everything that this module ever put in place.
    type: str
    choices: [staged, loaded, absent]
    required: true
  files:
    description: All files of the generation. Required with O(state=staged).
    type: list
    elements: dict
    suboptions:
      path:
        description:
          - C(main.conf) is included in the main context, C(http/<name>.conf) in C(http).
            C(snippets/<name>.conf) is included by nobody but other files.
        type: str
        required: true
      content:
        description: The file's text.
        type: str
        required: true
  adopt:
    description:
      - Server names, or apps, that may be taken over from files that serve them now.
      - Such a file is disabled in the same transaction. A symbolic link is removed, any other file
        is renamed to C(.<name>.no502-disabled). A file that also serves other names is refused.
    type: list
    elements: str
    default: []
  generation:
    description:
      - The hash of the generation to load. With O(rollback=true) it may be V(previous), the last
        one that was proven before the one in force. The values of a rollout's first pass do not
        count, nor does what was left by an earlier rollback, so that a second one goes further
        back. It is refused where there is nothing older.
    type: str
  decision:
    description:
      - The decision that allows the generation to be loaded, as M(no502.node.gate) returns it.
        Required with O(state=loaded), unless O(rollback=true).
    type: dict
  now:
    description:
      - The time in seconds since the epoch by the clock that stamped the decision. The default is
        this host's clock, which may differ from the controller's.
    type: float
  rollback:
    description:
      - Return to a generation that was in force before. This needs no decision. Files that were
        disabled for a later generation are enabled again.
    type: bool
    default: false
  restore:
    description: With O(state=absent), whether files that were disabled are enabled again.
    type: bool
    default: false
  conf:
    description:
      - nginx's main file. The default is the one that the running nginx uses, or that the
        installed one was built with.
    type: path
  unit:
    description: The systemd unit that starts nginx where it does not run.
    type: str
    default: nginx.service
  proof_timeout:
    description: Seconds after the reload within which everything has to answer.
    type: int
    default: 10
  assumed_version:
    description:
      - The version of nginx to read the candidate for in check mode on a host that has no nginx
        yet, for example V([1, 22, 1]).
    type: list
    elements: int
attributes:
  check_mode:
    description: Tests everything and writes nothing.
    support: full
  diff_mode:
    description: Shows managed files, entries, and files that are disabled.
    support: full
requirements:
  - root, with the right to make a mount namespace (in a container C(CAP_SYS_ADMIN))
seealso:
  - module: no502.node.gate
author:
  - The no502.node contributors (@no502)
"""

EXAMPLES = r"""
- name: Stage the managed files
  no502.node.nginx_config:
    state: staged
    files:
      - path: http/app-shop.conf
        content: "{{ lookup('ansible.builtin.template', 'app.conf.j2') }}"
    adopt: [shop.example.com]
  register: staged

- name: Load what was allowed
  no502.node.nginx_config:
    state: loaded
    generation: "{{ staged.generation }}"
    decision: "{{ gate.decision }}"
    now: "{{ now().timestamp() }}"

- name: Return to the last final generation before
  no502.node.nginx_config:
    state: loaded
    generation: previous
    rollback: true
"""

RETURN = r"""
generation:
  description: The generation that was staged or loaded; none with O(state=absent).
  returned: success
  type: str
  sample: 3f9a1c0b7d2e4f68
previous:
  description: The generation in force before, or none.
  returned: success
  type: str
  sample: 90ab12cd34ef5678
generations:
  description: The generations that can be returned to, the last one proven first.
  returned: success
  type: list
  elements: str
  sample: [3f9a1c0b7d2e4f68, 90ab12cd34ef5678]
reading:
  description: The configuration as it is with the candidate in force, see M(no502.node.nginx_info).
  returned: O(state=staged)
  type: dict
  sample: {conf: /etc/nginx/nginx.conf, generation: 3f9a1c0b7d2e4f68}
live_reading:
  description: The same of the configuration as it lies on disk now.
  returned: O(state=staged)
  type: dict
  sample: {conf: /etc/nginx/nginx.conf, generation: 90ab12cd34ef5678}
method:
  description:
    - How the private view was made, V(overlay) or V(copy). V(none) where nginx is not installed
      and nothing could be tested, in check mode.
  returned: O(state=staged)
  type: str
  sample: overlay
warnings_of_nginx:
  description: Warnings of nginx, old ones too, and snippets that no server includes yet.
  returned: success
  type: list
  elements: str
  sample: []
disabled:
  description: Files of others that are, or would be, disabled.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file or symbolic link.
      type: str
    kept_as:
      description: Its new name, or where the removed symbolic link led.
      type: str
    names:
      description: The server names that it served.
      type: list
      elements: str
  sample:
    - path: /etc/nginx/sites-enabled/shop
      kept_as: /etc/nginx/sites-available/shop
      names: [shop.example.com]
enabled:
  description: Files of others that are, or would be, enabled again, as in RV(disabled).
  returned: success
  type: list
  elements: dict
  sample: []
reloaded:
  description: Whether nginx was reloaded or started.
  returned: O(state=loaded) or O(state=absent)
  type: bool
  sample: true
proof:
  description: What was asked, and which generation answered.
  returned: O(state=loaded)
  type: list
  elements: dict
  sample:
    - address: 127.0.0.1
      port: 80
      name: shop.example.com
      tls: false
      proxy_protocol: false
      answer: 3f9a1c0b7d2e4f68
"""

import contextlib
import fcntl
import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.no502.node.plugins.module_utils import chain_reading
from ansible_collections.no502.node.plugins.module_utils.host import systemd
from ansible_collections.no502.node.plugins.module_utils.nginx import reading as nginx_reading
from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    decision,
    diff,
    instance,
    loading,
    staging,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store
from ansible_collections.no502.node.plugins.module_utils.nginx_config.journal import Journal

# What a reading says of processes, not of files.
PROCESS = ("running", "master", "single", "workers", "unit", "product", "container", "knows",
           "disk")

ARGUMENTS = {
    "state": {"type": "str", "choices": ["staged", "loaded", "absent"], "required": True},
    "files": {"type": "list", "elements": "dict", "options": {
        "path": {"type": "str", "required": True},
        "content": {"type": "str", "required": True},
    }},
    "adopt": {"type": "list", "elements": "str", "default": []},
    "generation": {"type": "str"},
    "decision": {"type": "dict"},
    "now": {"type": "float"},
    "rollback": {"type": "bool", "default": False},
    "restore": {"type": "bool", "default": False},
    "conf": {"type": "path"},
    "unit": {"type": "str", "default": "nginx.service"},
    "proof_timeout": {"type": "int", "default": 10},
    "assumed_version": {"type": "list", "elements": "int"},
}


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "staged", ["files"]), ("state", "loaded", ["generation"])],
        supports_check_mode=True,
    )
    try:
        result = Run(module).result()
    except Refused as refusal:
        module.fail_json(msg=str(refusal), refused=True)
    if not module._diff:
        # Callbacks show what is there, whatever the task asked for.
        result.pop("diff", None)
    module.exit_json(**result)


class Run:
    """One call of the module."""

    def __init__(self, module):
        self.module = module
        self.params = module.params
        self.write = not module.check_mode
        if os.geteuid() != 0:
            raise Refused("nginx's configuration can only be tested by root: use `become: true`.")
        self.nginx = instance.find(self.params["conf"])

    def result(self):
        if self.nginx is None:
            return self._without_nginx()
        if not os.path.isfile(self.nginx.conf):
            raise Refused("conf: %s is no file on this host. Example: /etc/nginx/nginx.conf."
                          % self.nginx.conf)
        store = Store(os.path.dirname(self.nginx.conf))
        previous = store.current()
        with _locked(store.conf_dir):
            result = getattr(self, "_" + self.params["state"])(store)
        return dict(result, previous=previous, generations=Journal(store).generations())

    def _staged(self, store):
        outcome = staging.stage(self.nginx, self.params["files"], self.params["adopt"], self.write)
        name = outcome["generation"]
        changed = outcome["written"] if self.write else bool(outcome["steps"])
        return dict(
            _common(outcome["steps"], outcome["warnings"]),
            changed=changed,
            generation=name,
            method=outcome["method"],
            reading=self._with_processes(outcome["reading"]),
            live_reading=self._with_processes(outcome["live_reading"]),
            diff=diff.of_generations(store.files(store.current()), outcome["files"],
                                     store.conf_dir) + diff.of_steps(outcome["steps"]),
        )

    def _loaded(self, store):
        name = self._generation(store)
        if not self.params["rollback"]:
            self._require_decision()
        if not self.write and not store.is_staged(name):
            # In check mode the task before tested it, and left nothing.
            return {"changed": True, "reloaded": False, "generation": name, "proof": []}
        before = store.files(store.current())
        done = self._load().generation(name, self.write, self.params["rollback"])
        return dict(_loaded(done), generation=name, diff=diff.of_generations(
            before, store.files(name), store.conf_dir) + diff.of_steps(done["steps"]))

    def _absent(self, store):
        before = store.files(store.current())
        done = self._load().removal(self.write, self.params["restore"])
        changed = done["changed"] or os.path.isdir(store.path)
        if self.write:
            store.remove_all()
        return dict(_loaded(done), changed=changed, generation=None, diff=diff.of_generations(
            before, {}, store.conf_dir) + diff.of_steps(done["steps"]))

    def _require_decision(self):
        now = time.time() if self.params["now"] is None else self.params["now"]
        decision.require(self.params["decision"], self.params["generation"], now)

    def _load(self):
        if self.params["rollback"]:
            note = {"rollback": True}
        else:
            note = decision.note(self.params["decision"] or {})
        if note.get("override"):
            self.module.log("no502: policy results were overridden: %s" % note["override"])
        return loading.Load(self.nginx, self.params["unit"], self.params["proof_timeout"], note)

    def _with_processes(self, reading):
        """A reading of files with what is known of the nginx that runs."""
        live = nginx_reading.read_all_nginx(conf=self.nginx.conf)[0]
        if live["master"]:
            systemd.attach_units([(live["master"]["pid"], live)])
        return chain_reading.printable(
            dict(reading, **{key: live[key] for key in PROCESS if key in live}))

    def _generation(self, store):
        name = self.params["generation"]
        if name != "previous":
            return name
        if not self.params["rollback"]:
            raise Refused("generation: previous is accepted with rollback: true only.")
        current = store.current()
        names = [each for each in Journal(store).earlier(current) if store.is_staged(each)]
        if not names:
            raise Refused("There is no earlier generation to return to on this host: none that is "
                          "older than %s and was a rollout's last word is kept. Nothing was "
                          "changed." % (current or "what is in force"))
        return names[0]

    def _without_nginx(self):
        if self.params["state"] == "absent":
            return {"changed": False, "generation": None}
        if self.write or self.params["rollback"]:
            staging.refuse_without_nginx()
        if self.params["state"] == "loaded":
            self._require_decision()
            return {"changed": True, "reloaded": False, "generation": self.params["generation"],
                    "proof": []}
        return staging.imagine(self.params["files"], self.params["conf"],
                               self.params["assumed_version"])


def _common(steps, warnings):
    return {
        "warnings_of_nginx": warnings,
        "disabled": [_named(step) for step in steps if step["do"] == "disable"],
        "enabled": [_named(step) for step in steps if step["do"] == "enable"],
    }


def _loaded(done):
    return dict(
        _common(done["steps"], done["outcome"]["warnings"]),
        changed=done["changed"],
        reloaded=done["reloaded"],
        proof=done["proof"],
    )


def _named(step):
    return {"path": step["path"], "kept_as": step["target"] or step["moved_to"],
            "names": step["names"]}


@contextlib.contextmanager
def _locked(directory):
    """Keep a second run out; the kernel lets go when this process ends, however it ends."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused("Another run works on %s at this moment. Run again when it is done."
                          % directory)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    main()
