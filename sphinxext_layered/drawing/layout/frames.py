"""Frames: a part of the network in a rounded frame, with its caption, and how often it repeats at its corner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sphinxext_layered.drawing.cached import cached_property
from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.scene import RGBA, Group, Point, Polygon, Text

from .art import draw
from .canvas import Bounds, bounds, moved_group
from .connections import rounded
from .grid import Grid
from .style import Style
from .textblock import TextBlock

PADDING: Final = 9.0
"""Between a frame and what stands in it, px."""

_CORNER: Final = 8.0
_PILL: Final = 6.0


@dataclass(frozen=True)
class FrameItem:
    """A grid in a frame; its axis is that of the grid's main lane.

    Attributes
    ----------
    grid : Grid
        With ports in its first and last columns, where lines come in and go out.
    entries, exits : mapping of int to int
        The lane in which the line from (or to) another member of the outer grid passes the frame's edge.
    label : TextBlock or None
        The caption.
    times : int
        How many equal blocks it stands for.
    """

    grid: Grid
    entries: Mapping[int, int]
    exits: Mapping[int, int]
    label: TextBlock | None
    times: int
    title: str
    label_above: bool = False
    label_centre: float = 0.0
    is_open: bool = False
    is_frame: bool = True

    @cached_property
    def _groups(self) -> list[Group]:
        return draw(self.grid)

    @cached_property
    def _reach(self) -> Bounds:
        drawn = bounds(self._groups, self.grid.style.font)
        return Bounds(
            min(drawn.left, 0.0), drawn.top - PADDING, max(drawn.right, self.grid.width), drawn.bottom + PADDING
        )

    @property
    def left(self) -> float:
        """Half its width."""
        return self._reach.width / 2

    @property
    def right(self) -> float:
        """Half its width."""
        return self._reach.width / 2

    def reach(self, side: int) -> float:
        """Return how far it reaches up, with its badge, or down."""
        if side > 0:
            return self._reach.bottom
        return -self._reach.top + (self._badge / 2 if self.times > 1 else 0.0)

    @property
    def _badge(self) -> float:
        """The height of the badge that says how often it repeats."""
        return _pill_height(self.grid.style.font)

    def enter(self, y: float) -> float:
        """Return its left edge."""
        return -self.left

    def leave(self) -> float:
        """Return its right edge."""
        return self.right

    def edge(self, side: int, x: float) -> Point:
        """Return a point of its upper or lower edge."""
        return (x, self._reach.bottom if side > 0 else self._reach.top)

    def port_room(self, side: int) -> float:
        """Return what of its left edge lies on one side of its axis."""
        return self.reach(side) - _CORNER

    def edge_room(self) -> float:
        """Return half its width, less its corners."""
        return self.left - _CORNER

    def port(self, side: int, other: int) -> float:
        """Return the y at which the line from (-1) or to (1) another member passes its edge."""
        lanes = self.entries if side < 0 else self.exits
        return self.grid.axis_of(lanes.get(other, 0), side)

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw the frame, what is in it, and its badge."""
        reach = self._reach
        left, right = x - self.left, x + self.right
        corners = ((left, reach.top), (right, reach.top), (right, reach.bottom), (left, reach.bottom))
        fill, outline = (*style.ink[:3], 9), (*style.ink[:3], 110)
        yield Group("frame", (Polygon(rounded(corners, _CORNER, closed=True), fill, outline),), title=self.title)
        shift = left - reach.left
        yield from (moved_group(group, shift, 0) for group in self._groups)
        if self.times > 1:
            yield _pill(f"\u00d7 {self.times}", right, reach.top, style)


def _pill_height(font: Font) -> float:
    return font.height + 4


def _pill(text: str, right: float, middle: float, style: Style) -> Group:
    """Draw a badge at the upper right corner of a frame."""
    font = style.font
    width, height = font.width(text) + 2 * _PILL + 4, _pill_height(font)
    left, top = right - width - _CORNER, middle - height / 2
    corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    colour: RGBA = (*style.ink[:3], 255)
    background: RGBA = (*style.background[:3], 255)
    start = left + (width - font.width(text)) / 2
    word = Text(start, top + 2 + font.ascent, text, background, font.width(text))
    return Group("frame", (Polygon(rounded(corners, height / 2, closed=True), colour), word), title=None)
