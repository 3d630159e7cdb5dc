"""What must hold for pictures of graphs: what is connected according to the calls, and checks of a scene.

What is expected is worked out here from a description's calls alone. Each check returns what offends it, in words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, pairwise

from geometry import Rect, around, overlap, reach, text_rect

from sphinxext_layered.description import CallDescription, ModelDescription, call_ids
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.scene import Group, Line, Path, Point, Polygon, Scene, Text
from sphinxext_layered.options import LayeredViewOptions

PASSED_ON = {"Cast", "GetItem", "Identity", "Reshape", "Transpose"}
"""The operations in these tests that only pass a tensor on, whatever they make of its shape."""

SIGNED = {"Add", "Maximum", "Multiply"}
"""The classes in these tests that are a round node where they merge tensors."""

WRITTEN = "texts:written"
"""Asks for the texts that descriptions have of a user's function."""

BESIDE_A_WORD = 50
"""What may stand beside a word that is wider than all else: half a box, a legend's cube, ink, px."""

Names = tuple[str, str]
Area = tuple[Point, ...]


# What is connected ---------------------------------------------------------------------------------------------------


def is_known(description: ModelDescription) -> bool:
    """Whether every layer is called and every connection known, so that there is a graph to draw."""
    called = {call.layer for call in description.calls}
    return (
        description.incomplete is None
        and all(call.inputs is not None for call in description.calls)
        and called >= set(range(len(description.layers)))
    )


def _is_left_out(description: ModelDescription, place: int, options: LayeredViewOptions) -> bool:
    layer = description.layers[place]
    hidden = {style[0] for style in options.styles}
    return (
        layer.spacing is not None
        or layer.index in options.index_ignore
        or bool({layer.name, layer.class_name} & {*options.type_ignore, *hidden})
    )


def _is_drawn(
    description: ModelDescription, call: CallDescription, options: LayeredViewOptions, *, arguments: bool
) -> bool:
    if call.layer is not None:
        return not _is_left_out(description, call.layer, options)
    if {call.name, call.class_name} & {*options.type_ignore}:
        return False
    if call.is_argument:
        return arguments
    if options.show_operations != "auto":
        return options.show_operations == "all"
    sources = {*call.inputs}
    if len(sources) != 1:
        return True
    (source,) = sources
    return (
        call.class_name not in PASSED_ON
        and call.output_shapes[0] != description.calls[source.call].output_shapes[source.output]
    )


def _connections(description: ModelDescription, drawn: list[bool]) -> set[tuple[int, int]]:
    """The calls that are connected, from each back through what is not drawn."""
    found = set()
    for target, call in enumerate(description.calls):
        if not drawn[target]:
            continue
        waiting = [source.call for source in call.inputs or ()]
        seen = set()
        while waiting:
            source = waiting.pop()
            if source in seen:
                continue
            seen.add(source)
            if drawn[source]:
                found.add((source, target))
            else:
                waiting += [each.call for each in description.calls[source].inputs or ()]
    return found


@dataclass(frozen=True)
class Expected:
    """What a picture must show: its connections by names, the names of what is drawn, whether it is a row."""

    connections: set[Names]
    names: list[str]
    is_row: bool


def expected(description: ModelDescription, options: LayeredViewOptions) -> Expected:
    """Work out what a picture must show."""
    ids = call_ids(description)
    if options.connections != "auto" or not is_known(description):
        return _expected_row(description, options)
    used = {source.call for call in description.calls for source in call.inputs or ()}
    drawn = [_is_drawn(description, call, options, arguments=i in used) for i, call in enumerate(description.calls)]
    is_row = _is_chain(description, drawn)
    if is_row:
        drawn = [_is_drawn(description, call, options, arguments=False) for call in description.calls]
    edges = _connections(description, drawn)
    names = [ids[i] for i, each in enumerate(drawn) if each]
    return Expected({(ids[source], ids[target]) for source, target in edges}, names, is_row)


def _is_chain(description: ModelDescription, drawn: list[bool]) -> bool:
    """Whether what is drawn is a chain of layers that are called once."""
    places = [i for i, each in enumerate(drawn) if each]
    called = [description.calls[i].layer for i in places]
    again = any(called.count(layer) > 1 for layer in called if layer is not None)
    signed = any(_is_signed(description, i) for i in places)
    return _connections(description, drawn) == {*pairwise(places)} and not again and not signed


def _is_signed(description: ModelDescription, i: int) -> bool:
    call = description.calls[i]
    class_name = call.class_name if call.layer is None else description.layers[call.layer].class_name
    return class_name in SIGNED and len({*(call.inputs or ())}) > 1


def _expected_row(description: ModelDescription, options: LayeredViewOptions) -> Expected:
    layers = [place for place in range(len(description.layers)) if not _is_left_out(description, place, options)]
    drawn = [call.layer in layers for call in description.calls]
    joined = {
        (description.calls[source].layer, description.calls[target].layer)
        for source, target in _connections(description, drawn)
    }
    names = [description.layers[place].name for place in layers]
    both = {pair for pair in pairwise(layers) if pair in joined and options.connections != "none"}
    return Expected({tuple(description.layers[each].name for each in pair) for pair in both}, names, is_row=True)


# What is drawn -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """A box or round node."""

    name: str
    areas: tuple[Area, ...]

    @cached_property
    def rect(self) -> Rect:
        return around(point for area in self.areas for point in area)

    @property
    def is_round(self) -> bool:
        return len(self.areas[0]) > 8


@dataclass(frozen=True)
class Drawn:
    """A line or stub: what it connects, its points, its arrowhead."""

    names: Names | None
    points: tuple[Point, ...]
    head: Area
    is_stub: bool

    @cached_property
    def rect(self) -> Rect:
        return around((*self.points, *self.head))

    @property
    def says(self) -> str:
        return " \u2192 ".join(self.names) if self.names else "a line without a title"

    @property
    def tip(self) -> Point:
        return self.head[0]

    def pieces(self) -> Iterator[tuple[Point, Point]]:
        base = ((self.head[1][0] + self.head[2][0]) / 2, (self.head[1][1] + self.head[2][1]) / 2)
        yield from pairwise((*self.points, base, self.tip))


@dataclass(frozen=True)
class Picture:
    """A scene with what it shows of a graph."""

    scene: Scene
    description: ModelDescription
    options: LayeredViewOptions

    @cached_property
    def expected(self) -> Expected:
        return expected(self.description, self.options)

    @cached_property
    def nodes(self) -> list[Node]:
        """Boxes and round nodes, their badges included."""
        return [
            Node(
                (group.title or "?").rpartition(" (")[0].split(" (")[0],
                tuple(shape.points for shape in group.shapes if isinstance(shape, Polygon)),
            )
            for group in self.scene.groups
            if group.role == "layer"
        ]

    @cached_property
    def lines(self) -> list[Drawn]:
        """Lines with arrowheads: connections, stubs, and what leads from a bar to its node."""
        found = []
        for group in self.scene.groups:
            if group.role != "connector":
                continue
            heads = [shape for shape in group.shapes if isinstance(shape, Polygon) and len(shape.points) == 3]
            paths = [shape for shape in group.shapes if isinstance(shape, Path)]
            stub = any(isinstance(shape, Text) for shape in group.shapes)
            if heads:
                points = paths[0].points if paths else ()
                found.append(Drawn(group.connects, points, heads[0].points, stub))
        return found

    @cached_property
    def bars(self) -> list[Area]:
        """The bars at which many lines end."""
        return [
            shape.points
            for group in self.scene.groups
            if group.role == "connector"
            for shape in group.shapes
            if isinstance(shape, Polygon) and len(shape.points) == 4
        ]

    @cached_property
    def texts(self) -> list[tuple[str, Rect, int]]:
        """Texts beside boxes, their areas, and the positions of their groups."""
        return [
            (shape.string, text_rect(self.scene, shape), i)
            for i, group in enumerate(self.scene.groups)
            if group.role in ("label", "connector")
            for shape in group.shapes
            if isinstance(shape, Text)
        ]

    @cached_property
    def funnels(self) -> list[Group]:
        return [group for group in self.scene.groups if group.role == "funnel"]

    def called(self, own_id: str) -> str:
        """The name that a node of this id shows."""
        return dict(zip(call_ids(self.description), (call.name for call in self.description.calls), strict=True)).get(
            own_id, own_id
        )


def picture_of(description: ModelDescription, **given: object) -> Picture:
    """The picture of a model; what a user's function gave as text is there only where options ask for no other."""
    if given.get("text_callable") != WRITTEN:
        plain = tuple(replace(layer, text=None) for layer in description.layers)
        description = replace(description, layers=plain)
    options = LayeredViewOptions.of({"fold": (), "collapse": "no", **given})
    return Picture(lay_out(description, options), description, options)


# Checks --------------------------------------------------------------------------------------------------------------

Check = Callable[[Picture], list[str]]


def wrong_connections(picture: Picture) -> list[str]:
    """Connections that are missing or made up, and titles that do not name them."""
    drawn = {group.connects for group in picture.scene.groups if group.connects}
    wanted = picture.expected.connections if picture.options.draw_funnel else set()
    if picture.expected.is_row and picture.options.max_width is not None:
        wanted = wanted & drawn  # none is drawn from the end of a row to the next
    found = [f"missing: {' -> '.join(each)}" for each in sorted(wanted - drawn)]
    found += [f"made up: {' -> '.join(each)}" for each in sorted(drawn - wanted)]
    if not picture.expected.is_row:
        found += [
            f"{group.connects} has the title {group.title!r}"
            for group in picture.scene.groups
            if group.connects and group.title != " \u2192 ".join(group.connects)
        ]
    return found


def untold_connections(picture: Picture) -> list[str]:
    """Funnels without connection, and lines with none that are not the rest of one: after a bar, across a break."""
    found = ["a funnel connects nothing" for group in picture.funnels if not group.connects]
    if picture.options.max_width is None:
        bars = len(picture.bars)
        untitled = sum(line.names is None for line in picture.lines)
        if untitled != bars:
            found.append(f"{untitled} lines without a title, {bars} bars")
    return found


def misplaced_ends(picture: Picture) -> list[str]:
    """Funnels and lines of a picture of one row that do not lead from what they connect to what they connect."""
    if picture.options.max_width is not None or picture.expected.is_row:
        return []
    found = []
    for group in picture.funnels:
        source, target = map(picture.called, group.connects or ("", ""))
        for line in group.shapes:
            assert isinstance(line, Line)
            found += _off(picture, line.start, source, f"{group.title} begins")
            found += _off(picture, line.end, target, f"{group.title} ends")
    for line in picture.lines:
        if line.names is None:
            continue
        source, target = map(picture.called, line.names)
        start = line.points[0] if line.points else line.tip
        if not line.is_stub:
            found += _off(picture, start, source, f"{line.says} begins")
            if not any(_distance(line.tip, bar) < 1 for bar in picture.bars):
                found += _off(picture, line.tip, target, f"{line.says} ends")
        elif min(_nearest(picture, start, source), _nearest(picture, line.tip, target)) > 1:
            found.append(f"the stub {line.says} is at neither")
    return found


def _off(picture: Picture, point: Point, name: str, what: str) -> list[str]:
    far = _nearest(picture, point, name)
    return [f"{what} {far:.2f} px off {name}"] if far > 1 else []


def _nearest(picture: Picture, point: Point, name: str) -> float:
    areas = [area for node in picture.nodes if node.name == name for area in node.areas]
    return min((_distance(point, area) for area in areas), default=math.inf)


def _distance(point: Point, area: Area) -> float:
    """How far a point is from an area, 0 inside."""
    if overlap((point,), area):
        return 0.0
    return min(_to_piece(point, start, end) for start, end in pairwise((*area, area[0])))


def _to_piece(point: Point, start: Point, end: Point) -> float:
    x, y = end[0] - start[0], end[1] - start[1]
    length = x * x + y * y
    along = 0.0 if not length else ((point[0] - start[0]) * x + (point[1] - start[1]) * y) / length
    along = max(0.0, min(1.0, along))
    return math.dist(point, (start[0] + along * x, start[1] + along * y))


def overlapping_boxes(picture: Picture) -> list[str]:
    """Boxes and round nodes that overlap others."""
    if picture.expected.is_row:
        return []
    return [
        f"{one.name} and {other.name}"
        for one, other in combinations(picture.nodes, 2)
        if _near(one.rect, other.rect) and _meet(one.areas, other.areas)
    ]


def _near(one: Rect, other: Rect, slack: float = 0.0) -> bool:
    return (
        one.left < other.right + slack
        and other.left < one.right + slack
        and one.top < other.bottom + slack
        and other.top < one.bottom + slack
    )


def _meet(ones: Collection[Area], others: Collection[Area]) -> bool:
    return any(overlap(one, other) for one in ones for other in others)


def lines_through_boxes(picture: Picture) -> list[str]:
    """Lines that enter a box or round node that they do not start from or end at, or a bar."""
    found = []
    for line in picture.lines:
        ends = [picture.called(name) for name in line.names or ()]
        pieces = list(line.pieces())
        start = pieces[0][0]
        for node in picture.nodes:
            if not _near(line.rect, node.rect):
                continue
            own = node.name in ends or line.names is None
            touched = own and min(_distance(end, area) for end in (start, line.tip) for area in node.areas) < 1
            areas = _fronts(node) if touched else node.areas
            if any(overlap(piece, area, 0.3) for piece in pieces for area in areas):
                found.append(f"{line.says} runs through {node.name}")
        for bar in picture.bars:
            middle = [piece for piece in pieces if min(math.dist(each, line.tip) for each in piece) > 0.01]
            if any(overlap(piece, bar) for piece in middle) and line.names:
                found.append(f"{line.says} runs through a bar")
    return found


def funnels_through_boxes(picture: Picture) -> list[str]:
    """Funnels that run through a box or round node that they do not connect."""
    if picture.expected.is_row:
        return []
    return [
        f"{group.title} runs through {node.name}"
        for group in picture.funnels
        for node in picture.nodes
        if node.name not in map(picture.called, group.connects or ())
        and any(
            overlap((line.start, line.end), area, 0.3)
            for line in group.shapes
            if isinstance(line, Line) and _near(around((line.start, line.end)), node.rect, 1)
            for area in node.areas
        )
    ]


def _fronts(node: Node) -> list[Area]:
    """The front face of a box, a circle whole; a badge is no obstacle to what starts or ends at its node."""
    if node.is_round:
        return [node.areas[0]]
    return [area for area in node.areas if len(area) == 4 and len({round(x, 6) for x, _ in area}) == 2][-1:]


def lines_along_lines(picture: Picture) -> list[str]:
    """Lines that run along a line of another source."""
    found = set()
    pieces = [
        (axis, start, end, line)
        for line in picture.lines
        for start, end in line.pieces()
        for axis in (0, 1)
        if abs(start[axis] - end[axis]) < 0.01 and abs(start[1 - axis] - end[1 - axis]) > 1
    ]
    for (axis, start, end, line), (its_axis, its_start, its_end, other) in combinations(pieces, 2):
        if axis != its_axis or line is other or abs(start[axis] - its_start[axis]) >= 0.75 or _same(line, other):
            continue
        (low, high), (its_low, its_high) = (
            sorted((one[1 - axis], two[1 - axis])) for one, two in ((start, end), (its_start, its_end))
        )
        if min(high, its_high) - max(low, its_low) > 0.75:
            found.add(f"{line.says} along {other.says}")
    return sorted(found)


def _same(line: Drawn, other: Drawn) -> bool:
    """Whether two lines come from the same source."""
    if line.names and other.names:
        return line.names[0] == other.names[0]
    return line.points[:1] == other.points[:1]


def lines_through_texts(picture: Picture) -> list[str]:
    """Lines that cross a label or the name of a stub."""
    return [
        f"{line.says} through {string!r}"
        for line in picture.lines
        for string, area, _ in picture.texts
        if _near(line.rect, area) and any(overlap(piece, area.points, 0.5) for piece in line.pieces())
    ]


def labels_on_something(picture: Picture) -> list[str]:
    """Labels and names of stubs on one another, on a leader, a funnel, or a box."""
    if picture.expected.is_row:
        return []
    found = [
        f"{string!r} on {its!r}"
        for (string, area, group), (its, its_area, its_group) in combinations(picture.texts, 2)
        if group != its_group and _near(area, its_area) and overlap(area.points, its_area.points)
    ]
    lines = [
        (group.role, i, (shape.start, shape.end))
        for i, group in enumerate(picture.scene.groups)
        if group.role in ("label", "funnel")
        for shape in group.shapes
        if isinstance(shape, Line)
    ]
    for string, area, group in picture.texts:
        found += [
            f"{string!r} on a line of a {role}"
            for role, its_group, ends in lines
            if its_group != group and _near(area, around(ends), 0.1) and overlap(area.points, ends)
        ]
        found += [
            f"{string!r} on the box of {node.name}"
            for node in picture.nodes
            if _near(area, node.rect) and _meet([area.points], node.areas)
        ]
    return found


def missing_labels(picture: Picture) -> list[str]:
    """Boxes without the label that they should have; one wider than the picture may be is cut, and says so."""
    if picture.options.text_callable not in (WRITTEN, "name"):
        return []
    shown = [
        "\n".join(shape.string for shape in group.shapes if isinstance(shape, Text))
        for group in picture.scene.groups
        if group.role == "label"
    ]
    rounds = {node.name for node in picture.nodes if node.is_round}
    written = {layer.name: layer.text.text for layer in picture.description.layers if layer.text}
    names = map(picture.called, picture.expected.names)
    if picture.options.text_callable == WRITTEN:
        wanted = [written[name] for name in names if name in written]
    else:
        wanted = [name for name in names if name not in rounds or picture.expected.is_row]
    found, whole = Counter(map(_unbroken, shown)), Counter(map(_unbroken, wanted))
    cut = [each[:-1] for each in (found - whole).elements() if each.endswith("\u2026")]
    for each in sorted((whole - found).elements()):
        start = next((start for start in cut if each.startswith(start)), None)
        if picture.options.max_width is None or start is None:
            return [f"{each!r} is missing"]
        cut.remove(start)
    return []


def _unbroken(text: str) -> str:
    """A text without the ends of its lines, which a long word has where there is no room for it."""
    return "".join(text.split())


def beyond_the_canvas(picture: Picture) -> list[str]:
    """What reaches into the padding or beyond the canvas."""
    ink, slack = reach(picture.scene), picture.options.padding - 1e-3
    inside = {
        "left": ink.left - slack,
        "top": ink.top - slack,
        "right": picture.scene.width - slack - ink.right,
        "bottom": picture.scene.height - slack - ink.bottom,
    }
    return [f"{-room:.2f} px beyond the {side}" for side, room in inside.items() if not room >= 0]


def too_wide(picture: Picture) -> list[str]:
    """A picture wider than it may be, though its widest word leaves room for a box, and lines, beside it."""
    most, scene = picture.options.max_width, picture.scene
    if most is None or scene.width <= most:
        return []
    words = [shape.width for shape in scene.shapes() if isinstance(shape, Text) and " " not in shape.string]
    needed = max(words, default=0) + 2 * picture.options.padding + BESIDE_A_WORD
    return [f"{scene.width} px of {most}, with {needed:.0f} px of words"] if needed <= most else []


CHECKS: tuple[Check, ...] = (
    wrong_connections,
    untold_connections,
    misplaced_ends,
    overlapping_boxes,
    lines_through_boxes,
    funnels_through_boxes,
    lines_along_lines,
    lines_through_texts,
    labels_on_something,
    missing_labels,
    beyond_the_canvas,
    too_wide,
)
