"""The grid in pixels: columns as wide as what stands in them, and the lanes as far apart as it takes.

A grid is laid out around the axis of its main lane, y = 0. Lanes are set apart within each segment only, a
segment being what lies between two gutters that lines of the main lane alone cross.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, NamedTuple

from sphinxext_layered.drawing.cached import cached_property
from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.graph import Edge
from sphinxext_layered.drawing.scene import Group, Line

from .boxes import LEAST_GAP
from .connections import HEAD
from .funnels import funnel
from .items import BoxItem, Item, PortItem, SignItem
from .routes import PLACES, Cell, Routes, routes_of
from .row import BESIDE, LEADER
from .style import Style

LEVEL: Final = 10.0
"""From one line in a channel to the next, and to what lies below, px."""

TRACK: Final = 8.0
"""From one line in a gutter to the next, px."""

LEAD: Final = 5.0
"""From a column to the first line in the gutter after it, px."""

BAR_ROOM: Final = 10.0
"""Before a bar at which lines end, px."""

PIN: Final = 12.0
"""The length of a stub, px."""

PIN_PADDING: Final = 6.0
"""Left and right of a stub's name, px."""

_EDGE: Final = 3.0
_HEAD: Final = HEAD * 0.6
_LANES: Final = 16.0
_RUN: Final = 1.0
_OFF_LABEL: Final = 5.0
_ARROW: Final = HEAD + 4.0


@dataclass(frozen=True)
class Pin:
    """A stub: a short line between a node and the name of a tensor, in the place of connections.

    `titles` has the title of each connection and the names of what it connects.
    """

    text: str
    arrives: bool
    titles: tuple[tuple[str, tuple[str, str]], ...]


class Member(NamedTuple):
    """A node in its cell, the gap that it keeps to the column before it, and its stubs."""

    item: Item
    column: int
    lane: int
    gap: float = 0.0
    pins: tuple[Pin, ...] = ()


class Link(NamedTuple):
    """A connection to draw, by the positions of its members; its title and the names of what it connects.

    A line that goes on beyond the edge of a frame has no head.
    """

    edge: Edge
    title: str | None = None
    connects: tuple[str, str] | None = None
    head: bool = True


class Grid:
    """Members, links and their routes.

    Labels take as many tiers as it needs, `tiers` at most. `routes` are those of a grid that differs in sizes alone.
    """

    def __init__(
        self,
        members: Sequence[Member],
        links: Sequence[Link],
        style: Style,
        *,
        tiers: int = 2,
        routes: Routes | None = None,
    ) -> None:
        self.members = members
        self.tiers = tiers
        self.links = links if style.connected else ()
        self.style = style
        self.routes = routes or self._routed()
        self.columns: dict[int, list[int]] = defaultdict(list)
        for i, each in enumerate(members):
            self.columns[each.column].append(i)
        self.funnels = sorted(i for i in self.routes.straight if self._has_funnel(i))
        others = {*range(len(self.links))} - {*self.funnels}
        self._arrows = {self.members[self.links[i].edge.target].column - 1 for i in others}
        self._arrows |= {self.members[self.links[i].edge.source].column for i in others}

    def _routed(self) -> Routes:
        cells = [
            Cell(
                each.column,
                each.lane,
                self._is_open(each),
                self._merges(each),
                each.item.is_frame,
                each.item.entries,
                each.item.exits,
            )
            for each in self.members
        ]
        entering: dict[int, int] = defaultdict(int)
        for link in self.links:
            entering[link.edge.target] += 1
        crowded = [node for node, number in entering.items() if number > 2 and not self.members[node].item.is_frame]
        return routes_of(cells, [link.edge for link in self.links], self.style.side, crowded)

    def _is_open(self, member: Member) -> bool:
        """Return whether lines may meet a node on the side where skip connections run."""
        item = member.item
        taken = item.label is not None and item.label_above == (self.style.side < 0)
        return item.is_open and not (taken or member.pins)

    def _merges(self, member: Member) -> frozenset[int]:
        """Return from where lines of other lanes may meet a round node: where neither its label nor a stub is."""
        if not isinstance(member.item, SignItem):
            return frozenset()
        taken = {pin_side(member)} if member.pins else set()
        if member.item.label is not None:
            taken.add(-1 if member.item.label_above else 1)
        return frozenset({-1, 1} - taken)

    def _has_funnel(self, i: int) -> bool:
        """Return whether neighbours are joined by a funnel: two boxes, with no other line between them."""
        source, target = (self.members[each] for each in self.links[i].edge)
        boxes = isinstance(source.item, BoxItem) and isinstance(target.item, BoxItem)
        return boxes and not self.routes.counts.get(source.column)

    @cached_property
    def edge_steps(self) -> dict[tuple[int, int], float]:
        """How far apart lines meet the upper or lower edge of each node, less where it is narrow, px."""
        steps: dict[tuple[int, int], float] = defaultdict(lambda: _EDGE)
        for (node, side, _), offset in self.routes.edges.items():
            if offset:
                room = self.members[node].item.edge_room()
                steps[node, side] = min(steps[node, side], room / abs(offset))
        return steps

    @cached_property
    def crossed(self) -> dict[int, list[tuple[int, bool, float]]]:
        """The lines that run up or down within each column, where labels must leave them room.

        For each the lane, whether above it, and how far right of the column's middle.
        """
        found: dict[int, list[tuple[int, bool, float]]] = defaultdict(list)
        for points in self.routes.points:
            for (x, y), (its_x, its_y) in pairwise(points):
                if x.name != "edge" or x != its_x:
                    continue
                node, side, source = x.of
                member = self.members[node]
                far = next((each.of[0] for each in (y, its_y) if each.name == "axis"), member.lane)
                at = member.item.edge(side, self.routes.edges[node, side, source] * self.edge_steps[node, side])[0]
                between = range(min(member.lane, far) + 1, max(member.lane, far))
                zones = {(member.lane, side < 0), (far, side > 0)} if far != member.lane else {(far, side < 0)}
                zones |= {(lane, above) for lane in between for above in (True, False)}
                found[member.column] += [(*zone, at) for zone in sorted(zones)]
        return found

    @cached_property
    def reaches(self) -> dict[int, tuple[float, float]]:
        """How far each column reaches left and right of its middle, without labels and lines."""
        font, columns = self.style.font, self.columns.items()
        each = {column: [_reach(self.members[i], font) for i in own] for column, own in columns}
        return {
            column: (max(left for left, _ in own), max(0.0, *(right for _, right in own)))
            for column, own in each.items()
        }

    @cached_property
    def gutters(self) -> dict[int, float]:
        """The width of the gutter left of each column."""
        return {column: self._gutter_after(column - 1) for column in range(min(self.columns), max(self.columns) + 1)}

    @cached_property
    def placement(self) -> Placement:
        """Where everything lies."""
        return Placement(self)

    @cached_property
    def sweep(self) -> Sweep:
        """Where all its columns are."""
        sweep = Sweep(self)
        for column in range(min(self.columns), max(self.columns) + 1):
            sweep.add(column)
        return sweep

    @property
    def width(self) -> float:
        """The x at which its last column or label ends; the first column begins at 0."""
        return self.sweep.end

    def axis_of(self, lane: int, side: int) -> float:
        """Return the y of a lane's axis in the first (-1) or last (1) column."""
        column = min(self.columns) if side < 0 else max(self.columns)
        return self.placement.axes[column].get(lane, 0.0)

    def _gutter_after(self, column: int) -> float:
        """Return the width of the gutter right of a column."""
        gap = max((self.members[i].gap for i in self.columns.get(column + 1, ())), default=LEAST_GAP)
        tracks = self.routes.counts.get(column, 0)
        if tracks:
            return max(gap, LEAD + (tracks - 1) * TRACK + _ARROW + self.bar_room(column))
        return max(gap, _ARROW) if column in self._arrows else gap

    def bar_room(self, column: int) -> float:
        """Return what the bar in the gutter right of a column stands off the tracks before it."""
        bars = any(self.members[node].column == column + 1 for node in self.routes.bars)
        return BAR_ROOM if bars else 0.0

    def ends(self, first: int, last: int) -> Iterator[float]:
        """Return where each of some columns ends, when the first of them begins a row at x = 0."""
        sweep = Sweep(self)
        for column in range(first, last + 1):
            sweep.add(column)
            yield sweep.end


class Tiers:
    """The labels on one side of a lane: how far those in each tier reach, and the leaders to them."""

    def __init__(self, number: int) -> None:
        self._rights = [-BESIDE] * number
        self._leaders = [-BESIDE] * number

    def shift(self, centre: float, half: float) -> tuple[float, int]:
        """Return how much further right a label must be, and in which tier: the nearest with the smallest shift."""
        shifts = [max(self._shift(tier, centre, half), 0.0) for tier in range(len(self._rights))]
        least = min(shifts)
        return least, shifts.index(least)

    def _shift(self, tier: int, centre: float, half: float) -> float:
        beside = self._rights[tier] + BESIDE - (centre - half)
        crossed = max((leader + LEADER - (centre - half) for leader in self._leaders[tier + 1 :]), default=beside)
        crossing = max((right + LEADER - centre for right in self._rights[:tier]), default=beside)
        return max(beside, crossed, crossing)

    def beyond(self, x: float) -> float:
        """Return how much further right a line at `x` must run, past all labels."""
        return max(right + LEADER - x for right in self._rights)

    def block(self, x: float) -> None:
        """Note a line that no label may reach across."""
        self._rights = [max(right, x) for right in self._rights]

    def take(self, centre: float, half: float, tier: int) -> None:
        """Note a label that has its place."""
        self._rights[tier] = centre + half
        self._leaders[tier] = centre


@dataclass
class Sweep:
    """Places columns one after the other, as far left as boxes, lines and labels allow.

    A label stands straight under (or over) its box. Where two would touch, the second goes to a second tier;
    where that does not do either, its column moves. A label may reach over a gutter that no line runs in.
    """

    grid: Grid
    right: float = 0.0
    end: float = 0.0
    middles: dict[int, float] = field(default_factory=dict)
    lefts: dict[int, float] = field(default_factory=dict)
    rights: dict[int, float] = field(default_factory=dict)
    tiers: dict[int, int] = field(default_factory=dict)
    _sides: dict[tuple[int, ...], Tiers] = field(default_factory=dict)
    _started: bool = False
    _wall: float = 0.0

    def add(self, column: int) -> None:
        """Place the next column."""
        grid = self.grid
        members = [(i, grid.members[i]) for i in grid.columns.get(column, ())]
        left, right = grid.reaches.get(column, (0.0, 0.0))
        gutter = grid.gutters[column] if self._started else 0.0
        middle = self.right + gutter + left
        labelled = [(i, each) for i, each in members if each.item.label is not None]
        shifts = [self._shift(each, middle) for _, each in labelled]
        crossed = grid.crossed.get(column, ())
        shifts += [self._side(lane, above).beyond(middle + at) for lane, above, at in crossed]
        middle += max([0.0, *shifts])
        if any(isinstance(each.item, PortItem) for _, each in members):
            middle = max(middle, self.end)  # where a line ends, no label may reach further
        self.middles[column] = middle
        self.lefts[column] = middle - left
        self.right = middle + max([right, *(at + _HEAD for _, _, at in crossed)])
        tracks = grid.routes.counts.get(column, 0)
        for i, each in labelled:
            end = self._take(i, each, middle)
            self.end = max(self.end, end)
        if tracks:
            self.right = max(self.right, self.end)
        for lane, above, at in crossed:
            self._side(lane, above).block(middle + at)
        self.rights[column] = self.right
        self.end = max(self.end, self.right)
        if tracks:
            self._wall = self.right + LEAD + (tracks - 1) * TRACK + _OFF_LABEL
        self._started = True

    def _side(self, *zone: int) -> Tiers:
        """Return the labels of a lane, above or below it."""
        if zone not in self._sides:
            self._sides[zone] = Tiers(self.grid.tiers)
        return self._sides[zone]

    def _shift(self, member: Member, middle: float) -> float:
        centre, half = _label_place(member, middle)
        shift, _ = self._side(member.lane, member.item.label_above).shift(centre, half)
        return max(shift, self._wall - (centre - half))

    def _take(self, i: int, member: Member, middle: float) -> float:
        centre, half = _label_place(member, middle)
        side = self._side(member.lane, member.item.label_above)
        _, tier = side.shift(centre, half)
        side.take(centre, half, tier)
        self.tiers[i] = tier
        return centre + half


def _label_place(member: Member, middle: float) -> tuple[float, float]:
    """Return the middle of a member's label and half its width."""
    label = member.item.label
    assert label is not None
    return middle + member.item.label_centre, label.width / 2


def _reach(member: Member, font: Font) -> tuple[float, float]:
    """Return how far a member reaches left and right of its middle, its label left out."""
    item = member.item
    if not member.pins:
        return item.left, item.right
    half, middle = pins_width(member.pins, font) / 2, item.edge(pin_side(member), 0)[0]
    return max(item.left, half - middle), max(item.right, half + middle)


def pin_side(member: Member) -> int:
    """Return where a member's stubs are, -1 above or 1 below: where its label is not."""
    return 1 if member.item.label is not None and member.item.label_above else -1


def pins_width(pins: Iterable[Pin], font: Font) -> float:
    """Return the width that the names of stubs take beside each other."""
    return sum(font.width(pin.text) + 2 * PIN_PADDING for pin in pins)


class Placement:
    """A grid in its place: the x of columns, the y of lanes, the levels of channels, the place of each label."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.sweep = grid.sweep
        self.funnels = {i: self._funnel(i) for i in grid.funnels}
        self._spans = self._spanned()
        self.pins = {i: self._pins(each) for i, each in enumerate(grid.members) if each.pins}
        self.labels = self._labels()
        self._reaches = self._reached()
        self.levels = self._levels()
        self.axes = self._axes()

    def x(self, member: Member) -> float:
        """Return the x of a member's middle."""
        return self.sweep.middles[member.column]

    def axis(self, member: Member) -> float:
        """Return the y of a member's middle."""
        return self.axes[member.column][member.lane]

    def _funnel(self, i: int) -> Group:
        link, style = self.grid.links[i], self.grid.style
        source, target = (self.grid.members[each] for each in link.edge)
        assert isinstance(source.item, BoxItem)
        assert isinstance(target.item, BoxItem)
        ends = (source.item.placed(self.x(source)), target.item.placed(self.x(target)))
        return replace(funnel(*ends, style.funnel, style.line_width), title=link.title, connects=link.connects)

    def _pins(self, member: Member) -> float:
        """Return how far from its axis the names of a member's stubs begin, clear of all that is in its lane."""
        start, end, side = *self._pin_ends(member), pin_side(member)
        beside = self._beside(self._spans[member.lane], member.column, start, end, side)
        return max(member.item.reach(side) + PIN, max(beside) + _OFF_LABEL)

    def _pin_ends(self, member: Member) -> tuple[float, float]:
        """Return from where to where the names of a member's stubs reach."""
        middle = self.x(member) + member.item.edge(pin_side(member), 0)[0]
        half = pins_width(member.pins, self.grid.style.font) / 2
        return middle - half, middle + half

    def _labels(self) -> dict[int, float]:
        """Return how far from its axis the near edge of each label is, clear of all that is in its lane."""
        found: dict[int, float] = {}
        taken: dict[tuple[int, bool], list[tuple[float, float, float]]] = defaultdict(list)
        pinned: dict[tuple[int, bool], list[tuple[float, float, float]]] = defaultdict(list)
        for i, far in self.pins.items():
            member = self.grid.members[i]
            outer = far + self.grid.style.font.height + 2
            pinned[member.lane, pin_side(member) < 0].append((*self._pin_ends(member), outer))
        for tier in range(self.grid.tiers):
            for i, member in enumerate(self.grid.members):
                label = member.item.label
                if label is None or self.sweep.tiers[i] != tier:
                    continue
                centre, half = _label_place(member, self.x(member))
                start, end = centre - half - 2, centre + half + 2
                above = member.item.label_above
                beside = self._beside(self._spans[member.lane], member.column, start, end, -1 if above else 1)
                inside = (*pinned[member.lane, above], *(taken[member.lane, above] if tier else ()))
                nearer = [far for left, right, far in inside if left < end and start < right]
                found[i] = max([*beside, *nearer]) + _OFF_LABEL
                taken[member.lane, above].append((start, end, found[i] + label.height))
        return found

    def _spanned(self) -> dict[int, dict[int, tuple[Member, list[Line]]]]:
        """Return what is in each column of each lane, with the lines of the funnel that ends there."""
        spans: dict[int, dict[int, tuple[Member, list[Line]]]] = defaultdict(dict)
        for each in self.grid.members:
            spans[each.lane][each.column] = (each, [])
        for i, group in self.funnels.items():
            target = self.grid.members[self.grid.links[i].edge.target]
            spans[target.lane][target.column][1].extend(shape for shape in group.shapes if isinstance(shape, Line))
        return spans

    def _beside(
        self, lane: dict[int, tuple[Member, list[Line]]], column: int, start: float, end: float, sign: int
    ) -> Iterator[float]:
        """Return how far out what is seen of a lane between two x reaches, from a column to both sides."""
        for step in (-1, 1):
            at = column if step < 0 else column + 1
            while at in self.sweep.middles:
                member, lines = lane.get(at, (None, []))
                for line in lines:
                    yield from (sign * y for y in _within(line, start, end))
                x = self.sweep.middles[at]
                if member is not None and x - member.item.left < end and start < x + member.item.right:
                    yield member.item.reach(sign)
                if (x < start and step < 0) or (x > end and step > 0):
                    break
                at += step

    def _reached(self) -> dict[int, dict[int, dict[int, float]]]:
        """Return how far what is in each place of each lane reaches up (-1) and down (1) from its axis."""
        found: dict[int, dict[int, dict[int, float]]] = {-1: defaultdict(dict), 1: defaultdict(dict)}

        def reach(side: int, lane: int, places: Iterable[int], far: float) -> None:
            for place in places:
                found[side][lane][place] = max(found[side][lane].get(place, 0.0), far)

        for i, member in enumerate(self.grid.members):
            own = range(member.column * PLACES, member.column * PLACES + 2)
            for side in (-1, 1):
                reach(side, member.lane, own, member.item.reach(side))
            if member.item.label is not None:
                side = -1 if member.item.label_above else 1
                reached = self._label_columns(member)
                places = range(reached[0] * PLACES, (reached[-1] + 1) * PLACES)
                reach(side, member.lane, places, self.labels[i] + member.item.label.height)
            if member.pins:
                far = self.pins[i] + self.grid.style.font.height + 2
                reach(pin_side(member), member.lane, own, far)
        for i, group in self.funnels.items():
            source = self.grid.members[self.grid.links[i].edge.source]
            ys = [y for shape in group.shapes if isinstance(shape, Line) for y in (shape.start[1], shape.end[1])]
            for side in (-1, 1):
                reach(side, source.lane, (source.column * PLACES + 2,), max(side * y for y in ys))
            target = self.grid.members[self.grid.links[i].edge.target]
            ends = ((source, self.sweep.rights[source.column]), (target, self.sweep.lefts[target.column]))
            for member, x in ends:
                seen = [y for line in group.shapes if isinstance(line, Line) for y in _within(line, x, x)]
                for side in (-1, 1):
                    reach(side, member.lane, (member.column * PLACES,), max((side * y for y in seen), default=0.0))
        return found

    def _label_columns(self, member: Member) -> range:
        """Return the columns that a label reaches into, each with the gutter after it."""
        centre, half = _label_place(member, self.x(member))
        rights = self.sweep.rights
        first = last = member.column
        while rights.get(first - 1, -math.inf) > centre - half:
            first -= 1
        while last + 1 in rights and rights[last] < centre + half:
            last += 1
        return range(first, last + 1)

    def _levels(self) -> dict[tuple[int, int], float]:
        """Return how far from its lane's axis each line in a channel runs; short ones run inside long ones."""
        levels: dict[tuple[int, int], float] = {}
        nets = self.grid.routes.nets
        for key in sorted(nets, key=lambda key: (nets[key].end - nets[key].start, key)):
            reaches = self._reaches[self.grid.style.side][nets[key].lane]
            places = range(nets[key].start, nets[key].end + 1)
            lane, columns = nets[key].lane, range(nets[key].start // PLACES, nets[key].end // PLACES + 1)
            run = _RUN if any((lane, column) in self.grid.routes.runs for column in columns) else 0.0
            levels[key] = max(run, *(reaches.get(place, 0.0) for place in places)) + LEVEL
            reaches.update(dict.fromkeys(places, levels[key]))
        return levels

    def _axes(self) -> dict[int, dict[int, float]]:
        """Return the y of each lane's axis in each column; columns of a segment share them."""
        axes: dict[int, dict[int, float]] = {}
        by_segment = self._lanes_by_segment()
        for (first, last), lanes in by_segment.items():
            ys = {0: 0.0}
            for direction in (1, -1):
                y, reach = 0.0, lanes.get(0, {}).get(direction, 0.0)
                for lane in sorted((each for each in lanes if each * direction > 0), key=abs):
                    y += direction * (reach + _LANES + lanes[lane].get(-direction, 0.0))
                    ys[lane], reach = y, lanes[lane].get(direction, 0.0)
            axes.update(dict.fromkeys(range(first, last + 1), ys))
        return axes

    def _lanes_by_segment(self) -> dict[tuple[int, int], dict[int, dict[int, float]]]:
        """Return how far each lane reaches to both sides within each segment."""
        segments = list(self._segments())
        segment_of = {column: segment for segment in segments for column in range(segment[0], segment[1] + 1)}
        found: dict[tuple[int, int], dict[int, dict[int, float]]] = {segment: {} for segment in segments}
        for side, by_lane in self._reaches.items():
            for lane, reaches in by_lane.items():
                for place, reach in reaches.items():
                    segment = segment_of.get(place // PLACES)
                    if segment is not None:
                        own = found[segment].setdefault(lane, {})
                        own[side] = max(own.get(side, 0.0), reach)
        runs = {(segment_of[column], lane) for lane, column in self.grid.routes.runs if column in segment_of}
        for segment, lane in runs:
            own = found[segment].setdefault(lane, {})
            own.update({side: max(own.get(side, 0.0), _RUN) for side in (-1, 1)})
        return found

    def _segments(self) -> Iterator[tuple[int, int]]:
        """Return the first and last columns of each segment."""
        members = self.grid.members
        busy = {column for lane, column in self.grid.routes.runs if lane}
        spans = []
        for link in self.grid.links:
            source, target = (members[each] for each in link.edge)
            if source.lane or target.lane:
                spans.append((source.column if source.lane else source.column + 1, target.column))
        end = min(self.grid.columns)
        for start, to in sorted(spans):
            busy.update(range(max(start, end), to))
            end = max(end, to)
        for each in members:
            if each.lane and each.item.label is not None:
                busy.update(self._label_columns(each)[:-1])
        first = min(self.grid.columns)
        last = max(self.grid.columns)
        for column in range(first, last + 1):
            if column == last or column not in busy:
                yield first, column
                first = column + 1


def _within(line: Line, start: float, end: float) -> Iterator[float]:
    """Return the y of a line at both ends of what of it lies between two x."""
    (x, y), (far_x, far_y) = sorted((line.start, line.end))
    if far_x < start or x > end:
        return
    slope = (far_y - y) / (far_x - x) if far_x > x else 0.0
    yield y + slope * (max(start, x) - x)
    yield y + slope * (min(end, far_x) - x)
