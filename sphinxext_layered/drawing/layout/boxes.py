"""Boxes: a layer's front face and the depth behind it, and the shapes that show them.

A row is laid out around its own middle line, y = 0: the middle of every box, depth included, lies on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from ...description import LayerDescription
from ..palette import Look, shade
from ..scene import RGBA, Line, Point, Polygon, Shape
from .textblock import TextBlock

LEGIBLE: Final = 5.0
"""The least width and height of a scaled front face, px."""

LEAST_GAP: Final = 2.0
"""The least gap between scaled boxes, px."""

_BREAK: Final = 4.0


@dataclass(frozen=True)
class Box:
    """A layer's box, not placed yet.

    `depth` is how far it is drawn to the side and up; `gap` the distance to the box before it, without
    what depth and labels add; `below` and `above` its label.
    """

    layer: LayerDescription
    look: Look
    width: float
    height: float
    depth: float
    gap: float
    capped: tuple[str, ...] = ()
    label: TextBlock | None = None
    above: bool = False


def scaled(box: Box, factor: float) -> Box:
    """Give the box at `factor` of its size; its text keeps its own."""
    if factor == 1:
        return box
    return replace(
        box,
        width=max(box.width * factor, min(box.width, LEGIBLE)),
        height=max(box.height * factor, min(box.height, LEGIBLE)),
        depth=box.depth * factor,
        gap=max(box.gap * factor, min(box.gap, LEAST_GAP)),
    )


@dataclass(frozen=True)
class Placed:
    """A box with its place in a row: `left` of its front face; `lean` is 1 where depth goes to the right, else -1.

    `tier` counts how many labels' heights its label stands off.
    """

    box: Box
    left: float
    lean: int
    tier: int = 0

    @property
    def right(self) -> float:
        """The front face's right edge."""
        return self.left + self.box.width

    @property
    def centre(self) -> float:
        """The middle of the front face, over which the label stands."""
        return self.left + self.box.width / 2

    @property
    def top(self) -> float:
        """The front face's upper edge."""
        return (self.box.depth - self.box.height) / 2

    @property
    def bottom(self) -> float:
        """The front face's lower edge."""
        return self.top + self.box.height

    @property
    def reach(self) -> tuple[float, float]:
        """The leftmost and the rightmost x, depth included."""
        return extent(self.left, self.box, self.lean)

    def behind(self, x: float, y: float) -> Point:
        """Give where the corner behind (x, y) is."""
        return (x + self.lean * self.box.depth, y - self.box.depth)

    def lowest(self, start: float, end: float) -> float | None:
        """Give the lower edge of what is seen between two x, None where there is nothing."""
        near = self._near(start, end)
        return None if near is None else self.bottom - max(near[0] - self.box.width, 0)

    def highest(self, start: float, end: float) -> float | None:
        """Give the upper edge of what is seen between two x, None where there is nothing."""
        near = self._near(start, end)
        return None if near is None else self.top - min(max(near[1], 0), self.box.depth)

    def _near(self, start: float, end: float) -> tuple[float, float] | None:
        """Measure an interval from the edge of the front face that the depth leans away from."""
        near = (start - self.left, end - self.left) if self.lean > 0 else (self.right - end, self.right - start)
        return None if near[1] < 0 or near[0] > self.box.width + self.box.depth else near


def extent(left: float, box: Box, lean: int) -> tuple[float, float]:
    """Give the leftmost and the rightmost x of a box whose front face begins at `left`."""
    right = left + box.width
    return (left, right + box.depth) if lean > 0 else (left - box.depth, right)


def box_shapes(placed: Placed, shade_step: float, ground: RGBA) -> tuple[Shape, ...]:
    """Draw a box: side and top where it has depth, the front face, and a mark where it was cut down."""
    return (*faces(placed, shade_step), *_marks(placed, ground))


def faces(placed: Placed, shade_step: float) -> tuple[Polygon, ...]:
    """Give side, top and front face, each darker than the next by `shade_step`."""
    look, left, right, top, bottom = placed.box.look, placed.left, placed.right, placed.top, placed.bottom
    front = Polygon(((left, top), (right, top), (right, bottom), (left, bottom)), look.fill, look.outline)
    if not placed.box.depth:
        return (front,)
    edge = right if placed.lean > 0 else left
    behind = placed.behind
    side = ((edge, top), behind(edge, top), behind(edge, bottom), (edge, bottom))
    upper = ((left, top), behind(left, top), behind(right, top), (right, top))
    return (
        Polygon(side, shade(look.fill, 2 * shade_step), look.outline),
        Polygon(upper, shade(look.fill, shade_step), look.outline),
        front,
    )


def _marks(placed: Placed, ground: RGBA) -> Iterator[Shape]:
    """Draw a break through each dimension that was cut down, as engineers break off what is too long."""
    left, right, top, bottom = placed.left, placed.right, placed.top, placed.bottom
    middle, level = placed.centre, (top + bottom) / 2
    if "width" in placed.box.capped:
        yield from _break((middle, top), (middle, bottom), (min(_BREAK, placed.box.width / 3), 0), placed, ground)
    if "height" in placed.box.capped:
        yield from _break((left, level), (right, level), (0, min(_BREAK, placed.box.height / 3)), placed, ground)
    if "depth" in placed.box.capped and placed.box.depth:
        half = placed.box.depth / 2
        by = min(_BREAK, half) * 0.7
        shift = placed.lean * half
        yield from _break(
            (left + shift, top - half), (right + shift, top - half), (placed.lean * by, -by), placed, ground
        )


def _break(start: Point, end: Point, across: Point, placed: Placed, ground: RGBA) -> Iterator[Shape]:
    """Draw a gap of `across` along a line with one tooth in its middle."""
    line = _toothed(start, end, across)
    one = [(x - across[0] / 2, y - across[1] / 2) for x, y in line]
    other = [(x + across[0] / 2, y + across[1] / 2) for x, y in line]
    if ground[3]:
        yield Polygon((*one, *reversed(other)), ground)
    for edge in (one, other):
        for begin, stop in zip(edge, edge[1:], strict=False):
            yield Line(begin, stop, placed.box.look.outline)


def _toothed(start: Point, end: Point, across: Point) -> list[Point]:
    steps = ((0, 0), (0.4, 0), (0.46, 1), (0.54, -1), (0.6, 0), (1, 0))
    (x, y), (far_x, far_y) = start, end
    return [
        (x + (far_x - x) * t + across[0] * tooth * 0.9, y + (far_y - y) * t + across[1] * tooth * 0.9)
        for t, tooth in steps
    ]
