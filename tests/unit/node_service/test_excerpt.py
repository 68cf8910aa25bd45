# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown of the journal of a process that did not come up."""
from __future__ import annotations

import pytest

from ansible_collections.no502.node.plugins.module_utils.node_service import excerpt, files
from ansible_collections.no502.node.plugins.module_utils.node_service.hand_over import (
    HandOver,
    Wanted,
)

STARTING = "Starting no502-shop-3001@a.service - shop on port 3001 (slot a)..."
STARTED = "Started no502-shop-3001@a.service - shop on port 3001 (slot a)."
SCHEDULED = "no502-shop-3001@a.service: Scheduled restart job, restart counter is at 1."
EXITED = "no502-shop-3001@a.service: Main process exited, code=exited, status=1/FAILURE"
IN_USE = "Error: listen EADDRINUSE: address already in use %s"


def test_only_the_last_start_is_shown():
    journal = [STARTING, STARTED, "Error: first", EXITED, SCHEDULED, STARTING, STARTED,
               "Error: second", EXITED]
    assert excerpt.of_last_start(journal) == ["  Error: second", "  " + EXITED]


@pytest.mark.parametrize("after", [[], ["warming up"]])
def test_a_start_that_has_not_failed_yet_says_nothing(after):
    journal = [STARTING, STARTED, "Error: first", SCHEDULED, STARTING, STARTED] + after
    assert excerpt.of_last_start(journal) == ["  Error: first"]


def test_without_an_error_what_the_last_one_wrote_is_shown():
    assert excerpt.of_last_start([STARTED, "one", STARTED, "two", STARTED]) == ["  two"]
    assert excerpt.of_last_start([STARTED]) == []


def test_first_and_last_lines_and_the_error_are_kept():
    journal = ["log %d" % number for number in range(100)]
    journal[50] = "TypeError: this one"
    shown = excerpt.of_last_start(journal)
    assert shown[0] == "  log 0" and shown[-1] == "  log 99"
    assert shown[9:17] == ["  log 9", "  ...", "  log 48", "  log 49", "  TypeError: this one",
                           "  log 51", "  log 52", "  ..."]
    assert len(shown) == excerpt.FIRST + excerpt.LAST + 7


def test_long_lines_are_cut():
    assert len(excerpt.of_last_start(["x" * 5000])[0]) < 220


@pytest.mark.parametrize("where", [":::3000", "0.0.0.0:3000", "127.0.0.1:3000"])
def test_port_of_another_is_found(where):
    assert excerpt.taken_port([STARTED, IN_USE % where, "    at x:80"], 3001) == 3000


@pytest.mark.parametrize("line", [IN_USE % ":::3001", "listens on :::3000", "EADDRINUSE"])
def test_no_other_port_is_none(line):
    assert excerpt.taken_port([line], 3001) is None


class Journal:
    """A systemd of which only the journal is asked."""

    def __init__(self, lines, active=()):
        self._lines = lines
        self._active = active

    def journal(self, _unit, _since):
        return self._lines

    def is_active(self, unit):
        return unit in self._active


def reason(lines, environment=""):
    wanted = Wanted(files.Instance("shop-3001"), "", "127.0.0.1", environment, {}, 1000, None)
    return HandOver(wanted, Journal(lines))._reason("a", "it ended")


def test_an_app_on_a_port_of_its_own_is_told_of_the_variable():
    assert "has to listen on process.env.PORT (3001 here)" in reason([IN_USE % ":::3000"])
    assert "process.env.PORT" not in reason([IN_USE % ":::3001"])


def test_a_secret_that_would_be_cut_is_hidden_whole():
    text = reason(["x" * 195 + "secret-of-many-letters"], 'KEY="secret-of-many-letters"\n')
    assert "secr" not in text and "***" in text
