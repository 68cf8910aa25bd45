# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring one instance to what is wanted: the new process up and proven, then the old one stopped.

Until the new process is proven nothing that the old one needs is touched, so a
run that dies in between leaves the old one running, and a reboot starts it.
"""

from __future__ import annotations

import hashlib
import re
import socket
import time

from ansible_collections.no502.node.plugins.module_utils.node_service import excerpt, files
from ansible_collections.no502.node.plugins.module_utils.node_service.manager import (
    SystemdError,
    wait,
)
from ansible_collections.no502.node.plugins.module_utils.node_service.proof import (
    Proof,
    Unproven,
    family,
    is_listening,
    release_of,
)

_SHORTEST_SECRET = 6
_PORT_SECONDS = 10.0
_RELEASE = "NO502_RELEASE"
# Within double quotes systemd takes these four for themselves after a backslash.
_ESCAPED = re.compile(r"\\([\"\\$`])")


class HandOverError(Exception):
    """The new process was refused; the text says why, and what runs now."""


class Wanted:
    """What an instance is to be: unit, address, environment, values to prove (ms)."""

    def __init__(self, instance, unit, address, environment, expected, start_timeout, replaces):
        self.instance = instance
        self.unit = unit
        self.address = address
        self.expected = expected
        self.seconds = start_timeout / 1000.0
        self.replaces = replaces
        self._environment = environment
        parts = [unit, instance.socket_text("a", address, instance.port), environment]
        self.release = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")
                                      ).hexdigest()[:16]

    def socket_text(self, slot, port=None):
        """Return the socket's unit file, on another port for a rehearsal."""
        return self.instance.socket_text(slot, self.address, port or self.instance.port)

    def environment_text(self):
        """Return the environment file of a slot, the release included."""
        return "%s%s=%s\n" % (self._environment, _RELEASE, self.release)

    def without_secrets(self, text):
        """Return a text in which values of the environment are hidden."""
        values = [_ESCAPED.sub(r"\1", value[1:-1])
                  for name, value in _variables(self._environment).items()
                  if not name.startswith("NO502_")]
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= _SHORTEST_SECRET:
                text = text.replace(value, "***")
        return text


class HandOver:
    """The work on one instance. `run()` returns what it did."""

    def __init__(self, wanted, systemd):
        self._wanted = wanted
        self._instance = wanted.instance
        self._systemd = systemd
        self._proof = Proof(systemd, wanted.address, wanted.release, wanted.expected,
                            wanted.seconds)
        self._since = time.time()

    def slot_in_order(self):
        """Return the slot in which all is as wanted already, else None."""
        slot = self._instance.committed()
        if slot is None or self._unit_of_other(slot) is not None:
            return None
        service = self._instance.service(slot)
        right = (
            self._files_are_right(slot)
            and files.read(files.unit_file(self._instance.socket)) == self._wanted.socket_text(slot)
            and files.is_enabled(self._instance.socket)
            and files.is_enabled(service)
            and not files.is_enabled(self._instance.service(files.other(slot)))
            and self._systemd.is_active(self._instance.socket)
            and self._serves(service)
        )
        return slot if right else None

    def changes(self):
        """Return (path, before, after) of the files of the present slot and of the next one."""
        instance, wanted = self._instance, self._wanted
        old = self._active_slot()
        target = self._target(old)
        before = [None, None]
        if old:
            before = [files.read(files.unit_file(instance.service(old))),
                      files.read(instance.environment(old))]
        socket_file = files.unit_file(instance.socket)
        hidden = hide_values(before[1], wanted.environment_text())
        return [
            (socket_file, files.read(socket_file), wanted.socket_text(target)),
            (files.unit_file(instance.service(target)), before[0], wanted.unit),
            (instance.environment(target), hidden[0], hidden[1]),
        ]

    def run(self):
        """Bring the new process up, prove it, and stop the old one without waiting for it.

        Returns (slot, service that is draining or None). Raises HandOverError, and SystemdError
        where the new process serves but systemd does not follow.
        """
        old = self._active_slot()
        target = self._target(old)
        saved = _Saved(self._instance, target, self._systemd, self._wanted.replaces)
        try:
            self._take_port(target, old, saved)
            self._start(target)
            self._proof.of(self._instance.service(target), self._instance.port)
        except (SystemdError, Unproven) as error:
            reason = self._reason(target, error)
            saved.restore(running=old)
            raise HandOverError(reason + saved.what_runs()) from None
        self._commit(target)
        draining = self._unit_of_other(target)
        if draining is not None:
            self._systemd.call("stop", "--no-block", draining)
        return target, draining

    # What is there

    def _active_slot(self):
        """Return the slot that serves: the committed one if both run."""
        active = [slot for slot in files.SLOTS
                  if self._systemd.is_active(self._instance.service(slot))]
        committed = self._instance.committed()
        return committed if committed in active else (active or [None])[0]

    def _target(self, old):
        """Return the slot for the new process; one that a dead run left there may be it."""
        for slot in files.SLOTS:
            if (slot != old and self._files_are_right(slot)
                    and self._serves(self._instance.service(slot))):
                return slot
        return files.other(old) if old else "a"

    def _unit_of_other(self, slot):
        service = self._instance.service(files.other(slot))
        return service if self._systemd.is_active(service) else None

    def _files_are_right(self, slot):
        instance, wanted = self._instance, self._wanted
        return (files.read(files.unit_file(instance.service(slot))) == wanted.unit
                and files.read(instance.environment(slot)) == wanted.environment_text())

    def _serves(self, service):
        pid = int(self._systemd.show(service).get("MainPID") or 0)
        return release_of(pid) == self._wanted.release and any(
            is_listening(each, self._instance.port, self._wanted.release) for each in family(pid))

    # What is done

    def _take_port(self, target, old, saved):
        """Have systemd hold the port, which a hand-made unit may have until now."""
        instance = self._instance
        if self._systemd.is_active(instance.socket) and self._listens_there():
            return
        replaces = self._wanted.replaces
        if replaces and self._systemd.is_active(replaces) and self._is_taken():
            self._rehearse(target)
            saved.stop_replaced(replaces)
            if wait(lambda: not self._is_taken(), _PORT_SECONDS) is None:
                raise SystemdError("port %d is still taken after %s was stopped"
                                   % (instance.port, replaces))
        if old is not None:
            # The address changes: no socket can be bound while the slots use the former one.
            saved.pause(old)
        self._open(target, instance.port)

    def _listens_there(self):
        shown = self._systemd.show(self._instance.socket).get("Listen", "")
        line = next(line for line in self._wanted.socket_text("a").splitlines()
                    if line.startswith("ListenStream="))
        return shown.startswith(line.partition("=")[2] + " ")

    def _is_taken(self):
        kind = socket.AF_INET6 if ":" in self._wanted.address else socket.AF_INET
        with socket.socket(kind, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._wanted.address, self._instance.port))
            except OSError:
                return True
        return False

    def _rehearse(self, target):
        """Prove the new process on a free port, while the unit that it replaces still serves."""
        port = _free_port(self._wanted.address)
        self._open(target, port)
        self._start(target)
        self._proof.of(self._instance.service(target), port)
        self._systemd.call("stop", self._instance.socket, self._instance.service(target))

    def _open(self, target, port):
        self._write_files(target)
        files.write(files.unit_file(self._instance.socket),
                    self._wanted.socket_text(target, port), 0o644)
        self._systemd.call("daemon-reload")
        self._systemd.call("start", self._instance.socket)

    def _start(self, target):
        service = self._instance.service(target)
        if self._files_are_right(target) and self._serves(service):
            return
        self._systemd.try_call("stop", service)
        if not self._files_are_right(target):
            self._write_files(target)
            self._systemd.call("daemon-reload")
        self._since = time.time()
        self._systemd.call("start", service)

    def _write_files(self, target):
        files.write(files.unit_file(self._instance.service(target)), self._wanted.unit, 0o644)
        files.write(self._instance.environment(target), self._wanted.environment_text(), 0o600)

    def _commit(self, target):
        """Make the new slot the one that the socket and the boot start."""
        instance = self._instance
        path, text = files.unit_file(instance.socket), self._wanted.socket_text(target)
        if files.read(path) != text:
            files.write(path, text, 0o644)
            self._systemd.call("daemon-reload")
        for unit in (instance.socket, instance.service(target)):
            if not files.is_enabled(unit):
                self._systemd.call("enable", unit)
        former = instance.service(files.other(target))
        if files.is_enabled(former):
            self._systemd.call("disable", former)

    # What is said

    def _reason(self, target, error):
        service = self._instance.service(target)
        journal = self._systemd.journal(service, self._since)
        text = "%s: %s." % (service, error)
        # Secrets first: of one that is cut in two, a half would be shown.
        lines = excerpt.of_last_start([self._wanted.without_secrets(line) for line in journal])
        if lines:
            text += "\nIts journal:\n%s" % "\n".join(lines)
        port = excerpt.taken_port(journal, self._instance.port)
        if port is not None:
            text += ("\nIt tried to listen on port %d, which is taken: the app has to listen on"
                     " process.env.PORT (%d here)." % (port, self._instance.port))
        return text + "\n"


class _Saved:
    """What was there before, to be put back."""

    def __init__(self, instance, target, systemd, replaces):
        self._instance = instance
        self._systemd = systemd
        # Another instance of the app may have replaced it already.
        self._replaces = replaces if replaces and systemd.is_active(replaces) else None
        self._target = target
        self._paused = None
        self._replaced = None
        self._replaced_enabled = False
        paths = [files.unit_file(instance.socket), files.unit_file(instance.service(target)),
                 instance.environment(target)]
        self._texts = {path: files.read(path) for path in paths}
        self._had_socket = systemd.is_active(instance.socket)
        self._running = None

    def stop_replaced(self, unit):
        """Stop and disable the unit that is replaced."""
        enabled = self._systemd.show(unit).get("UnitFileState") == "enabled"
        self._replaced, self._replaced_enabled = unit, enabled
        self._systemd.call("stop", unit)
        if enabled:
            self._systemd.call("disable", unit)

    def pause(self, slot):
        """Stop the running slot and the socket."""
        self._paused = slot
        self._systemd.call("stop", self._instance.socket, self._instance.service(slot))

    def restore(self, running):
        """Stop what is new and put everything back."""
        instance = self._instance
        service = instance.service(self._target)
        self._systemd.try_call("stop", service)
        if self._paused or not self._had_socket:
            self._systemd.try_call("stop", instance.socket)
        for path, text in self._texts.items():
            files.write(path, text, 0o600 if path.endswith(".env") else 0o644)
        self._systemd.call("daemon-reload")
        self._systemd.try_call("reset-failed", service)
        if self._paused:
            self._systemd.try_call("start", instance.socket)
            self._systemd.try_call("start", instance.service(self._paused))
        if self._replaced:
            if self._replaced_enabled:
                self._systemd.try_call("enable", self._replaced)
            self._systemd.try_call("start", self._replaced)
        self._running = instance.service(running) if running else self._replaces

    def what_runs(self):
        """Say what serves now."""
        if self._running is None:
            return "It was stopped; no process ran here before."
        if wait(lambda: self._systemd.state(self._running) == "active", _PORT_SECONDS):
            return "The previous process goes on: %s is running." % self._running
        return "%s, which should go on, is %s." % (
            self._running, self._systemd.state(self._running))


def _free_port(address):
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def hide_values(before, after):
    """Return both environments with names only, and which values are new."""
    old = _variables(before or "")
    new = _variables(after)
    lines = ["%s=<%s>" % (name, "hidden" if old.get(name) in (None, value) else "changed")
             for name, value in new.items()]
    return (None if before is None else "".join("%s=<hidden>\n" % name for name in old),
            "".join(line + "\n" for line in lines))


def _variables(text):
    return dict(line.partition("=")[::2] for line in text.splitlines() if "=" in line)
