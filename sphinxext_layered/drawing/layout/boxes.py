"""Boxes: a layer's front face and the depth behind it, and the shapes that show them.

A row is laid out around its own middle line, y = 0: the middle of every box, depth included, lies on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sphinxext_layered.description import LayerDescription
from sphinxext_layered.drawing.palette import Look, shade
from sphinxext_layered.drawing.scene import RGBA, Line, Point, Polygon, Shape

from .textblock import TextBlock

LEGIBLE: Final = 5.0
"""The minimum width and height of a scaled front face, px."""

LEAST_GAP: Final = 2.0
"""The minimum gap between scaled boxes, px."""

_BREAK: Final = 4.0
_SLANT: Final = 4.0
_HATCH: Final = 9.0
_HATCH_WIDTH: Final = 0.75


class Box(NamedTuple):
    """A layer's box, not placed yet.

    `depth` is how far it is drawn to the side and up; `gap` the distance to the box before it, without
    what depth and labels add; `above` says where its label stands.
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
    """Return the box at `factor` of its size; its text keeps its own."""
    if factor == 1:
        return box
    return box._replace(
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
        """Return where the corner behind (x, y) is."""
        return (x + self.lean * self.box.depth, y - self.box.depth)

    def lowest(self, start: float, end: float) -> float | None:
        """Return the lower edge of what is seen between two x, None where there is nothing."""
        near = self._near(start, end)
        return None if near is None else self.bottom - max(near[0] - self.box.width, 0)

    def highest(self, start: float, end: float) -> float | None:
        """Return the upper edge of what is seen between two x, None where there is nothing."""
        near = self._near(start, end)
        return None if near is None else self.top - min(max(near[1], 0), self.box.depth)

    def _near(self, start: float, end: float) -> tuple[float, float] | None:
        """Measure an interval from the edge of the front face that the depth leans away from."""
        near = (start - self.left, end - self.left) if self.lean > 0 else (self.right - end, self.right - start)
        return None if near[1] < 0 or near[0] > self.box.width + self.box.depth else near


def extent(left: float, box: Box, lean: int) -> tuple[float, float]:
    """Return the leftmost and the rightmost x of a box whose front face begins at `left`."""
    right = left + box.width
    return (left, right + box.depth) if lean > 0 else (left - box.depth, right)


def box_shapes(placed: Placed, shade_step: float, background: RGBA) -> tuple[Shape, ...]:
    """Draw a box: side and top where it has depth, the front face, and a mark where it was cut down."""
    return (*faces(placed, shade_step), *hatching(placed), *_marks(placed, background))


def hatching(placed: Placed) -> Iterator[Line]:
    """Draw thin lines that rise across the front face, where the box is hatched."""
    if not placed.box.look.hatched:
        return
    left, right, top, bottom = placed.left, placed.right, placed.top, placed.bottom
    number = math.ceil((placed.box.width + placed.box.height) / 2 / _HATCH) - 1
    for i in range(-number, number + 1):
        total = (left + right + top + bottom) / 2 + i * _HATCH  # of the x and the y of each point on the line
        start, end = max(left, total - bottom), min(right, total - top)
        yield Line((start, total - start), (end, total - end), placed.box.look.outline, _HATCH_WIDTH)


def faces(placed: Placed, shade_step: float) -> tuple[Polygon, ...]:
    """Return side, top and front face, each darker than the next by `shade_step`."""
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


def _marks(placed: Placed, background: RGBA) -> Iterator[Shape]:
    """Draw a break through each dimension that was cut down, as engineers break off what is too long."""
    left, right, top, bottom = placed.left, placed.right, placed.top, placed.bottom
    outline, level, middle = placed.box.look.outline, (top + bottom) / 2, placed.centre
    if "width" in placed.box.capped:
        gap, slant = _break_of(placed.box.width, placed.box.height)
        upper = (middle + slant, top)
        if placed.box.depth:
            yield from _break(upper, placed.behind(*upper), (gap, 0), background, outline)
        yield from _break(upper, (middle - slant, bottom), (gap, 0), background, outline)
    if "height" in placed.box.capped:
        gap, slant = _break_of(placed.box.height, placed.box.width)
        ends = ((left, level + slant), (right, level - slant))
        if placed.box.depth:
            edge = ends[1] if placed.lean > 0 else ends[0]
            yield from _break(edge, placed.behind(*edge), (0, gap), background, outline)
        yield from _break(*ends, (0, gap), background, outline)
    if "depth" in placed.box.capped:
        yield from _depth_break(placed, background)


def _break_of(length: float, breadth: float) -> tuple[float, float]:
    """Return how wide a break through `length` is, and by how much each of its ends is off the middle."""
    return min(_BREAK, length / 4), min(_SLANT, breadth / 4, length / 4)


def _depth_break(placed: Placed, background: RGBA) -> Iterator[Shape]:
    """Draw a break through the top and the side, half way back."""
    left, right, top, bottom = placed.left, placed.right, placed.top, placed.bottom
    half, gap = placed.box.depth / 2, min(_BREAK * 0.7, placed.box.depth / 4)
    shift, across = placed.lean * half, (placed.lean * gap, -gap)
    edge = right if placed.lean > 0 else left
    back = edge + shift
    yield from _break(
        (left + shift, top - half), (right + shift, top - half), across, background, placed.box.look.outline
    )
    yield from _break((back, top - half), (back, bottom - half), across, background, placed.box.look.outline)


def _break(start: Point, end: Point, across: Point, background: RGBA, outline: RGBA) -> Iterator[Shape]:
    """Draw a gap that is `across` wide along a line."""
    x, y = across[0] / 2, across[1] / 2
    one = ((start[0] - x, start[1] - y), (end[0] - x, end[1] - y))
    other = ((start[0] + x, start[1] + y), (end[0] + x, end[1] + y))
    if background[3]:
        yield Polygon((*one, *reversed(other)), background)
    yield Line(*one, outline)
    yield Line(*other, outline)
