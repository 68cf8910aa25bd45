# Copyright (c) 2026, the no502.node contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two things measured side by side on a machine that others use too.

They take turns as A B B A: what slows the machine down for a while slows both, and a drift over the
four cancels out.
"""
from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Ratio:
    """The median of B / A over all turns of A B B A, with its interval of 95 %."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


def in_turns(first: str, second: str, turns: int) -> list[str]:
    """The order of the measurements: A B B A, again and again."""
    return [first, second, second, first] * turns


def ratio(first: Sequence[float], second: Sequence[float]) -> Ratio:
    """The ratio of the second's figures to the first's, both in the order of `in_turns`."""
    pairs = list(zip(first[::2], first[1::2], second[::2], second[1::2]))
    ratios = sorted((b + c) / (a + d) for a, d, b, c in pairs)
    low = rank_below_median(len(ratios))
    return Ratio(statistics.median(ratios), ratios[low], ratios[-1 - low])


def rank_below_median(count: int) -> int:
    """The index of the ordered figure that the median of all there could be is above, at 97.5 %.

    By the binomial distribution: nothing is supposed of how the figures are spread.
    """
    chance, index = 0.0, -1
    while chance <= 0.025:
        index += 1
        chance += math.comb(count, index) / 2**count
    return max(index - 1, 0)


def summary(milliseconds: Sequence[float]) -> str:
    """Median and the middle half."""
    low, middle, high = statistics.quantiles(milliseconds, n=4)
    return f"{middle:7.0f} ms ({low:.0f} to {high:.0f})"
