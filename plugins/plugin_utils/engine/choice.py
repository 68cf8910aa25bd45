# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engines that evaluate the policies: embedded, or an OPA server; one answer either way.

Fails closed: an answer counts only if it carries the canary, the revision of the policies that
this collection brings, and the rules that must have run. Anything else is an `EngineError`, whose
text says what is wrong, for a person in the middle of a refused rollout.
"""
from __future__ import annotations

from ansible_collections.no502.node.plugins.plugin_utils.engine import catalog as bundle_catalog
from ansible_collections.no502.node.plugins.plugin_utils.engine.error import EngineError

CANARY = "no502"
KINDS = ("embedded", "opa")


def engine(config=None):
    """Return the engine that `config` asks for, ready to decide.

    config: `kind` (embedded or opa); for opa also `url`, `token`, `ca`, `timeout` in ms. Raises
    EngineError for an unknown kind, a missing Python package, or a broken bundle.
    """
    config = config or {}
    kind = config.get("kind") or "embedded"
    # Imported late: each needs a Python package that the other does not.
    if kind == "embedded":
        from ansible_collections.no502.node.plugins.plugin_utils.engine.embedded import Embedded

        return Engine(Embedded())
    if kind == "opa":
        from ansible_collections.no502.node.plugins.plugin_utils.engine.opa import OpaServer

        return Engine(OpaServer(config))
    raise EngineError(f"no502_engine.kind: {kind!r} is not one of {', '.join(KINDS)}")


class Engine:
    """Asks an evaluator and believes it only if the answer is whole.

    The evaluator has a `name` and `evaluate(document)`, which returns the document
    `no502/main/decision` or raises EngineError.
    """

    def __init__(self, evaluator):
        self._evaluator = evaluator
        self.name = evaluator.name
        self.revision = bundle_catalog.catalog()["revision"]

    def decide(self, document):
        """Return the results of every rule about this document, as Rego gives them."""
        answer = self._evaluator.evaluate(document)
        complaint = self._complaint(answer, document)
        if complaint:
            raise EngineError(f"{self.name}: {complaint}")
        return answer["results"]

    def _complaint(self, answer, document):
        """Return what is wrong with an answer, or None."""
        if not isinstance(answer, dict) or answer.get("canary") != CANARY:
            return "the answer is not a decision of these policies"
        if answer.get("revision") != self.revision:
            return (
                f"it has revision {answer.get('revision')} of the policies, this collection"
                f" {self.revision}: load {bundle_catalog.SERVER} into it"
            )
        if answer.get("document") != document["kind"]:
            return f"the answer is about a {answer.get('document')}, not a {document['kind']}"
        ran, wanted = answer.get("rules"), sorted(bundle_catalog.rules_about(document["kind"]))
        if not wanted:
            return f"there are no rules about a {document['kind']}"
        if not isinstance(ran, list) or sorted(ran) != wanted:
            return f"these rules ran: {ran}, not: {wanted}"
        if not isinstance(answer.get("results"), list):
            return "the answer has no results"
        return None
