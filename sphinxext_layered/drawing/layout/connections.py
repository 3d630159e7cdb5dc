"""The shapes of connections: lines with rounded corners and an arrowhead, and named stubs in their place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from sphinxext_layered.drawing.palette import over
from sphinxext_layered.drawing.scene import RGBA, Path, Point, Polygon, Shape

CORNER: Final = 6.0
"""The radius of a line's corners, px."""

HEAD: Final = 5.5
"""The length of an arrowhead, px."""

_ARC: Final = 4
"""The straight pieces of which a rounded corner is made."""


def line_colour(chosen: RGBA | None, ink: RGBA, background: RGBA) -> RGBA:
    """Return the colour of lines: the one that is chosen, or a soft one between text and background."""
    if chosen is not None:
        return chosen
    soft = (*ink[:3], round(ink[3] * 0.68))
    return over(soft, (*background[:3], 255)) if background[3] else soft


def arrow(points: Sequence[Point], colour: RGBA, width: float, *, head: bool = True) -> Iterator[Shape]:
    """Draw a line along points, with rounded corners, and an arrowhead at its end."""
    points = _distinct(points)
    if len(points) < 2:
        return
    if not head:
        yield Path(rounded(points), colour, width)
        return
    size = HEAD + (width - 1)
    end, before = points[-1], points[-2]
    length = math.hypot(end[0] - before[0], end[1] - before[1])
    x, y = (end[0] - before[0]) / length, (end[1] - before[1]) / length
    size = min(size, length)
    base = (end[0] - x * size, end[1] - y * size)
    half = size * 0.55
    if length > size or len(points) > 2:
        yield Path(rounded([*points[:-1], base]), colour, width)
    yield Polygon((end, (base[0] - y * half, base[1] + x * half), (base[0] + y * half, base[1] - x * half)), colour)


def _distinct(points: Sequence[Point]) -> list[Point]:
    """Return points without those that are where the one before is, or on the way to the next."""
    kept: list[Point] = []
    for point in points:
        if kept and math.dist(kept[-1], point) < 0.01:
            continue
        if len(kept) > 1 and _is_between(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return kept


def _is_between(one: Point, middle: Point, other: Point) -> bool:
    """Return whether a path of right angles goes straight on in the middle of three points."""
    return any(abs(one[axis] - middle[axis]) < 0.01 and abs(middle[axis] - other[axis]) < 0.01 for axis in (0, 1))


def rounded(points: Sequence[Point], radius: float = CORNER, *, closed: bool = False) -> tuple[Point, ...]:
    """Return points with each corner between them rounded, as points of its arc."""
    points = list(points)
    result: list[Point] = [] if closed else [points[0]]
    ring = [points[-1], *points, points[0]] if closed else points
    for before, corner, after in zip(ring, ring[1:], ring[2:], strict=False):
        result += _arc(before, corner, after, radius)
    return tuple(result if closed else [*result, points[-1]])


def _arc(before: Point, corner: Point, after: Point, radius: float) -> list[Point]:
    to, on = math.dist(before, corner), math.dist(corner, after)
    reach = min(radius, to / 2, on / 2)
    if reach < 0.5:
        return [corner]
    start = tuple(corner[i] + (before[i] - corner[i]) * reach / to for i in (0, 1))
    end = tuple(corner[i] + (after[i] - corner[i]) * reach / on for i in (0, 1))
    arc = []
    for step in range(_ARC + 1):
        t = step / _ARC
        weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
        x, y = (weights[0] * start[i] + weights[1] * corner[i] + weights[2] * end[i] for i in (0, 1))
        arc.append((x, y))
    return arc


def pieces(points: Sequence[Point]) -> Iterator[tuple[Point, Point]]:
    """Return the straight pieces of a line."""
    return pairwise(points)
