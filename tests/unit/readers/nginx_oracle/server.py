# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers how ngxparse reads a configuration: the path of a file in, its tree out, in JSON lines.

Runs in an environment of its own (tools/venv ngxparse): ngxparse calls itself crossplane.
"""
from __future__ import annotations

import json
import sys

import crossplane


# Blocks whose entries the collection's parser checks, but does not keep.
DATA = ("geo", "types")


def answer(path):
    """{"directives": [[words, line, whether it has a block], ...], "errors": [...]} of a file.

    What its directives mean is not checked.
    """
    read = crossplane.parse(path, combine=True, check_ctx=False, check_args=False)
    return {"directives": list(flat(read["config"][0]["parsed"])),
            "errors": [error["error"] for error in read["errors"]]}


def flat(statements):
    """The directives of a block and below, without the comments that it leaves in."""
    for each in statements:
        if each["directive"] == "#":
            continue
        yield [each["directive"], *each["args"]], each["line"], "block" in each
        if each["directive"] not in DATA:
            yield from flat(each.get("block", []))


def main():
    """Answer line by line."""
    for line in sys.stdin:
        try:
            said = answer(json.loads(line))
        except Exception as error:  # pylint: disable=broad-exception-caught
            said = {"directives": [], "errors": [f"{type(error).__name__}: {error}"]}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
