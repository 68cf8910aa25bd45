# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names of a configuration: each looked up once, all within one bound."""
from __future__ import annotations

from ansible_collections.no502.node.plugins.module_utils.nginx.names import Names, Questions


def test_a_name_is_known_from_then_on():
    names = Names(20)
    found = names.look_up(["localhost"])
    assert "127.0.0.1" in found["localhost"]
    names._left = 0
    assert names.look_up(["localhost"]) == found


def test_when_the_time_is_used_up_nobody_is_known():
    assert Names(0).look_up(["localhost", "no502.invalid"]) \
        == {"localhost": [], "no502.invalid": []}


def test_questions_are_answered_once():
    problems, first, second = [], [], []
    questions = Questions(Names(20), problems)
    questions.ask(first, "localhost:3000", 80, "a")
    questions.ask(second, "no502.invalid", 80, "b")
    questions.answer()
    questions.answer()
    assert first.count(["127.0.0.1", 3000]) == 1 and second == []
    assert problems == [
        {"subject": "b", "reason": "host 'no502.invalid' could not be resolved"}]
