"""The legend: a small cube and a text for each thing that the picture tells apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from sphinxext_layered.description import LayerDescription
from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.palette import FROZEN, Look, is_frozen
from sphinxext_layered.drawing.scene import RGBA, Group, Shape
from sphinxext_layered.drawing.summary import shape_text

from .boxes import Box, Placed, faces, hatching
from .canvas import moved
from .textblock import TextBlock, flush_left, text_block

_BESIDE_CUBE: Final = 7.0
_BETWEEN_ROWS: Final = 6.0
_NAMED: Final = 2


@dataclass(frozen=True)
class Entry:
    """One line of the legend: the look that it explains, and its text."""

    look: Look
    text: str


def entries(boxes: Iterable[Box], *, dimensions: bool, named: Collection[str] = ()) -> list[Entry]:
    """Return an entry for each class in the order in which they come; with `dimensions` for each of its shapes.

    Where a class has several looks, the ones that differ from its usual one name their layers. The usual
    one is the most frequent among layers that no option speaks of by their own names, `named`. Where that has
    the frozen ones, they are told apart as such.
    """

    def is_apart(layer: LayerDescription) -> bool:
        return layer.name in named or (FROZEN in named and is_frozen(layer))

    found: dict[tuple[str, Look, str], list[LayerDescription]] = {}
    for box in boxes:
        shape = _shape(box.layer) if dimensions else ""
        found.setdefault((box.layer.class_name, box.look, shape), []).append(box.layer)
    usual: dict[tuple[str, str], tuple[tuple[int, int], Look]] = {}
    for (name, look, shape), layers in found.items():
        rank = (sum(not is_apart(layer) for layer in layers), len(layers))
        if (name, shape) not in usual or rank > usual[name, shape][0]:
            usual[name, shape] = (rank, look)
    result = []
    for (name, look, shape), layers in found.items():
        told = "" if usual[name, shape][1] == look else _names(layers)
        if FROZEN in named and all(is_frozen(layer) and layer.name not in named for layer in layers):
            told = f"({FROZEN})"
        result.append(Entry(look, " ".join(filter(None, (name, shape, told)))))
    return result


def _shape(layer: LayerDescription) -> str:
    return shape_text(layer.output_shapes[0]) if layer.output_shapes else "?"


def _names(layers: list[LayerDescription]) -> str:
    shown = ", ".join(layer.name for layer in layers[:_NAMED])
    more = ", \u2026" if len(layers) > _NAMED else ""
    return f"({shown}{more})"


@dataclass(frozen=True)
class Legend:
    """Measured entries, in columns as wide as their widest."""

    entries: list[Entry]
    blocks: list[TextBlock]
    font: Font
    between: float
    shade_step: float

    @property
    def side(self) -> float:
        """The side of a cube's front face; with its depth a cube is as high as a line of text."""
        return self.font.height * 0.7

    @property
    def indent(self) -> float:
        """From a cell's left edge to its text."""
        return self.side * 4 / 3 + _BESIDE_CUBE

    def columns(self, width: float) -> int:
        """Return how many entries stand beside each other: as few rows as fit in `width`, all about as long."""
        fitting = [1]
        for columns in range(2, len(self.entries) + 1):
            if sum(self._narrowest(columns)) > width:
                break
            if self.size(columns)[0] <= width:
                fitting.append(columns)
        rows = [-(-len(self.entries) // columns) for columns in fitting]
        return fitting[rows.index(rows[-1])]

    def size(self, columns: int) -> tuple[float, float]:
        """Return width and height of the legend in so many columns."""
        heights = self._heights(columns)
        widths = self._widths(columns)
        return (
            sum(widths) + self.between * (len(widths) - 1),
            sum(heights) + _BETWEEN_ROWS * (len(heights) - 1),
        )

    def draw(self, columns: int, lean: int, colour: RGBA) -> Group:
        """Draw the entries row by row, from (0, 0) down."""
        shapes: list[Shape] = []
        widths = self._widths(columns)
        lefts = [0.0, *accumulate(width + self.between for width in widths)]
        tops = [0.0, *accumulate(height + _BETWEEN_ROWS for height in self._heights(columns))]
        for i, (entry, block) in enumerate(zip(self.entries, self.blocks, strict=True)):
            row, column = divmod(i, columns)
            shapes += self._cube(entry.look, lefts[column], tops[row], lean)
            shapes += flush_left(block, lefts[column] + self.indent, tops[row], colour)
        return Group("legend", tuple(shapes), title="Legend")

    def _narrowest(self, columns: int) -> list[float]:
        """Return what so many columns need at least: the first row's cells."""
        return [self.indent + block.width for block in self.blocks[:columns]]

    def _widths(self, columns: int) -> list[float]:
        return [
            self.indent + max(block.width for block in self.blocks[i::columns])
            for i in range(min(columns, len(self.blocks)))
        ]

    def _heights(self, columns: int) -> list[float]:
        return [
            max(block.height for block in self.blocks[i : i + columns]) for i in range(0, len(self.blocks), columns)
        ]

    def _cube(self, look: Look, left: float, top: float, lean: int) -> list[Shape]:
        depth = self.side / 3
        box = Box(LayerDescription(index=0, name="", class_name=""), look, self.side, self.side, depth, 0)
        placed = Placed(box, left if lean > 0 else left + depth, lean)
        shapes: tuple[Shape, ...] = (*faces(placed, self.shade_step), *hatching(placed))
        return [moved(shape, 0, top + self.font.height / 2) for shape in shapes]


def measured(found: list[Entry], font: Font, *, between: float, shade_step: float, most: float | None) -> Legend:
    """Measure the entries; texts wider than `most` allows are wrapped at their words."""
    bare = Legend([], [], font, between, shade_step)
    room = None if most is None else max(most - bare.indent, 1)
    return Legend(found, [text_block(each.text, font, 0, room) for each in found], font, between, shade_step)
