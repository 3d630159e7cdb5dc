"""Tandem repeats: where a text goes on with what it has just said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Run(NamedTuple):
    """A stretch of a text, as long as it can be, in which each character is the one a period before it."""

    period: int
    start: int
    end: int


def runs_of(text: str) -> Iterator[Run]:
    """Yield every run that has room for two periods, those of the shortest period first.

    Notes
    -----
    A run of a period covers two neighbouring multiples of it, so that n/1 + n/2 + n/3 + ... places are looked at: the
    idea of M. G. Main and R. J. Lorentz, "An O(n log n) algorithm for finding all repetitions in a string", Journal of
    Algorithms 5 (1984).

    Examples
    --------
    >>> list(runs_of("xababaz"))
    [Run(period=2, start=1, end=6)]
    """
    for period in range(1, len(text) // 2 + 1):
        place = 0
        while place + period < len(text):
            if text[place] != text[place + period]:
                place += period
                continue
            end = place + period + _common_beginning(text, place, place + period)
            start = place - _common_end(text, place, place + period)
            if end - start >= 2 * period:
                yield Run(period, start, end)
            place += ((end - period - place) // period + 1) * period


def _common_beginning(text: str, one: int, other: int) -> int:
    """Return how many characters are the same from two places on, of which the second is the later one."""
    found, step = 0, 1
    while step:
        a, b = one + found, other + found
        if b + step <= len(text) and text[a : a + step] == text[b : b + step]:
            found, step = found + step, step * 2
        else:
            step //= 2
    return found


def _common_end(text: str, one: int, other: int) -> int:
    """Return how many characters are the same before two places, of which the first is the earlier one."""
    found, step = 0, 1
    while step:
        a, b = one - found, other - found
        if step <= a and text[a - step : a] == text[b - step : b]:
            found, step = found + step, step * 2
        else:
            step //= 2
    return found
