"""The picture as a value: shapes in pixels, before any painter has seen it.

Origin top left, y down, one unit one pixel of the picture as shown (a painter multiplies by the pixel
ratio). Paint order is list order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .fonts import Font

Point = tuple[float, float]
RGBA = tuple[int, int, int, int]
"""Straight (not premultiplied) red, green, blue and alpha, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed area; `fill` or `outline` None is not painted. `width` is the outline's, in pixels."""

    points: tuple[Point, ...]
    fill: RGBA | None
    outline: RGBA | None = None
    width: float = 1


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line from `start` to `end`."""

    start: Point
    end: Point
    colour: RGBA
    width: float = 1


@dataclass(frozen=True, slots=True)
class Path:
    """A line through several points."""

    points: tuple[Point, ...]
    colour: RGBA
    width: float = 1


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text: (x, y) is the left end of its baseline, `width` its measured advance."""

    x: float
    y: float
    string: str
    colour: RGBA
    width: float


Shape = Polygon | Line | Path | Text


@dataclass(frozen=True, slots=True)
class Group:
    """Shapes that belong together: a layer's box with its label, a funnel, the legend.

    `title` is what a tooltip says of it; `layer` the index of the layer it shows; `connects` the names of the
    calls that a funnel or line connects.
    """

    role: Literal["layer", "funnel", "label", "legend", "connector", "frame", "bracket"]
    shapes: tuple[Shape, ...]
    title: str | None = None
    layer: int | None = None
    connects: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole picture of `width` x `height` pixels.

    `title` and `summary` are for readers who cannot see it.
    """

    width: int
    height: int
    background: RGBA
    groups: tuple[Group, ...]
    font: Font
    title: str = ""
    summary: str = ""

    def shapes(self) -> Iterator[Shape]:
        """Return every shape in paint order."""
        for group in self.groups:
            yield from group.shapes
