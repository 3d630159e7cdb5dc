"""Labels: over or under their boxes, clear of every box, funnel and other label of the row."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sphinxext_layered.drawing.scene import RGBA, Group, Line, Shape

from .boxes import Placed
from .textblock import TextBlock, centred

_OFF: Final = 5.0
"""The distance between a label and what it stands off, px."""

_LEADER_FROM: Final = 12.0
"""The distance to its box from which a label has a leader, px."""


@dataclass(frozen=True)
class _Set:
    """A label that has its place: from where to where it reaches."""

    left: float
    right: float
    outer: float


class _Outline:
    """How far the boxes and funnels of a row reach up or down between two x.

    Down is counted as it is, up is counted negative, so that greater always means further out.
    """

    def __init__(self, placed: list[Placed], *, above: bool, funnels: bool) -> None:
        self._placed = placed
        self._above = above
        self._funnels = funnels
        self._starts = [each.reach[0] for each in placed]
        self._ends: list[float] = []
        for each in placed:
            self._ends.append(max(each.reach[1], self._ends[-1] if self._ends else each.reach[1]))
        for i in range(len(placed) - 2, -1, -1):
            self._starts[i] = min(self._starts[i], self._starts[i + 1])

    def between(self, start: float, end: float) -> float:
        first = max(bisect_left(self._ends, start) - 1, 0)
        last = min(bisect_left(self._starts, end) + 1, len(self._placed))
        return max((reach for i in range(first, last) for reach in self._reaches(i, start, end)), default=0.0)

    def _reaches(self, i: int, start: float, end: float) -> Iterator[float]:
        each = self._placed[i]
        reach = each.highest(start, end) if self._above else each.lowest(start, end)
        if reach is not None:
            yield self._out(reach)
        if self._funnels and i:
            yield from self._funnel(self._placed[i - 1], each, start, end)

    def _funnel(self, last: Placed, following: Placed, start: float, end: float) -> Iterator[float]:
        here, there = (last.top, following.top) if self._above else (last.bottom, following.bottom)
        lines = [((last.right, here), (following.left, there))]
        lines.append((last.behind(*lines[0][0]), following.behind(*lines[0][1])))
        for (x, y), (far_x, far_y) in lines:
            if far_x < x:
                x, y, far_x, far_y = far_x, far_y, x, y
            if far_x < start or x > end:
                continue
            slope = (far_y - y) / (far_x - x) if far_x > x else 0.0
            yield self._out(y + slope * (max(start, x) - x))
            yield self._out(y + slope * (min(end, far_x) - x))

    def _out(self, y: float) -> float:
        return -y if self._above else y


def labels(placed: list[Placed], colour: RGBA, *, funnels: bool) -> list[Group]:
    """Draw the labels of a row."""
    groups: list[Group] = []
    for above in (False, True):
        outline = _Outline(placed, above=above, funnels=funnels)
        chosen = [each for each in placed if each.box.label and each.box.above == above]
        near = _set(chosen, 0, outline, [])
        far = _set(chosen, 1, outline, list(near.values()))
        both = {**near, **far}
        groups += [_label(each, both[i], colour) for i, each in enumerate(chosen)]
    return groups


def _set(chosen: list[Placed], tier: int, outline: _Outline, nearer: list[_Set]) -> dict[int, _Set]:
    """Place each label of a tier, further out than the boxes and labels between it and the row."""
    result: dict[int, _Set] = {}
    rights = [each.right for each in nearer]
    for i, each in enumerate(chosen):
        if each.tier != tier or each.box.label is None:
            continue
        half = each.box.label.width / 2
        left, right = each.centre - half, each.centre + half
        inner = outline.between(left - _OFF, right + _OFF)
        for other in nearer[bisect_left(rights, left - _OFF) :]:
            if other.left > right + _OFF:
                break
            inner = max(inner, other.outer)
        result[i] = _Set(left, right, inner + _OFF + each.box.label.height)
    return result


def _label(each: Placed, where: _Set, colour: RGBA) -> Group:
    block = each.box.label
    assert block is not None
    above = each.box.above
    top = -where.outer if above else where.outer - block.height
    return Group(
        "label",
        (*_leader(each, top, block, colour), *centred(block, each.centre, top, colour)),
        layer=each.box.layer.index,
    )


def _leader(each: Placed, top: float, block: TextBlock, colour: RGBA) -> Iterator[Shape]:
    """Draw a thin line from the box to its label where that is far off."""
    start = each.highest(each.centre, each.centre) if each.box.above else each.bottom
    assert start is not None
    end = top + block.height + 1 if each.box.above else top - 1
    if abs(end - start) >= _LEADER_FROM:
        yield Line((each.centre, start), (each.centre, end), faint(colour), 0.75)


def faint(colour: RGBA) -> RGBA:
    """Return a colour for lines that only guide the eye."""
    return (*colour[:3], round(colour[3] * 0.45))
