"""The whole picture: rows of boxes with funnels and labels, and the legend beside them, on one canvas."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Final

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing.folding import folded
from sphinxext_layered.drawing.fonts import Font, font_of
from sphinxext_layered.drawing.graph import Frame, Graph, Node, Shown, left_out, shown_of
from sphinxext_layered.drawing.kinds import has_letters, lettered
from sphinxext_layered.drawing.palette import Look, looks
from sphinxext_layered.drawing.repeats import collapsed
from sphinxext_layered.drawing.scene import Group, Scene
from sphinxext_layered.drawing.sections import sectioned
from sphinxext_layered.drawing.summary import alt_text, layer_title
from sphinxext_layered.drawing.texts import Label, label_of
from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.options import LayeredViewOptions

from . import legend as legends
from .axes import drawn_sizes
from .boxes import Box, Placed, box_shapes, scaled
from .brackets import brackets, captioned
from .canvas import Bounds, bounds, moved_group, on_whole_baselines
from .connections import line_colour
from .cues import cues
from .fit import BETWEEN_ROWS, between_cues, fit, has_cues
from .funnels import funnel
from .labels import faint, labels
from .network import ENTRY, ROWS, is_fitting, network_rows
from .part import Part, Setting
from .row import Row
from .sizing import Sizes, size_all
from .style import Style
from .textblock import text_block

_BESIDE_LEGEND: Final = 18.0
_SMALLEST: Final = 0.05
_STEPS: Final = 6
_TRIES: Final = 3

_Measure = Callable[[float | None], tuple[dict[str, Box], tuple[float, float]]]
"""Returns boxes whose labels are no wider than it is given."""


def lay_out(description: ModelDescription, options: LayeredViewOptions) -> Scene:
    """Lay out a model: a chain as a row of boxes, any other graph in columns and lanes.

    Raises
    ------
    ModelError
        The model has no layers.
    OptionError
        Every layer is left out, or there is no room for any.
    """
    scene = _laid_out(description, options, 1.0)
    if options.max_height is None or scene.height <= options.max_height:
        return scene
    low, high, width = _SMALLEST, 1.0, scene.width - 2.0 * options.padding
    best = _laid_out(description, options, low, width)
    for _ in range(_STEPS if best.height <= options.max_height else 0):
        middle = math.sqrt(low * high)
        scene = _laid_out(description, options, middle, width)
        if scene.height <= options.max_height:
            best, low = scene, middle
        else:
            high = middle
    return best


def _laid_out(description: ModelDescription, options: LayeredViewOptions, scale: float, width: float = 0.0) -> Scene:
    """Lay out a model with its boxes at a scale, before they are brought within the width.

    The legend may be `width` pixels wide even where the boxes are not.
    """
    font = font_of(options)
    room = _room(options)
    shown = shown_of(description, options)
    measured = cache(partial(_boxes, description, shown, options, font, scale))
    most = _text_room(room, shown.graph)
    boxes, beyond = measured(most)
    legend = _legend(shown.graph, boxes, options, font, room)
    beside = legend is not None and _is_beside(legend, options, room)
    left = room
    if legend is not None and beside and room is not None:
        left = room - legend.size(1)[0] - _BESIDE_LEGEND
        most = _text_room(left, shown.graph)
        boxes, beyond = measured(most)
    graph = captioned(_structured(shown.graph, boxes, options, font, left), description, options)
    if _text_room(left, graph) != most:
        most = _text_room(left, graph)
        boxes, beyond = measured(most)
    if graph.is_row:
        rows = _row_groups(list(boxes.values()), graph, options, left)
    else:
        rows = _network_groups(graph, options, font, left, most, measured)
    groups = _stacked(rows, description, options, font)
    if legend is not None:
        groups = _with_legend(groups, legend, options, font, width, beside=beside)
    if graph.is_row:
        reach = bounds(groups, font)
    else:
        groups = [on_whole_baselines(group) for group in groups]
        reach = bounds(groups, font)
        reach = reach._replace(top=math.floor(reach.top + 1e-6))
    if room is None:  # what spacing layers add beyond the first and last box
        reach = reach._replace(left=reach.left - beyond[0], right=reach.right + beyond[1])
    return _scene(description, options, font, groups, reach)


def _network_groups(
    graph: Graph, options: LayeredViewOptions, font: Font, room: float | None, most: float | None, measured: _Measure
) -> list[list[Group]]:
    """Draw a network in rows; where lines beside them make these too wide, with labels that are so much narrower."""
    style = _style(options, font)
    rows = network_rows(Part(graph, Setting(measured(most)[0], options, style, most or math.inf)), room)
    if room is None or most is None:
        return rows
    narrower = rows
    for _ in range(_TRIES):
        excess = max(bounds(groups, font).width for groups in narrower) - room - 1
        if excess <= 0:
            return narrower
        most = max(most - excess, 1.0)
        narrower = network_rows(Part(graph, Setting(measured(most)[0], options, style, most)), room)
    return rows


def _structured(
    graph: Graph, boxes: Mapping[str, Box], options: LayeredViewOptions, font: Font, room: float | None
) -> Graph:
    """Return the graph with layers folded and blocks collapsed: as options say, or as far as it takes to fit."""
    if options.connections != "auto" or (graph.is_row and not graph.is_chain):
        return graph
    graph = _as_asked(graph, options)
    if options.collapse == "kinds":
        return graph
    if room is None:
        return sectioned(graph) if options.collapse in ("yes", "channels") and not graph.is_row else graph
    if graph.is_row and len(fit(list(boxes.values()), 1, room)) <= ROWS:
        return graph
    setting = Setting(boxes, options, _style(options, font))

    def fits(graph: Graph) -> bool:
        return is_fitting(Part(graph, setting), room)

    if not graph.is_row and fits(graph):
        return _in_sections(graph, fits)
    for smaller in _smaller(graph, options):
        graph = smaller
        if fits(graph):
            return _in_sections(graph, fits)
    return graph


def _in_sections(graph: Graph, fits: Callable[[Graph], bool]) -> Graph:
    """Return a graph with sections beside its repeats where that fits too; letters make frames enough."""
    if not any(isinstance(node, Frame) for node in graph.nodes) or has_letters(graph):
        return graph
    in_sections = sectioned(graph)
    return in_sections if fits(in_sections) else graph


def _as_asked(graph: Graph, options: LayeredViewOptions) -> Graph:
    """Return the graph with what options ask for outright."""
    asked = graph
    if options.fold and options.fold != "auto":
        asked = folded(asked, "auto" if isinstance(options.fold, str) else options.fold)
    whole = asked
    if options.collapse in ("yes", "channels", "kinds"):
        asked = collapsed(asked, vary=options.collapse != "yes")
    if options.collapse == "kinds":
        asked = lettered(asked, whole)
    return graph if asked.nodes == graph.nodes else replace(asked, is_row=False)


def _smaller(graph: Graph, options: LayeredViewOptions) -> Iterator[Graph]:
    """Yield the graph drawn with less and less, as far as options leave that open."""
    graph = replace(graph, is_row=False)
    if options.fold == "auto":
        graph = folded(graph, "auto")
        yield graph
    if options.collapse == "auto":
        yield collapsed(graph, vary=False)
        varying = collapsed(graph, vary=True)
        yield varying
        yield lettered(varying, graph)


def _row_groups(boxes: list[Box], graph: Graph, options: LayeredViewOptions, room: float | None) -> list[list[Group]]:
    """Draw boxes as one row, or as several with cues where they go on."""
    rows = _rows(boxes, options, room)
    joined = {} if options.connections == "none" else _joined(graph)
    drawn = []
    first = 0
    for i, row in enumerate(rows):
        groups = _drawn(row, options, first, joined)
        first += len(row.placed)
        if has_cues(room):
            colour = faint(options.font_color)
            groups += cues(row.start, row.end, colour, first=i == 0, last=i == len(rows) - 1)
        drawn.append([moved_group(group, -row.start, 0) for group in groups])
    return drawn


def _joined(graph: Graph) -> dict[int, tuple[str, str]]:
    """Return the names of the neighbours that are connected, by the position of the second."""
    names = [node.names[0] for node in graph.nodes]
    return {target: (names[source], names[target]) for source, target in graph.edges if target == source + 1}


def _rows(boxes: list[Box], options: LayeredViewOptions, room: float | None) -> list[Row]:
    """Place the boxes; labels of which nobody chose the side alternate where that saves rows."""
    lean = -1 if options.draw_reversed else 1
    rows = fit(boxes, lean, room)
    if len(rows) == 1 or not options.labels_are_described:
        return rows
    alternating = fit([box._replace(above=i % 2 == 1) for i, box in enumerate(boxes)], lean, room)
    return alternating if len(alternating) < len(rows) else rows


def _style(options: LayeredViewOptions, font: Font) -> Style:
    """Return how a grid is drawn."""
    return Style(
        font=font,
        line=line_colour(options.connector_color, options.font_color, options.background_fill),
        line_width=options.connector_width,
        funnel=options.connector_color,
        ink=options.font_color,
        background=options.background_fill,
        shade_step=options.shade_step,
        side=-1 if options.skip_connections == "above" else 1,
        connected=options.draw_funnel,
    )


def _room(options: LayeredViewOptions) -> float | None:
    """Return the width between the paddings, with the ink of the outermost lines taken off."""
    if options.max_width is None:
        return None
    ink = max(options.connector_width, 1) if options.draw_funnel else 1
    room = options.max_width - 2 * options.padding - 1 - ink
    if room < 20:
        raise OptionError(
            "max_width", f"{options.max_width} leaves no space within a padding of {options.padding}; increase it"
        )
    return room


def _text_room(room: float | None, graph: Graph) -> float | None:
    """Return the width that no label may exceed: that of one row of several."""
    if room is None:
        return None
    return between_cues(room) if graph.is_row else min(between_cues(room), room - 2 * ENTRY)


def _boxes(
    description: ModelDescription,
    shown: Shown,
    options: LayeredViewOptions,
    font: Font,
    scale: float,
    most: float | None,
) -> tuple[dict[str, Box], tuple[float, float]]:
    """Return the boxes of all nodes by name, in frames too, and the pixels of spacing before and after them."""
    nodes = list(shown.graph.calls())
    if not nodes:
        raise _nothing_left(description)
    styles: dict[int, Look] = {}
    sizes: dict[int, Sizes] = {}
    for level in shown.levels:
        styles.update(looks(level, options))
        sizes.update(drawn_sizes(level))
    pixels = size_all([sizes[node.layer.index] for node in nodes], options)
    gaps, trailing = _gaps(description, options, {node.layer.index for node in nodes})
    result: dict[str, Box] = {}
    for node, size in zip(nodes, pixels, strict=True):
        layer = node.layer
        label = _label_of(node, shown.graph, options)
        flat = not options.draw_volume or layer.index in options.index_2d
        box = Box(
            layer,
            styles[layer.index],
            size.width,
            size.height,
            0.0 if flat else size.depth / 3,
            options.spacing + gaps.get(layer.index, 0.0),
            tuple(axis for axis in size.capped if not (flat and axis == "depth")),
            text_block(label[0], font, options.text_vspacing, most) if label else None,
            bool(label and label[1]),
        )
        result[node.name] = scaled(box, scale)
    return result, (gaps.get(nodes[0].layer.index, 0.0) * scale, trailing * scale)


def _label_of(node: Node, graph: Graph, options: LayeredViewOptions) -> Label | None:
    """Return a node's label; in a graph a ready-made one stands below, and a sign needs none."""
    label = label_of(node.layer, options)
    if label is None or graph.is_row or not options.labels_are_described:
        return label
    return None if node.sign else (label[0], False)


def _gaps(
    description: ModelDescription, options: LayeredViewOptions, shown: set[int]
) -> tuple[dict[int, float], float]:
    """Return what spacing layers add before each layer, and after the last."""
    hidden = left_out(description, options)
    gaps: dict[int, float] = {}
    extra = 0.0
    for place, layer in enumerate(description.layers):
        if layer.spacing is not None and place not in hidden:
            extra += max(layer.spacing, 0)
        elif layer.index in shown:
            gaps[layer.index] = extra
            extra = 0.0
    return gaps, extra


def _nothing_left(description: ModelDescription) -> ModelError | OptionError:
    if not any(layer.spacing is None for layer in description.layers):
        return ModelError(f"the model {description.name!r} has no layers to draw; add layers to it or build it first")
    return OptionError(
        "type_ignore",
        f"every layer of {description.name!r} is left out; "
        "list fewer in type_ignore and index_ignore, or hide fewer in styles",
    )


def _legend(
    graph: Graph, boxes: Mapping[str, Box], options: LayeredViewOptions, font: Font, room: float | None
) -> legends.Legend | None:
    """Return the legend of all that is drawn as a box; a sign says itself what it is."""
    if not options.legend:
        return None
    shown = [boxes[node.name] for node in graph.calls() if not node.sign]
    return legends.measured(
        legends.entries(shown, dimensions=options.show_dimension, named=_named(options)),
        font,
        between=options.legend_text_spacing_offset,
        shade_step=options.shade_step,
        most=room,
    )


def _named(options: LayeredViewOptions) -> set[str]:
    """Return the names by which options speak of layers."""
    return {name for name, *_ in options.styles} | {name for name, *_ in options.color_map}


def _is_beside(legend: legends.Legend, options: LayeredViewOptions, room: float | None) -> bool:
    """Return whether the legend stands left or right: not where it would leave the boxes less than half the width."""
    if options.legend_position not in ("left", "right"):
        return False
    return room is None or legend.size(1)[0] + _BESIDE_LEGEND <= room / 2


def _stacked(
    rows: list[list[Group]], description: ModelDescription, options: LayeredViewOptions, font: Font
) -> list[Group]:
    """Put rows below each other, with the brackets under them."""
    result: list[Group] = []
    top = 0.0
    for row in rows:
        groups = [*row, *brackets(row, description, options, font)]
        reach = bounds(groups, font)
        result += [moved_group(group, 0, top - reach.top) for group in groups]
        top += reach.height + BETWEEN_ROWS
    return result


def _drawn(row: Row, options: LayeredViewOptions, first: int, joined: Mapping[int, tuple[str, str]]) -> list[Group]:
    """Draw a row from back to front: each box, the funnel to the box before it, that box; then the labels."""
    placed = row.placed
    result: list[Group] = []
    for i, each in enumerate(placed):
        if i and options.draw_funnel and first + i in joined:
            lines = funnel(placed[i - 1], each, options.connector_color, options.connector_width)
            result.append(replace(lines, connects=joined[first + i]))
        result.append(_layer(each, options))
    if options.draw_reversed:
        result.reverse()
    return result + labels(placed, options.font_color, funnels=options.draw_funnel)


def _layer(each: Placed, options: LayeredViewOptions) -> Group:
    shapes = box_shapes(each, options.shade_step, options.background_fill)
    return Group("layer", shapes, title=layer_title(each.box.layer), layer=each.box.layer.index)


def _with_legend(
    groups: list[Group], legend: legends.Legend, options: LayeredViewOptions, font: Font, width: float, *, beside: bool
) -> list[Group]:
    drawn = _without_ink(bounds(groups, font))
    columns = 1 if beside else legend.columns(max(drawn.width, width))
    size = legend.size(columns)
    entries = legend.draw(columns, -1 if options.draw_reversed else 1, options.font_color)
    return [*groups, moved_group(entries, *_corner(drawn, size, options.legend_position, beside=beside))]


def _without_ink(drawn: Bounds) -> Bounds:
    """Take off the half of its outline by which a box is wider than its corners, which a cube has, too."""
    return Bounds(drawn.left + 0.5, drawn.top, drawn.right - 0.5, drawn.bottom)


def _corner(drawn: Bounds, size: tuple[float, float], position: str, *, beside: bool) -> tuple[float, float]:
    """Return where the legend begins."""
    if not beside:
        before = position in ("top", "left")
        return (drawn.left, drawn.top - _BESIDE_LEGEND - size[1] if before else drawn.bottom + _BESIDE_LEGEND)
    level = (drawn.top + drawn.bottom - size[1]) / 2
    return (drawn.left - _BESIDE_LEGEND - size[0] if position == "left" else drawn.right + _BESIDE_LEGEND, level)


def _scene(
    description: ModelDescription,
    options: LayeredViewOptions,
    font: Font,
    groups: list[Group],
    reach: Bounds,
) -> Scene:
    """Set the groups on a canvas that shows all that lies within `reach`, with the padding."""
    x, y = options.padding - reach.left, options.padding - reach.top
    return Scene(
        width=math.ceil(reach.width + 2 * options.padding - 1e-6),
        height=math.ceil(reach.height + 2 * options.padding - 1e-6),
        background=options.background_fill,
        groups=tuple(moved_group(group, x, y) for group in groups),
        font=font,
        title=description.name,
        summary=alt_text(description),
    )
