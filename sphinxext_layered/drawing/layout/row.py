"""Where the boxes of a row stand, and where a row ends.

Boxes stand in the order of their layers. Between two front faces is the gap, and beside it half of what
the depth shrinks by: so the middles of shrinking boxes keep their distance, depth and all, while a box
with more depth than the one before it never slides over that one's front face.

Labels stand straight over or under their front face. Where two would touch, the second goes to a second
tier, with a leader that the first leaves free; where that does not do either, the boxes move apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from .boxes import Box, Placed

BESIDE: Final = 8.0
"""The minimum distance between two labels beside each other, px."""

LEADER: Final = 4.0
"""The minimum distance between a label and another label's leader, px."""


def least_gap(last: Placed, following: Placed) -> float:
    """Return the gap between the front faces of two boxes, without what labels add."""
    return following.box.gap + max(0.0, following.lean * (last.box.depth - following.box.depth) / 2)


@dataclass
class Side:
    """How far the labels on one side of a row reach."""

    near: float = -math.inf
    far: float = -math.inf
    leader: float = -math.inf

    def shift(self, centre: float, half: float) -> tuple[float, int]:
        """Return how much further right a label must stand, and in which tier."""
        near = max(self.near + BESIDE, self.leader + LEADER) - (centre - half)
        far = max(self.far + BESIDE - (centre - half), self.near + LEADER - centre)
        return (max(near, 0.0), 0) if near <= max(far, 0.0) else (max(far, 0.0), 1)

    def take(self, centre: float, half: float, tier: int) -> None:
        """Note a label that has its place."""
        if tier:
            self.far, self.leader = centre + half, centre
        else:
            self.near = centre + half


@dataclass
class Row:
    """Boxes in their places, and from where to where they and their labels reach."""

    placed: list[Placed] = field(default_factory=list)
    start: float = math.inf
    end: float = -math.inf
    _sides: dict[bool, Side] = field(default_factory=lambda: {True: Side(), False: Side()})

    @property
    def width(self) -> float:
        """How wide the row is, labels included."""
        return self.end - self.start

    @classmethod
    def of(cls, placed: list[Placed]) -> Row:
        """Return the row of boxes that have their places."""
        ends = [(*each.reach, each.centre, each.box.label.width / 2 if each.box.label else 0.0) for each in placed]
        start = min(min(left, centre - half) for left, _, centre, half in ends)
        return cls(placed, start, max(max(right, centre + half) for _, right, centre, half in ends))

    def add(self, box: Box, lean: int, most: float) -> bool:
        """Place a box after the last; refuse it where the row would be wider than `most`, unless it is the first."""
        left, tier = self._left(box, lean)
        placed = Placed(box, left, lean, tier)
        half = box.label.width / 2 if box.label else 0
        reach = placed.reach
        start = min(self.start, reach[0], placed.centre - half)
        end = max(self.end, reach[1], placed.centre + half)
        if self.placed and end - start > most:
            return False
        self.placed.append(placed)
        self.start, self.end = start, end
        if box.label:
            self._sides[box.above].take(placed.centre, half, tier)
        return True

    def _left(self, box: Box, lean: int) -> tuple[float, int]:
        left = 0.0
        if self.placed:
            last = self.placed[-1]
            left = last.right + least_gap(last, Placed(box, 0.0, lean))
        if not box.label:
            return left, 0
        shift, tier = self._sides[box.above].shift(left + box.width / 2, box.label.width / 2)
        return left + shift, tier


def place(boxes: Iterable[Box], lean: int, most: float = math.inf) -> list[Row]:
    """Place boxes in rows no wider than `most` pixels, as few as that takes; a row has one box at least."""
    rows = [Row()]
    for box in boxes:
        if not rows[-1].add(box, lean, most):
            rows.append(Row())
            rows[-1].add(box, lean, most)
    return rows
