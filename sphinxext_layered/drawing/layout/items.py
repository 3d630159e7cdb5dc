"""What stands in a cell of the grid: a box, a round node with its sign, or the place where a row goes on.

Each is measured from its own middle, (0, 0), which lies on the axis of its lane.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.scene import RGBA, Group, Line, Point, Polygon, Shape, Text
from sphinxext_layered.drawing.summary import layer_title

from .boxes import Box, Placed, box_shapes
from .style import Style
from .textblock import TextBlock

RADIUS: Final = 9.0
"""The radius of a round node, px."""

_BADGE: Final = 7.5
_ARM: Final = 4.5
_RING: Final = 2.5
_SMALLER: Final = 2.0


class Item(Protocol):
    """What stands in a cell."""

    @property
    def left(self) -> float:
        """How far it reaches to the left of its middle, px."""

    @property
    def right(self) -> float:
        """How far it reaches to the right of its middle, px."""

    def reach(self, side: int) -> float:
        """Return how far it reaches above (-1) or below (1) its middle, px."""

    @property
    def label(self) -> TextBlock | None:
        """Its label."""

    @property
    def label_above(self) -> bool:
        """Whether its label stands above it."""

    @property
    def label_centre(self) -> float:
        """The x of the middle of its label."""

    @property
    def is_open(self) -> bool:
        """Whether lines may meet it from above and below."""

    @property
    def is_frame(self) -> bool:
        """Whether lines go on in it."""

    @property
    def entries(self) -> Mapping[int, int]:
        """The lane in which the line from another member passes its edge, where that is not the axis."""

    @property
    def exits(self) -> Mapping[int, int]:
        """The lane in which the line to another member passes its edge, where that is not the axis."""

    def port(self, side: int, other: int) -> float:
        """Return the y at which the line from (-1) or to (1) another member passes its edge."""

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw it, with its middle at `x`."""

    def enter(self, y: float) -> float:
        """Return the x at which a line at `y` enters from the left."""

    def leave(self) -> float:
        """Return the x at which a line on the axis leaves to the right."""

    def edge(self, side: int, x: float) -> Point:
        """Return where a line `x` right of the middle of the upper (-1) or lower (1) edge ends."""

    def port_room(self, side: int) -> float:
        """Return how far above (-1) or below (1) the axis lines may enter, px."""

    def edge_room(self) -> float:
        """Return how far from the middle of the upper and lower edges lines may meet them, px."""


class Plain:
    """What boxes, round nodes and closed frames have in common: lines meet them anywhere."""

    is_open: bool = True
    is_frame: bool = False
    entries: Mapping[int, int] = MappingProxyType({})
    exits: Mapping[int, int] = MappingProxyType({})

    def port(self, side: int, other: int) -> float:
        """Return the axis."""
        return 0.0


@dataclass(frozen=True)
class BoxItem(Plain):
    """A layer's box.

    Attributes
    ----------
    box : Box
        With the bands.
    lean : {1, -1}
        1 where its depth goes to the right.
    shared : int
        The number that marks all calls of one layer, 0 for none.
    bands : tuple of Box
        The layers that are folded onto it: slices at its right.
    badge : float
        The radius of that number, px.
    """

    box: Box
    lean: int
    shared: int = 0
    bands: tuple[Box, ...] = ()
    badge: float = 0.0

    @property
    def left(self) -> float:
        """Half the silhouette's width, and what a badge adds."""
        return (self.box.width + self.box.depth) / 2 + self.badge

    @property
    def right(self) -> float:
        """Half the silhouette's width."""
        return (self.box.width + self.box.depth) / 2

    def reach(self, side: int) -> float:
        """Return half the silhouette's height, and what a badge adds."""
        badge = self.badge if side < 0 and not self.box.depth else 0
        return (self.box.height + self.box.depth) / 2 + badge

    @property
    def label(self) -> TextBlock | None:
        """The box's label."""
        return self.box.label

    @property
    def label_above(self) -> bool:
        """Whether the label stands above."""
        return self.box.above

    @property
    def label_centre(self) -> float:
        """The middle of the front face."""
        return -self.lean * self.box.depth / 2

    def placed(self, x: float) -> Placed:
        """Return the box in its place, with its middle at `x`."""
        return Placed(self.box, x + self.label_centre - self.box.width / 2, self.lean)

    def enter(self, y: float) -> float:
        """Return where a line enters: at the silhouette's left edge."""
        placed = self.placed(0)
        if self.lean > 0:
            return placed.left + max(placed.top - y, 0)
        return placed.left - self.box.depth + max(y - (placed.bottom - self.box.depth), 0)

    def leave(self) -> float:
        """Return where a line leaves: from the middle of the side that is seen."""
        placed = self.placed(0)
        if self.lean > 0:
            return placed.right + self.box.depth / 2
        return placed.right - max(placed.top, 0)

    def edge(self, side: int, x: float) -> Point:
        """Return a point of the upper edge, which lies at the back, or of the lower one, which lies in front."""
        reach = self.edge_room()
        middle = -side * self.lean * self.box.depth / 2
        return (middle + max(min(x, reach), -reach), side * (self.box.height + self.box.depth) / 2)

    def edge_room(self) -> float:
        """Return half the width of the front face, less its corners."""
        return max(self.box.width / 2 - 1, 0)

    def port_room(self, side: int) -> float:
        """Return what of the left edge, which lies in front or at the back, is above or below the axis."""
        return max((self.box.height + side * self.lean * self.box.depth) / 2 - 2, self.box.height / 5)

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw the box with its bands, and its badge where it has one."""
        placed = self.placed(x)
        slices = [self.box._replace(width=self.box.width - sum(band.width for band in self.bands)), *self.bands]
        left = placed.left
        places = []
        for box in slices:
            places.append(Placed(box, left, self.lean))
            left += box.width
        for each in places[:: self.lean]:  # each hides the side of the one before
            shapes: tuple[Shape, ...] = box_shapes(each, style.shade_step, style.background)
            if self.shared and each is places[0]:
                shapes += tuple(_badge(str(self.shared), (placed.left, placed.top), style))
            yield Group("layer", shapes, title=layer_title(each.box.layer), layer=_index(each.box))


def _index(box: Box) -> int | None:
    """Return the index of a box's layer, None for an operation."""
    return box.layer.index if box.layer.index >= 0 else None


def badge_radius(text: str, font: Font) -> float:
    """Return the radius of a badge."""
    return max(_BADGE, font.width(text) / 2 + 2)


def _badge(text: str, centre: Point, style: Style) -> Iterator[Shape]:
    width = style.font.width(text)
    radius = badge_radius(text, style.font)
    yield Polygon(circle(centre, radius), (*style.background[:3], 255), style.ink)
    yield Text(centre[0] - width / 2, centre[1] + middle(style.font), text, style.ink, width)


def middle(font: Font) -> float:
    """Return how far below the middle of digits and signs their baseline is."""
    return font.ascent * 0.39


@dataclass(frozen=True)
class SignItem(Plain):
    """A round node that merges tensors: its sign is drawn, or written where it is a word."""

    box: Box
    sign: str
    radius: float = RADIUS
    bands: tuple[Box, ...] = ()
    label: TextBlock | None = None
    label_above: bool = False
    label_centre: float = 0.0

    @property
    def left(self) -> float:
        """The radius."""
        return self.radius

    @property
    def right(self) -> float:
        """The radius."""
        return self.radius

    def reach(self, side: int) -> float:
        """Return the radius."""
        return self.radius

    def enter(self, y: float) -> float:
        """Return a point of the circle."""
        return -math.sqrt(max(self.radius**2 - y**2, 0))

    def leave(self) -> float:
        """Return the radius."""
        return self.radius

    def edge(self, side: int, x: float) -> Point:
        """Return a point of the circle."""
        x = max(min(x, self.edge_room()), -self.edge_room())
        return (x, side * math.sqrt(self.radius**2 - x**2))

    def port_room(self, side: int) -> float:
        """Return what of the circle lines from the left meet well."""
        return self.radius * 0.6

    def edge_room(self) -> float:
        """Return what of the circle lines from above or below meet well."""
        return self.radius * 0.5

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw the circle and its sign, within a ring for each layer that is folded onto it."""
        for i, band in enumerate(reversed(self.bands)):
            ring = Polygon(circle((x, 0), self.radius - _RING * i), band.look.fill, band.look.outline)
            yield Group("layer", (ring,), title=layer_title(band.layer), layer=_index(band))
        inner = self.radius - _RING * len(self.bands)
        fill = (*style.background[:3], 255)
        shapes = (Polygon(circle((x, 0), inner), fill, style.ink, 1.5), *self._sign(x, style.font, style.ink))
        yield Group("layer", shapes, title=layer_title(self.box.layer), layer=_index(self.box))

    def _sign(self, x: float, font: Font, ink: RGBA) -> Iterator[Shape]:
        arm = min(_ARM, self.radius / 2)
        slanted = arm * 0.75
        lines = {
            "+": [((x - arm, 0.0), (x + arm, 0.0)), ((x, -arm), (x, arm))],
            "\u2212": [((x - arm, 0.0), (x + arm, 0.0))],
            "\u00d7": [
                ((x - slanted, -slanted), (x + slanted, slanted)),
                ((x - slanted, slanted), (x + slanted, -slanted)),
            ],
        }
        if self.sign in lines:
            for start, end in lines[self.sign]:
                yield Line(start, end, ink, 1.75)
        else:
            width = font.width(self.sign)
            yield Text(x - width / 2, middle(font), self.sign, ink, width)


def sign_radius(sign: str, font: Font, bands: int = 0, scale: float = 1.0) -> float:
    """Return the radius of a round node with this sign, and so many layers folded onto it, among boxes of a scale."""
    own = RADIUS - _SMALLER * (1 - min(scale * 2, 1.0))
    return (own if len(sign) == 1 else max(own, font.width(sign) / 2 + 4)) + _RING * bands


@dataclass(frozen=True)
class PortItem(Plain):
    """A place at the edge of a row where a connection comes from the row before or goes to the next."""

    left: float = 0.0
    right: float = 0.0
    label: TextBlock | None = None
    label_above: bool = True
    label_centre: float = 0.0
    is_open: bool = False

    def draw(self, x: float, style: Style) -> Iterator[Group]:
        """Draw nothing."""
        yield from ()

    def reach(self, side: int) -> float:
        """Return nothing."""
        return 0.0

    def enter(self, y: float) -> float:
        """Return its own place."""
        return 0.0

    def leave(self) -> float:
        """Return its own place."""
        return 0.0

    def edge(self, side: int, x: float) -> Point:
        """Return its own place."""
        return (0.0, 0.0)

    def port_room(self, side: int) -> float:
        """Return nothing."""
        return 0.0

    def edge_room(self) -> float:
        """Return nothing."""
        return 0.0


def circle(centre: Point, radius: float, corners: int = 32) -> tuple[Point, ...]:
    """Return the corners of a polygon that is drawn as a circle."""
    turns = [2 * math.pi * i / corners for i in range(corners)]
    return tuple((centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn)) for turn in turns)
