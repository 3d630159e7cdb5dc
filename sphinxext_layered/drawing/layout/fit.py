"""Bringing a row within a width: its boxes are scaled, then wrapped into several rows; text is not scaled."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from .boxes import LEGIBLE, Box, scaled
from .cues import ROOM
from .even import evened
from .row import Row, place

BETWEEN_ROWS: Final = 22.0
"""The distance between two rows, px."""

_SMALLEST: Final = 0.1
_FLAT: Final = 0.45
_MORE: Final = 4
_STEPS: Final = 12


def fit(boxes: list[Box], lean: int, most: float | None) -> list[Row]:
    """Place boxes within `most` pixels, or in one row where that is None.

    Notes
    -----
    The boxes are scaled as little as it takes for one row. Where even the minimum legible scale is too large,
    there are as many rows as that scale needs, at the largest scale that needs no more; but where it is
    the labels that take the room, the boxes are no larger than they would be in one row without them.
    Without labels there are a few rows more where the picture would be flat.
    """
    rows = place(boxes, lean)
    if most is None or rows[0].width <= most:
        return [evened(row, math.inf if most is None else most) for row in rows]
    low = _least_scale(boxes)
    _, one = _greatest(boxes, lean, most, (low, _widest_scale(boxes, most)), 1)
    if len(one) == 1 and one[0].width <= most:
        return [evened(row, most) for row in one]
    inner = between_cues(most)
    high = _widest_scale(boxes, inner)
    if any(box.label for box in boxes):
        bare = [box._replace(label=None) for box in boxes]
        scale, one = _greatest(bare, lean, most, (low, high), 1)
        high = scale if len(one) == 1 else high
    number = len(_placed(boxes, lean, min(low, high), inner))
    rows = _greatest(boxes, lean, inner, (low, high), number)[1]
    if not any(box.label for box in boxes):
        rows = _less_flat(rows, lambda more: _greatest(boxes, lean, inner, (low, high), more, _STEPS // 2)[1], inner)
    return [evened(row, inner) for row in rows]


def _less_flat(rows: list[Row], of_number: Callable[[int], list[Row]], most: float) -> list[Row]:
    """Take some more rows, and so larger boxes, where the picture would be all width.

    Twice the rows take boxes of about twice the size, and so four times the height.
    """
    room = most * _FLAT
    number = min(math.ceil(len(rows) * math.sqrt(room / _height(rows))), len(rows) + _MORE)
    for more in range(number, max(number - 2, len(rows)), -1):
        found = of_number(more)
        if _height(found) <= room:
            return found
    return rows


def _height(rows: list[Row]) -> float:
    return sum(max(each.box.height + each.box.depth for each in row.placed) + BETWEEN_ROWS for row in rows)


def has_cues(most: float | None) -> bool:
    """Return whether rows within `most` pixels have room for cues beside them."""
    return most is None or most > 6 * ROOM


def between_cues(most: float) -> float:
    """Return the width of a row of several within `most` pixels: what its cues leave."""
    return most - 2 * ROOM if has_cues(most) else most


def _placed(boxes: list[Box], lean: int, scale: float, most: float) -> list[Row]:
    return place((scaled(box, scale) for box in boxes), lean, most)


def _greatest(
    boxes: list[Box], lean: int, most: float, scales: tuple[float, float], number: int, steps: int = _STEPS
) -> tuple[float, list[Row]]:
    """Return the largest of `scales` with at most `number` rows; the smallest if there is none."""
    high = scales[1]
    low = min(scales)
    best = _placed(boxes, lean, low, most)
    if len(best) > number:
        return low, best
    for _ in range(steps):
        middle = (low + high) / 2
        rows = _placed(boxes, lean, middle, most)
        if len(rows) <= number:
            best, low = rows, middle
        else:
            high = middle
    return low, best


def _least_scale(boxes: list[Box]) -> float:
    """Return the scale at which the narrowest front face is just legible."""
    return min(max(LEGIBLE / min(box.width for box in boxes), _SMALLEST), 0.5)


def _widest_scale(boxes: list[Box], most: float) -> float:
    """Return the scale at which each single box has room, with its label, which is not scaled."""
    return min(1.0, *(_own_scale(box, most) for box in boxes))


def _own_scale(box: Box, most: float) -> float:
    half = box.label.width / 2 if box.label else 0.0
    beside_label = max(most - half - LEGIBLE, 1) / (box.width / 2 + box.depth)
    return min(max(most - LEGIBLE, 1) / (box.width + box.depth), beside_label)
