"""Moving shapes, and measuring how far they reach, with the ink of their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.scene import Group, Line, Path, Point, Polygon, Shape, Text


class Bounds(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top


def moved(shape: Shape, x: float, y: float) -> Shape:
    """Return a shape moved right and down."""
    if isinstance(shape, Text):
        return Text(shape.x + x, shape.y + y, shape.string, shape.colour, shape.width)
    if isinstance(shape, Line):
        return Line(_moved(shape.start, x, y), _moved(shape.end, x, y), shape.colour, shape.width)
    points = tuple([(left + x, top + y) for left, top in shape.points])
    if isinstance(shape, Path):
        return Path(points, shape.colour, shape.width)
    return Polygon(points, shape.fill, shape.outline, shape.width)


def _moved(point: Point, x: float, y: float) -> Point:
    return (point[0] + x, point[1] + y)


def moved_group(group: Group, x: float, y: float) -> Group:
    """Return a group moved right and down."""
    shapes = tuple([moved(shape, x, y) for shape in group.shapes])
    return Group(group.role, shapes, group.title, group.layer, group.connects)


def on_whole_baselines(group: Group) -> Group:
    """Return a group whose words stand on whole pixels, but for those that are in the middle of a shape.

    Pillow and browsers would round other baselines, each in its own way.
    """
    if group.role in ("layer", "frame"):
        return group
    snapped = (moved(each, 0, round(each.y) - each.y) if isinstance(each, Text) else each for each in group.shapes)
    return Group(group.role, tuple(snapped), group.title, group.layer, group.connects)


def bounds(groups: Iterable[Group], font: Font) -> Bounds:
    """Measure how far groups reach, with half the width of their lines and the height of their text."""
    corners = [corner for group in groups for shape in group.shapes for corner in _corners(shape, font)]
    xs, ys = zip(*corners, strict=True)
    return Bounds(min(xs), min(ys), max(xs), max(ys))


def _corners(shape: Shape, font: Font) -> Iterator[Point]:
    if isinstance(shape, Text):
        yield (shape.x, shape.y - font.ascent)
        yield (shape.x + shape.width, shape.y + font.descent)
        return
    points = (shape.start, shape.end) if isinstance(shape, Line) else shape.points
    ink = shape.width / 2
    for x, y in points:
        yield (x - ink, y - ink)
        yield (x + ink, y + ink)
