# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations: read as nginx, as systemd and as an inventory writes them; written back as both do.

Between the parts of this collection a duration is an integer number of milliseconds.
"""
from __future__ import annotations

import re

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY

# Node fires a timer above 2^31 - 1 ms (24.8 days) at once, with only a warning.
MAX_MS = 24 * DAY

_INT64_MAX = 2**63 - 1
_LONGEST_TEXT = 100

# The order is nginx's: a unit may only be followed by smaller ones (src/core/ngx_parse.c).
_NGINX_STEPS = {"y": 1, "M": 2, "w": 3, "d": 4, "h": 5, "m": 6, "s": 7, "ms": 8, " ": 9}
_NGINX_SCALE = {
    "y": 365 * DAY, "M": 30 * DAY, "w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE,
    "s": SECOND, "ms": 1, " ": SECOND,
}
_NGINX_PART = re.compile(r"([0-9]*)(ms|[yMwdhms ]) *")

# Microseconds by unit (systemd.time(7); src/basic/time-util.c).
_SYSTEMD_MICROSECONDS = {}
for _names, _us in (
    ("us usec \u00b5s \u03bcs", 1),
    ("ms msec", 1000),
    (" s sec second seconds", SECOND * 1000),
    ("m min minute minutes", MINUTE * 1000),
    ("h hr hour hours", HOUR * 1000),
    ("d day days", DAY * 1000),
    ("w week weeks", WEEK * 1000),
    ("M month months", 2629800 * 1000000),
    ("y year years", 31557600 * 1000000),
):
    for _name in _names.split(" "):
        _SYSTEMD_MICROSECONDS[_name] = _us
_SYSTEMD_PART = re.compile(r"\s*([0-9]+)(?:\.([0-9]+))?\s*([A-Za-z\u00b5\u03bc]*)")

# What an inventory may say: every form that nginx and systemd read alike, and people do too.
# `M` is a month to both and a minute to many; `1h30` is 1 h 30 s to both and 90 min to many.
_WRITTEN = re.compile(
    r"""(?:(?P<w>[0-9]+)\ *(?:w|weeks?)\ *)?
        (?:(?P<d>[0-9]+)\ *(?:d|days?)\ *)?
        (?:(?P<h>[0-9]+)\ *(?:h|hr|hours?)\ *)?
        (?:(?P<m>[0-9]+)\ *(?:m|min|minutes?)\ *)?
        (?:(?P<s>[0-9]+)\ *(?:s|sec|seconds?)\ *)?
        (?:(?P<ms>[0-9]+)\ *(?:ms|msec)\ *)?""",
    re.VERBOSE,
)
_WRITTEN_MS = {"w": WEEK, "d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": 1}
_SECONDS = re.compile(r"(?:(?P<m>[0-9]+)m\ *)?(?P<s>[0-9]+)", re.VERBOSE)

ACCEPTED = "seconds (90), or a time as nginx or systemd writes it (90s, 1m30s, 1min 30s, 500ms)"


class DurationError(ValueError):
    """A text that is no duration.

    C(name) is the variable, C(problem) what is wrong with it, C(accepted) what it may say and
    C(example) a value that is right; the text of the error holds all four.
    """

    def __init__(self, name, problem, accepted=ACCEPTED, example="60s"):
        self.name = name
        self.problem = problem
        self.accepted = accepted
        self.example = example
        leaf = name.rsplit(".", 1)[-1]
        super().__init__(
            "%s: %s. Accepted: %s. Example: %s: %s" % (name, problem, accepted, leaf, example)
        )


def nginx_time_ms(text, seconds_slot=False):
    """Milliseconds of a time in nginx's configuration, by nginx's own grammar.

    C(seconds_slot): the directive counts in seconds (C(fail_timeout), the header of
    C(keepalive_timeout)): it takes years and months and refuses C(ms).
    Source: ngx_parse_time() in src/core/ngx_parse.c. Raises C(DurationError).
    """
    error = DurationError("time", "%r is no time to nginx" % (text,), "nginx's times", "90s")
    if len(text) > _LONGEST_TEXT:
        raise error
    step = 0 if seconds_slot else _NGINX_STEPS["M"]
    total = 0
    rest = text
    while True:
        part = _NGINX_PART.match(rest)
        if part is None:
            break
        number, unit = part.groups()
        allowed = _NGINX_STEPS["s"] if unit == " " else _NGINX_STEPS[unit]
        if step >= allowed or (unit == "ms" and seconds_slot):
            raise error
        step = _NGINX_STEPS[unit]
        total += int(number or 0) * _NGINX_SCALE[unit]
        rest = rest[part.end():]
    if not re.search(r"[0-9]", text) or not re.match(r"[0-9]*\Z", rest) or rest.endswith("\n"):
        raise error
    total += int(rest or 0) * SECOND
    if total > (_INT64_MAX * SECOND if seconds_slot else _INT64_MAX):
        raise error
    return total


def systemd_span_ms(text):
    """Milliseconds of a time span as systemd reads and prints it; C(None) for C(infinity).

    Less than a millisecond counts as one, since 0 often means "off" there.
    Source: systemd.time(7). Raises C(DurationError).
    """
    error = DurationError("span", "%r is no time span to systemd" % (text,),
                          "systemd's time spans", "1min 30s")
    rest = text.strip()
    if rest == "infinity":
        return None
    if not rest or len(rest) > _LONGEST_TEXT:
        raise error
    microseconds = 0
    while rest:
        part = _SYSTEMD_PART.match(rest)
        if part is None or part.group(3) not in _SYSTEMD_MICROSECONDS:
            raise error
        whole, fraction, unit = part.groups()
        scale = _SYSTEMD_MICROSECONDS[unit]
        microseconds += int(whole) * scale
        if fraction:
            microseconds += int(fraction) * scale // 10 ** len(fraction)
        rest = rest[part.end():].strip()
    return -(-microseconds // 1000)


def parse_duration_ms(value, name, minimum=1, maximum=MAX_MS, example="60s"):
    """Milliseconds of a duration that a user wrote.

    C(value) is a whole number of seconds or a text as nginx or systemd writes it; what the two,
    or their readers, would read differently is refused, and so are fractions and signs.
    C(name) is the variable's path, for the message; C(minimum) and C(maximum) are in ms.
    Raises C(DurationError).
    """
    milliseconds = _written_ms(value, name, example)
    if milliseconds == 0 < minimum:
        raise DurationError(name, "%s means nothing here" % _shown(value),
                            "at least %s" % written(minimum), example)
    if milliseconds < minimum:
        raise DurationError(name, "%s is too short" % _shown(value),
                            "at least %s" % written(minimum), example)
    if milliseconds > maximum:
        raise DurationError(name, "%s is too long" % _shown(value),
                            "at most %s" % written(maximum), example)
    return milliseconds


def _written_ms(value, name, example):
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise DurationError(name, "%s is not a duration" % _shown(value), example=example)
    if isinstance(value, float):
        # Jinja's arithmetic makes floats of whole seconds: 60.0 is 60, 1.5 is a fraction.
        if not value.is_integer():
            raise DurationError(name, "%s is not a whole number" % _shown(value), example=example)
        value = int(value)
    if isinstance(value, int):
        if value < 0:
            raise DurationError(name, "%s is negative" % _shown(value), example=example)
        return value * SECOND
    text = value.strip(" ")
    match = _SECONDS.fullmatch(text) or _WRITTEN.fullmatch(text)
    # [0-9], not \d: nginx does not read other scripts' digits.
    if not text or len(text) > _LONGEST_TEXT or match is None:
        raise DurationError(name, _why_not(text), example=example)
    return sum(int(number) * _WRITTEN_MS[unit]
               for unit, number in match.groupdict().items() if number)


def _why_not(text):
    """What is wrong with a text that is no duration, as precisely as can be told."""
    shown = _shown(text)
    if not text:
        return "is empty"
    if re.match(r"-\s*[0-9]", text):
        return "%s is negative" % shown
    if re.match(r"[0-9]*[.,][0-9]", text):
        return "%s has a fraction, which nginx cannot read" % shown
    if re.search(r"[0-9]\s*M", text):
        return "%s: M is a month to nginx and systemd; a minute is m or min" % shown
    if re.fullmatch(r"(?:[0-9]+ *[a-z]+ *)+[0-9]+", text):
        return "%s ends in a number without its unit" % shown
    return "%s is not a duration" % shown


def _shown(value, most=40):
    """The value as the user wrote it, on one line and no longer than a line."""
    text = value if isinstance(value, (int, float)) and not isinstance(value, bool) else repr(value)
    text = str(text)
    return text if len(text) <= most else text[:most] + "..."


def nginx_time(milliseconds, seconds_slot=False):
    """A duration as this collection writes it for nginx: C(65s), else C(1500ms).

    C(seconds_slot): the directive knows no milliseconds; a part of a second is rounded up.
    """
    if seconds_slot:
        milliseconds = -(-milliseconds // SECOND) * SECOND
    if milliseconds % SECOND:
        return "%dms" % milliseconds
    return "%ds" % (milliseconds // SECOND)


def systemd_span(milliseconds):
    """A duration as C(systemctl show) prints it: C(1min 30s), C(500ms), C(0)."""
    parts = []
    for unit, scale in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND), ("ms", 1)):
        count, milliseconds = divmod(milliseconds, scale)
        if count:
            parts.append("%d%s" % (count, unit))
    return " ".join(parts) or "0"


def written(milliseconds):
    """A duration for a message: C(65 s), C(1500 ms); from ten minutes on C(1 h 5 min)."""
    if milliseconds % SECOND:
        return "%d ms" % milliseconds
    if milliseconds < 10 * MINUTE or milliseconds % MINUTE:
        return "%d s" % (milliseconds // SECOND)
    return re.sub(r"([0-9])([a-z])", r"\1 \2", systemd_span(milliseconds))
