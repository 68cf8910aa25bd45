# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection to the tests' hosts: their namespaces entered, with modules piped in.

containers.podman's own connection runs ``podman exec``, and has pipelining switched off.
"""
from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from ansible.errors import AnsibleConnectionFailure, AnsibleFileNotFound
from ansible.module_utils.common.text.converters import to_bytes, to_native
from ansible.plugins.connection import ConnectionBase

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from entry import NotRunning, entry  # pylint: disable=wrong-import-position

DOCUMENTATION = r"""
name: no502_podman
short_description: podman containers of this machine, with pipelining
description:
  - Runs commands in a container of this machine, piping modules to its Python.
author: no502.node contributors
options:
  container:
    description: Name of the container. The default is O(prefix) and O(remote_addr).
    vars:
      - name: no502_container
  prefix:
    description: What the containers' names begin with.
    default: ""
    vars:
      - name: no502_container_prefix
  remote_addr:
    description: Name of the host. Where a task is delegated, C(ansible_host) is the other one's.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
"""


class Connection(ConnectionBase):
    """A container as a host."""

    transport = "no502_podman"
    has_pipelining = True

    def _connect(self):
        self._connected = True
        return self

    def close(self):
        self._connected = False

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._exec(shlex.split(to_native(cmd)), in_data)

    def put_file(self, in_path, out_path):
        super().put_file(in_path, out_path)
        try:
            with open(in_path, "rb") as source:
                content = source.read()
        except OSError as e:
            raise AnsibleFileNotFound(f"cannot read {in_path}: {e}") from e
        code, _out, err = self._exec(["dd", f"of={out_path}", "status=none"], content)
        if code:
            raise AnsibleConnectionFailure(f"cannot write {out_path}: {to_native(err)}")

    def fetch_file(self, in_path, out_path):
        super().fetch_file(in_path, out_path)
        code, out, err = self._exec(["cat", in_path])
        if code:
            raise AnsibleConnectionFailure(f"cannot read {in_path}: {to_native(err)}")
        with open(out_path, "wb") as target:
            target.write(out)

    def _exec(self, argv, in_data=None):
        """Run argv in the container; return its exit code, output and error output."""
        try:
            container = (self.get_option("container")
                         or self.get_option("prefix") + self.get_option("remote_addr"))
            command = entry(container)
            done = subprocess.run([*command, *argv], input=to_bytes(in_data or b""),
                                  capture_output=True, check=False)
        except (NotRunning, OSError) as e:
            raise AnsibleConnectionFailure(str(e)) from e
        return done.returncode, done.stdout, done.stderr
