"""Evening out a row that labels have pushed apart.

Boxes are placed one after the other, each as far left as its label lets it; so the room that labels take
would be left of some boxes and not of others. Each box is moved between its neighbours, as far as its
label stays clear of the others in its tier. Where no label pushes, nothing moves.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Final

from .boxes import Placed
from .row import BESIDE, LEADER, Row, least_gap

_SWEEPS: Final = 6

_Bounds = list[list[tuple[int, float]]]
"""For each box, the others that it must keep this minimum distance from."""


def evened(row: Row, most: float = math.inf) -> Row:
    """Return the row with the room between its boxes as even as their labels allow, no wider than `most`."""
    placed = row.placed
    gaps = [0.0, *(least_gap(one, other) for one, other in pairwise(placed))]
    lefts = [each.left for each in placed]
    slack = [lefts[i] - lefts[i - 1] - placed[i - 1].box.width - gaps[i] for i in range(1, len(placed))]
    if not slack or max(slack) < 1:
        return row
    before, after = _bounds(placed, gaps)
    limits = [row.start + most - _beyond(each) for each in placed]
    order = range(1, len(placed))
    for sweep in (order[::-1], order) * _SWEEPS:
        for i in sweep:
            low = max(lefts[j] + distance for j, distance in before[i])
            high = min((lefts[j] - distance for j, distance in after[i]), default=math.inf)
            lefts[i] = max(min(_between(placed, gaps, lefts, i), high, limits[i]), low)
    return Row.of([replace(each, left=left) for each, left in zip(placed, lefts, strict=True)])


def _between(placed: list[Placed], gaps: list[float], lefts: list[float], i: int) -> float:
    """Return where a box would have as much more room than it needs on its left as on its right."""
    nearest = lefts[i - 1] + placed[i - 1].box.width + gaps[i]
    if i + 1 < len(placed):
        return (nearest + lefts[i + 1] - placed[i].box.width - gaps[i + 1]) / 2
    before = lefts[i - 1] - lefts[i - 2] - placed[i - 2].box.width - gaps[i - 1] if i > 1 else 0.0
    return nearest + (lefts[i] - nearest + before) / 2


def _beyond(each: Placed) -> float:
    """Return how far the box or its label reaches beyond the left edge of its front face."""
    half = each.box.label.width / 2 if each.box.label else 0.0
    return max(each.reach[1], each.centre + half) - each.left


def _bounds(placed: list[Placed], gaps: list[float]) -> tuple[_Bounds, _Bounds]:
    """Return the minimum distances of left edges, of each box to those before it and to those after it."""
    before: _Bounds = [[] for _ in placed]
    after: _Bounds = [[] for _ in placed]
    last: dict[tuple[bool, int], int] = {}
    for i, each in enumerate(placed):
        if i:
            before[i].append((i - 1, placed[i - 1].box.width + gaps[i]))
        if each.box.label is None:
            continue
        for tier in (0, 1):
            j = last.get((each.box.above, tier))
            if j is not None:
                centres = (placed[j].box.width - each.box.width) / 2
                before[i].append((j, centres + _apart(placed[j], each)))
        last[each.box.above, each.tier] = i
    for i, bounds in enumerate(before):
        for j, distance in bounds:
            after[j].append((i, distance))
    return before, after


def _apart(one: Placed, other: Placed) -> float:
    """Return how far apart the middles of two labels on one side must be, `one` being left of the other."""
    halves = [each.box.label.width / 2 if each.box.label else 0.0 for each in (one, other)]
    if one.tier == other.tier:
        return sum(halves) + BESIDE
    return halves[0 if other.tier else 1] + LEADER
