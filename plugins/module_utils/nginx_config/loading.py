# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a staged generation in force, prove it, and go back if it does not prove itself."""

from __future__ import annotations

import functools
import time
from typing import List, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx import tree as nginx_tree
from ansible_collections.no502.node.plugins.module_utils.nginx_config import (
    instance,
    proof,
    rehearsal,
    staging,
    steps,
)
from ansible_collections.no502.node.plugins.module_utils.nginx_config.errors import Refused
from ansible_collections.no502.node.plugins.module_utils.nginx_config.error_log import ErrorLog
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import KEPT
from ansible_collections.no502.node.plugins.module_utils.nginx_config.instance import Nginx
from ansible_collections.no502.node.plugins.module_utils.nginx_config.journal import Journal


class Load:
    """One attempt at one generation. ``note`` is kept in the history beside its name."""

    def __init__(self, nginx: Nginx, unit: str, seconds: float, note: dict) -> None:
        self.nginx = nginx
        self.unit = unit
        self.seconds = seconds
        self.note = note
        self.stage = staging.stage_of(nginx)
        self.store = self.stage.store
        self.journal = Journal(self.store)

    def generation(self, name: str, write: bool, rollback: bool) -> dict:
        """Put ``name`` in force; returns ``changed``, ``reloaded``, ``proof`` and ``steps``."""
        record = self.store.record(name)
        adopted = self.journal.adopted() if rollback else []
        outcome, _method = staging.rehearse(self.stage, functools.partial(
            rehearsal.of_generation, self.stage, name, record, adopted))
        if not rollback and outcome["digest"] != record.get("digest"):
            raise Refused("Files of nginx have changed since generation %s was staged and judged. "
                          "Run again, so that what is loaded is what was judged." % name)
        return self._carry_out(name, outcome, write)

    def removal(self, write: bool, restore: bool) -> dict:
        """Take everything of ours away; ``restore`` brings the disabled files back."""
        outcome, _method = staging.rehearse(self.stage, functools.partial(
            rehearsal.of_removal, self.stage, self.journal.adopted() if restore else []))
        return self._carry_out(None, outcome, write)

    def _carry_out(self, name: Optional[str], outcome: dict, write: bool) -> dict:
        result = {"changed": False, "reloaded": False, "steps": outcome["steps"], "proof": [],
                  "outcome": outcome}
        unfinished = self.journal.open_steps()
        if not outcome["steps"]:
            result["proof"] = [proof.ask(question) for question in outcome["questions"]]
            if self._is_up(name, result["proof"]) and (result["proof"] or not unfinished):
                if write:
                    self._finish(name, unfinished)
                return result
        result["changed"] = True
        if write:
            result["proof"] = self._swap(name, unfinished, outcome)
            result["reloaded"] = True
        return result

    def _swap(self, name: Optional[str], unfinished: List[dict], outcome: dict) -> List[dict]:
        planned = unfinished + outcome["steps"]
        self.journal.begin(name, planned)
        before = self.store.current()
        try:
            for step in outcome["steps"]:
                steps.apply(step)
            answers = self._bring_up(name, outcome["questions"])
        except (Refused, OSError) as reason:
            raise Refused("%s\n%s" % (reason, self._go_back(planned, before)))
        self._finish(name, planned)
        return answers

    def _finish(self, name: Optional[str], done: List[dict]) -> None:
        """Note what was proven. Each line may be the last one of a run that is killed here."""
        if name is not None:
            self.journal.proven(dict(self.note, generation=name, at=round(time.time(), 3)))
        if done:
            self.journal.adopt(done)
            self.journal.end()
        if name is not None:
            self.store.prune(self.journal.generations()[:KEPT])

    def _bring_up(self, name: Optional[str], questions: List[dict]) -> List[dict]:
        """Reload, or start, and wait for new workers and every answer; refuses without them."""
        if self.nginx.pid is None and name is None:
            return []
        if self.nginx.pid is None:
            instance.start(self.unit)
            self.nginx = instance.find(self.nginx.conf)
            old, log = frozenset(), None
        else:
            old = frozenset(worker.pid for worker in instance.workers(self.nginx.pid))
            log = ErrorLog(nginx_tree.parse(self.nginx.conf), self.nginx)
            instance.reload(self.nginx.pid)
        attempt = _Attempt(self.nginx, name, questions, old, log)
        if not instance.wait_for(attempt.is_decided, self.seconds):
            attempt.is_decided()
        if attempt.reason:
            raise Refused(attempt.reason)
        return attempt.answers

    def _is_up(self, name: Optional[str], answers: List[dict]) -> bool:
        """Whether nothing needs to be done for ``name``; without one, nginx need not run."""
        runs = self.nginx.pid is not None or name is None
        return runs and all(each["answer"] == name for each in answers)

    def _go_back(self, planned: List[dict], before: Optional[str]) -> str:
        """Undo the transaction; says what is in force now."""
        try:
            steps.undo_all(planned)
            self.journal.end()
            if self.nginx.pid is None:
                return "The files are as they were; nginx does not run, as before."
            instance.reload(self.nginx.pid)
        except OSError as error:
            return ("The way back failed: %s. The steps are in %s/transaction.json."
                    % (error, self.store.path))
        return self._confirm_return(self.store.current())

    def _confirm_return(self, name: Optional[str]) -> str:
        if name is None:
            return "The files are as they were before, and nginx was reloaded with them."
        questions = proof.questions(self.stage.configuration())
        if instance.wait_for(lambda: all(proof.ask(each)["answer"] == name for each in questions),
                             self.seconds):
            return "Generation %s is in force again, and answers." % name
        return "Generation %s was put back, but does not answer: look at nginx." % name


class _Attempt:
    """Watches one reload. ``reason`` is empty once it has come about."""

    def __init__(self, nginx: Nginx, name: Optional[str], questions: List[dict], old: frozenset,
                 log: Optional[ErrorLog]) -> None:
        self.nginx = nginx
        self.name = name
        self.questions = questions
        self.old = old
        self.log = log
        self.answers: List[dict] = []
        self.reason = ""

    def is_decided(self) -> bool:
        """Whether the reload has failed for good, or has come about; ``reason`` tells which."""
        emergencies = self.log.emergencies() if self.log else []
        if emergencies:
            self.reason = "nginx refused to reload:\n  " + "\n  ".join(emergencies)
            return True
        self.reason = self._missing()
        return not self.reason

    def _missing(self) -> str:
        active = [worker.pid for worker in instance.workers(self.nginx.pid)
                  if not worker.shutting_down]
        if not active or self.old.intersection(active):
            return "nginx did not replace its workers after the reload."
        self.answers = [proof.ask(question) for question in self.questions]
        wrong = [each for each in self.answers if each["answer"] != self.name]
        if wrong:
            return ("After the reload %d of %d managed names do not answer with generation %s:"
                    "\n  %s" % (len(wrong), len(self.answers), self.name,
                                "\n  ".join(_describe(each) for each in wrong[:5])))
        return ""


def _describe(answer: dict) -> str:
    return "%s at %s%s%s: %s" % (
        answer["name"], answer["address"], ":%d" % answer["port"] if answer["port"] else "",
        " (TLS)" if answer["tls"] else "", answer["answer"])
