# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.no502.node.plugins.module_utils import durations

NAME = "no502_apps.shop.longest_request"


@pytest.mark.parametrize("text, expected", [
    ("60", 60000), ("1m30", 90000), ("1m 30s", 90000), ("1s500ms", 1500), ("1h m", 3600000),
    ("30 ", 30000), ("1 30", 31000), ("0", 0), ("1w2d", 777600000),
    ("9223372036854775s", 9223372036854775000),
])
def test_nginx_time(text, expected):
    assert durations.nginx_time_ms(text) == expected


@pytest.mark.parametrize("text", [
    "", " ", "s", "ms", "-1", "1.5s", "60S", "1 m", "1s1m", "1s1s", "60\n", "sixty", "1M", "1y",
    "9223372036854776s", "9" * 5000,
])
def test_nginx_refuses(text):
    with pytest.raises(durations.DurationError):
        durations.nginx_time_ms(text)


def test_nginx_slots_that_count_in_seconds():
    assert durations.nginx_time_ms("1M", seconds_slot=True) == 30 * durations.DAY
    assert durations.nginx_time_ms("1y", seconds_slot=True) == 365 * durations.DAY
    with pytest.raises(durations.DurationError):
        durations.nginx_time_ms("500ms", seconds_slot=True)


@pytest.mark.parametrize("text, expected", [
    ("1min 30s", 90000), ("infinity", None), ("0", 0), ("90", 90000), ("1.5s", 1500),
    ("250us", 1), ("250\u00b5s", 1), ("5 min", 300000), ("30s 1min", 90000), ("1h30", 3630000),
    ("2w", 1209600000), ("1month", 2629800000),
])
def test_systemd_span(text, expected):
    assert durations.systemd_span_ms(text) == expected


@pytest.mark.parametrize("text", ["", "x", ".5s", "-1s", "1 minuet", "infinity 1s", "9" * 5000])
def test_systemd_refuses(text):
    with pytest.raises(durations.DurationError):
        durations.systemd_span_ms(text)


@pytest.mark.parametrize("value, expected", [
    (60, 60000), ("60", 60000), (60.0, 60000), ("60s", 60000), (" 60s ", 60000),
    ("1m30s", 90000), ("1m30", 90000), ("1m 30", 90000), ("1min 30s", 90000), ("1h", 3600000),
    ("2 hours", 7200000), ("500ms", 500), ("1s500ms", 1500), ("1d", 86400000),
])
def test_what_a_user_may_write(value, expected):
    assert durations.parse_duration_ms(value, NAME) == expected


@pytest.mark.parametrize("value, problem", [
    ("-5s", "'-5s' is negative"),
    (-5, "-5 is negative"),
    ("1.5m", "'1.5m' has a fraction, which nginx cannot read"),
    ("1,5m", "'1,5m' has a fraction, which nginx cannot read"),
    (1.5, "1.5 is not a whole number"),
    (float("inf"), "inf is not a whole number"),
    ("sixty", "'sixty' is not a duration"),
    ("", "is empty"),
    (0, "0 means nothing here"),
    ("0s", "'0s' means nothing here"),
    ("1M", "'1M': M is a month to nginx and systemd; a minute is m or min"),
    ("1h30", "'1h30' ends in a number without its unit"),
    ("60s 1m", "'60s 1m' is not a duration"),
    ("60\n", r"'60\n' is not a duration"),
    ("\u0663s", "'\u0663s' is not a duration"),
    ("infinity", "'infinity' is not a duration"),
    ("25d", "'25d' is too long"),
    (10 ** 30, "1" + "0" * 30 + " is too long"),
    ("9" * 5000, "'" + "9" * 39 + "... is not a duration"),
    (True, "True is not a duration"),
    (None, "None is not a duration"),
    ([60], "[60] is not a duration"),
])
def test_what_is_refused_and_why(value, problem):
    with pytest.raises(durations.DurationError) as refusal:
        durations.parse_duration_ms(value, NAME)
    assert refusal.value.problem == problem
    assert str(refusal.value).startswith(NAME + ": " + problem + ". Accepted: ")
    assert str(refusal.value).endswith(" Example: longest_request: 60s")


def test_bounds_of_the_caller_are_named():
    with pytest.raises(durations.DurationError, match="at most 1 h"):
        durations.parse_duration_ms("61m", NAME, maximum=durations.HOUR)
    with pytest.raises(durations.DurationError, match="at least 1 s"):
        durations.parse_duration_ms("500ms", NAME, minimum=durations.SECOND)
    assert durations.parse_duration_ms(0, NAME, minimum=0) == 0


@given(st.integers(min_value=1, max_value=durations.MAX_MS))
def test_what_is_written_is_read_back(milliseconds):
    nginx = durations.nginx_time(milliseconds)
    systemd = durations.systemd_span(milliseconds)
    assert durations.nginx_time_ms(nginx) == milliseconds
    assert durations.systemd_span_ms(nginx) == milliseconds
    assert durations.systemd_span_ms(systemd) == milliseconds
    assert durations.parse_duration_ms(nginx, NAME) == milliseconds
    assert durations.parse_duration_ms(systemd, NAME) == milliseconds


@given(st.text(alphabet="0123456789 hmsdwMy.-", max_size=12))
def test_what_is_accepted_means_the_same_to_nginx_and_systemd(text):
    try:
        milliseconds = durations.parse_duration_ms(text, NAME, minimum=0)
    except durations.DurationError:
        return
    assert durations.systemd_span_ms(text) == milliseconds
    try:
        assert durations.nginx_time_ms(text) == milliseconds
    except durations.DurationError:
        pass  # "5 s" is systemd's form only


@pytest.mark.parametrize("milliseconds, nginx, systemd, message", [
    (65000, "65s", "1min 5s", "65 s"), (1500, "1500ms", "1s 500ms", "1500 ms"),
    (3600000, "3600s", "1h", "1 h"), (3605000, "3605s", "1h 5s", "3605 s"), (0, "0s", "0", "0 s"),
])
def test_written(milliseconds, nginx, systemd, message):
    assert durations.nginx_time(milliseconds) == nginx
    assert durations.systemd_span(milliseconds) == systemd
    assert durations.written(milliseconds) == message


def test_a_slot_that_counts_in_seconds_is_rounded_up():
    assert durations.nginx_time(1500, seconds_slot=True) == "2s"
