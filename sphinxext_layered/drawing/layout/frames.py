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
from .items import Plain, middle
from .style import Style
from .textblock import TextBlock

PADDING: Final = 7.0
"""Between a frame and what stands in it, px."""

_CORNER: Final = 8.0
_PILL: Final = 6.0
_CLEAR: Final = 3.0
_CLOSED: Final = 12.0


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
    mark : str
        What stands at its corner.
    """

    grid: Grid
    entries: Mapping[int, int]
    exits: Mapping[int, int]
    label: TextBlock | None
    mark: str
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
        """What it takes, measured from where the grid begins; the upper and lower edge have to be drawn for that."""
        drawn = bounds(self._groups, self.grid.style.font)
        top = drawn.top - (max(PADDING, self._badge / 2 + _CLEAR) if self.mark else PADDING)
        before, after = self._sides
        return Bounds(-before, top, self.grid.width + after, drawn.bottom + PADDING)

    @property
    def _sides(self) -> tuple[float, float]:
        """What is left free where no lines come in or go out."""
        return (0.0 if self.entries else PADDING, 0.0 if self.exits else PADDING)

    @property
    def left(self) -> float:
        """Half its width."""
        return (self.grid.width + sum(self._sides)) / 2

    @property
    def right(self) -> float:
        """Half its width."""
        return self.left

    def reach(self, side: int) -> float:
        """Return how far it reaches up, with its badge, or down."""
        if side > 0:
            return self._reach.bottom
        return -self._reach.top + (self._badge / 2 if self.mark else 0.0)

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
        outline = _outline(Bounds(left, reach.top, right, reach.bottom), style)
        yield Group("frame", (outline,), title=self.title)
        yield from (moved_group(group, left - reach.left, 0) for group in self._groups)
        if self.mark:
            yield _pill(self.mark, right, reach.top, style)


@dataclass(frozen=True)
class ClosedItem(Plain):
    """A frame with the letter of a block that is drawn elsewhere; as high as what the block returns would be."""

    letter: str
    mark: str
    height: float
    label: TextBlock | None
    title: str
    font: Font
    label_above: bool = False
    label_centre: float = 0.0

    @property
    def left(self) -> float:
        """Half its width."""
        mark = _pill_width(self.mark, self.font) / 2 + _CLEAR if self.mark else 0.0
        return max(_CLOSED, self.font.width(self.letter) / 2 + PADDING, mark)

    @property
    def right(self) -> float:
        """Half its width."""
        return self.left

    def reach(self, side: int) -> float:
        """Return half its height, with its badge."""
        return self._half + (_pill_height(self.font) / 2 if side < 0 and self.mark else 0.0)

    @property
    def _half(self) -> float:
        return max(self.height / 2, _CLOSED + (_pill_height(self.font) / 4 if self.mark else 0.0))

    def enter(self, y: float) -> float:
        """Return its left edge."""
        return -self.left

    def leave(self) -> float:
        """Return its right edge."""
        return self.right

    def edge(self, side: int, x: float) -> Point:
        """Return a point of its upper or lower edge."""
        return (max(min(x, self.edge_room()), -self.edge_room()), side * self._half)

    def port_room(self, side: int) -> float:
        """Return what of its left edge is straight on one side of its axis."""
        return self._half - _CORNER

    def edge_room(self) -> float:
        """Return what of its upper edge is straight on one side of its middle."""
        return self.left - _CORNER

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw the frame with its letter and its badge."""
        left, right, half = x - self.left, x + self.right, self._half
        width = self.font.width(self.letter)
        below = _pill_height(self.font) / 4 if self.mark else 0.0
        word = Text(x - width / 2, middle(self.font) + below, self.letter, style.ink, width)
        yield Group("frame", (_outline(Bounds(left, -half, right, half), style), word), title=self.title)
        if self.mark:
            yield _pill(self.mark, right, -half, style, _CLEAR)


def mark_of(letter: str, times: int) -> str:
    """Return what stands at the corner of a frame: its letter, if any, and how often it repeats."""
    return f"{letter} \u00d7 {times}".strip() if times > 1 else letter


def _pill_width(text: str, font: Font) -> float:
    return font.width(text) + 2 * _PILL + 4


def _outline(reach: Bounds, style: Style) -> Polygon:
    left, top, right, bottom = reach
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Polygon(rounded(corners, _CORNER, closed=True), (*style.ink[:3], 9), (*style.ink[:3], 110))


def _pill_height(font: Font) -> float:
    return font.height + 4


def _pill(text: str, right: float, middle: float, style: Style, inset: float = _CORNER) -> Group:
    """Draw a badge at the upper right corner of a frame."""
    font = style.font
    width, height = _pill_width(text, font), _pill_height(font)
    left, top = right - width - inset, middle - height / 2
    corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    colour: RGBA = (*style.ink[:3], 255)
    background: RGBA = (*style.background[:3], 255)
    start = left + (width - font.width(text)) / 2
    word = Text(start, top + 2 + font.ascent, text, background, font.width(text))
    return Group("frame", (Polygon(rounded(corners, height / 2, closed=True), colour), word), title=None)
