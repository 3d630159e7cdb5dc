"""Brackets under layers that belong together, with a caption: the groups that a picture's author names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sphinxext_layered.description import ModelDescription, call_ids
from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.graph import Frame, Graph, Node
from sphinxext_layered.drawing.scene import Group, Path
from sphinxext_layered.errors import OptionError
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.values import did_you_mean

from .canvas import bounds
from .connections import line_colour, rounded
from .textblock import centred, text_block

_OFF: Final = 7.0
_HEIGHT: Final = 6.0
_APART: Final = 2.0


def captioned(graph: Graph, description: ModelDescription, options: LayeredViewOptions) -> Graph:
    """Return the graph with frames' captions without the model's name; a group that is just a frame gives it its own.

    Raises
    ------
    OptionError
        A group names a layer that the model lacks.
    """
    layers = [None if call.layer is None else description.layers[call.layer].index for call in description.calls]
    named_by = dict(zip(call_ids(description), layers, strict=True))
    groups = {frozenset(_members(description, first, last)): caption for caption, first, last in options.groups}

    def named(node: Node | Frame) -> Node | Frame:
        if not isinstance(node, Frame):
            return node
        own = frozenset(layer for name in node.names if (layer := named_by.get(name)) is not None)
        inner = replace(node.inner, nodes=tuple(map(named, node.inner.nodes)))
        short = re.sub(rf"^{re.escape(description.name)}[_/\-. ]+", "", node.caption)
        shows_it = node.times > 1 or not node.letter
        return replace(node, inner=inner, caption=(groups.get(own) if shows_it else None) or short)

    return replace(graph, nodes=tuple(map(named, graph.nodes)))


def brackets(
    row: list[Group], description: ModelDescription, options: LayeredViewOptions, font: Font
) -> Iterator[Group]:
    """Yield the brackets of what one row shows of each group, under all that stands above them.

    Where a frame has the group's caption, there is none, nor for what is shown as closed frames alone.

    Raises
    ------
    OptionError
        A group names a layer that the model lacks.
    """
    colour = line_colour(options.connector_color, options.font_color, options.background_fill)
    for caption, first, last in options.groups:
        members = _members(description, first, last)
        boxes = [group for group in row if group.role == "layer" and group.layer in members]
        if not boxes or any(group.role == "frame" and group.title == caption for group in row):
            continue
        reach = bounds(boxes, font)
        left, right = reach.left + _APART, reach.right - _APART
        beside = [group for group in row if group.role in ("layer", "label", "connector", "frame") and group.shapes]
        below = [
            each for each in (bounds([group], font) for group in beside) if each.left < right and left < each.right
        ]
        top = max(each.bottom for each in below) + _OFF
        points = ((left, top), (left, top + _HEIGHT), (right, top + _HEIGHT), (right, top))
        block = text_block(caption, font, 0, max(right - left, font.width("m") * 8))
        words = centred(block, (left + right) / 2, top + _HEIGHT + 4, options.font_color)
        yield Group("bracket", (Path(rounded(points), colour), *words), title=caption)


def _members(description: ModelDescription, first: str, last: str) -> range:
    """Return the indices of the layers from one to another, each by its name or index."""
    start, end = sorted((_index(description, first), _index(description, last)))
    return range(start, end + 1)


def _index(description: ModelDescription, name: str) -> int:
    names = {layer.name: layer.index for layer in description.layers}
    if name in names:
        return names[name]
    if name.isdecimal() and int(name) in names.values():
        return int(name)
    raise OptionError("groups", f"no layer {name!r} in {description.name!r}; {did_you_mean(name, names)}")
