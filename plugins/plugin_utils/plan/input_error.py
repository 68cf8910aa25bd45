# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a value of the inventory, in the four parts that its reader needs."""
from __future__ import annotations

import difflib

from ansible_collections.no502.node.plugins.plugin_utils.report.terminal import filled


class InputError(ValueError):
    """A value of the inventory that cannot be used.

    C(name) is the variable's path, C(problem) what is wrong, C(accepted) what it may be and
    C(example) a line of YAML that is right.
    """

    def __init__(self, name, problem, accepted, example):
        self.name = name
        self.problem = problem
        self.accepted = accepted
        self.example = example
        super().__init__(f"{name}: {problem}. Accepted: {accepted}. Example: {example}")


def shown(value, most=60):
    """A value as the user wrote it, on one line, cut where it is long."""
    text = repr(str(value)) if isinstance(value, str) else str(value)
    return text if len(text) <= most else text[:most] + "..."


def nearest(word, known):
    """The known word that a misspelt one was to be, or None."""
    near = difflib.get_close_matches(str(word), list(known), n=1, cutoff=0.7)
    return near[0] if near else None


def did_you_mean(word, known):
    """C(": did you mean x?") for a misspelt word, else nothing."""
    near = nearest(word, known)
    return f": did you mean {near}?" if near else ""


def as_result(error):
    """The error as a mapping, for the result of a task. DurationError has the same four parts."""
    example = error.example
    if ": " not in example:
        example = f"{error.name.rsplit('.', 1)[-1]}: {example}"
    # A name holds the keys that the user wrote, and may hold anything.
    name = "".join(c if c.isprintable() else repr(c)[1:-1] for c in error.name)
    return {"name": name, "problem": error.problem, "accepted": error.accepted,
            "example": example}


def as_text(error):
    """The error as a terminal of 80 columns shows it best: the name, then what and how."""
    parts = as_result(error)
    return "\n".join([
        parts["name"],
        filled(parts["problem"], "  "),
        filled(parts["accepted"], "  accepted: "),
        filled(parts["example"], "  example:  "),
    ])
