# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must outlive a run: the transaction in progress, and which generations were proven."""

from __future__ import annotations

import json
import os
from typing import List, Optional

from ansible_collections.no502.node.plugins.module_utils.nginx_config import files
from ansible_collections.no502.node.plugins.module_utils.nginx_config.generation import Store

# Enough to see who let what pass, long before it grows to matter.
ENTRIES = 100


class Journal:
    """``transaction.json`` is there from before the first step until the proof, or the way back.

    ``history.json`` lists what was proven, the oldest first: ``generation`` and ``at`` (seconds
    since the epoch), ``phase`` of the decision, or ``rollback`` where it was returned to.
    ``adopted.json`` lists the files that were disabled for it.
    """

    def __init__(self, store: Store) -> None:
        self._transaction = os.path.join(store.path, "transaction.json")
        self._history = os.path.join(store.path, "history.json")
        self._adopted = os.path.join(store.path, "adopted.json")

    def open_steps(self) -> List[dict]:
        """The steps of a transaction that was neither proven nor undone."""
        found = _read(self._transaction)
        return found["steps"] if found else []

    def begin(self, name: Optional[str], planned: List[dict]) -> None:
        _write(self._transaction, {"generation": name, "steps": planned})

    def end(self) -> None:
        try:
            os.unlink(self._transaction)
        except FileNotFoundError:
            pass

    def history(self) -> List[dict]:
        return _read(self._history) or []

    def proven(self, entry: dict) -> None:
        """Note a generation that answered; ``entry`` has at least ``generation``.

        One that is noted last already is noted again only when a rollout ends with it.
        """
        last = (self._line() or [{}])[-1]
        ends = not _is_final(last) and _is_final(entry) and not entry.get("rollback")
        if last.get("generation") != entry["generation"] or ends:
            _write(self._history, (self.history() + [entry])[-ENTRIES:])

    def generations(self) -> List[str]:
        """Every generation that was proven, the last one first, each once."""
        names = [entry["generation"] for entry in reversed(self.history())]
        return list(dict.fromkeys(names))

    def earlier(self, current: Optional[str]) -> List[str]:
        """The final generations before ``current``, the newest first; never itself.

        A ``current`` that was not proven yet is newer than all; but if it lies on the way back,
        a return to it was killed, and it comes first, so that it is finished.
        """
        line = self._line()
        names = [entry["generation"] for entry in line]
        if names and names[-1] != current and current in names:
            return [current]
        finals = [entry["generation"] for entry in reversed(line) if _is_final(entry)]
        return [name for name in dict.fromkeys(finals) if name != current]

    def _line(self) -> List[dict]:
        """What led to the generation proven last: a return takes away what came after it."""
        line: List[dict] = []
        for entry in self.history():
            names = [each["generation"] for each in line]
            if entry.get("rollback") and entry["generation"] in names:
                while line[-1]["generation"] != entry["generation"]:
                    line.pop()
            elif names[-1:] == [entry["generation"]]:
                line[-1] = entry
            else:
                line.append(entry)
        return line

    def adopted(self) -> List[dict]:
        return _read(self._adopted) or []

    def adopt(self, done: List[dict]) -> None:
        """Remember disabled files, and forget those that were enabled again."""
        known = {step["path"]: step for step in self.adopted()}
        for step in done:
            if step["do"] == "disable":
                known[step["path"]] = step
            elif step["do"] == "enable":
                known.pop(step["path"], None)
        _write(self._adopted, list(known.values()))


def _is_final(entry: dict) -> bool:
    """Whether it was more than a rollout's first pass; entries without a phase are taken as so."""
    return entry.get("phase") != "transition"


def _read(path: str):
    text = files.read_text(path)
    if text is None:
        return None
    return json.loads(text)


def _write(path: str, content) -> None:
    # What stood in other files before is in here as well, and those may be closed to others.
    files.write_text(path, json.dumps(content, sort_keys=True) + "\n", mode=0o600)
