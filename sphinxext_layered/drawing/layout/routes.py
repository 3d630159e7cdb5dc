"""How connections run through the grid: in the columns' gutters, along lanes, and in channels beside them.

Boxes stand in the cells of a grid. Vertical pieces of lines run in the gutters between columns, each
source on a track of its own; horizontal pieces run along the axis of a lane where its cells are empty, or
in the channel beside a lane, each source on a level of its own. So no line meets a box that it does not
end at, and none runs along another of a different source.

Nothing here is in pixels: a route is a list of points whose coordinates are named, and the grid says
where those are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NamedTuple

from sphinxext_layered.drawing.graph import Edge


class At(NamedTuple):
    """One coordinate by its name, and what the name is of."""

    name: Literal["leave", "enter", "edge", "track", "bar", "axis", "exit", "port", "level", "end"]
    of: tuple[int, ...]


Point = tuple[At, At]


@dataclass(frozen=True)
class Cell:
    """Where a node stands, and how lines may meet it.

    Attributes
    ----------
    column, lane : int
    open : bool
        Whether lines in a channel may meet it from there.
    merges : frozenset of {-1, 1}
        From where lines of other lanes may meet it: from above or below.
    framed : bool
        Whether it is a frame, whose edge each line passes in a lane of its own.
    entries, exits : Mapping of int to int
        Of a frame: how many lanes from its axis the line from (or to) another node passes its edge, where not on it.
    """

    column: int
    lane: int
    open: bool = True
    merges: frozenset[int] = frozenset()
    framed: bool = False
    entries: Mapping[int, int] = field(default_factory=dict)
    exits: Mapping[int, int] = field(default_factory=dict)


@dataclass
class Net:
    """The lines of one source in one channel: `start` and `end` are halves of columns and gutters."""

    source: int
    lane: int
    start: int
    end: int


@dataclass
class Routes:
    """All lines.

    Attributes
    ----------
    points : list of list of Point
        The points of each edge.
    straight : set of int
        The edges that run from one node to the next in its lane with nothing between.
    tracks : dict of (int, int) to int
        The track of each source in each gutter; gutter `c` is right of column `c`.
    counts : dict of int to int
        How many tracks each gutter has.
    nets : dict of (int, int) to Net
        The lines in channels, by source and lane.
    ports : dict of (int, int) to float
        Where an edge enters its node, by target and source, in steps from the axis, downwards.
    edges : dict of (int, int, int) to int
        The sources that meet a node from above or below, by node, side and source, and in which order from left.
    runs : set of (int, int)
        The cells, by lane and column, that lines run through.
    bars : dict of int to list of At
        The nodes whose inputs end at a bar in the gutter before them, and at which heights.
    """

    points: list[list[Point]] = field(default_factory=list)
    straight: set[int] = field(default_factory=set)
    tracks: dict[tuple[int, int], int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    nets: dict[tuple[int, int], Net] = field(default_factory=dict)
    ports: dict[tuple[int, int], float] = field(default_factory=dict)
    edges: dict[tuple[int, int, int], int] = field(default_factory=dict)
    runs: set[tuple[int, int]] = field(default_factory=set)
    bars: dict[int, list[At]] = field(default_factory=dict)


PLACES: Final = 3
"""The places of a column: its left half, its right half, the gutter after it."""


def routes_of(cells: Sequence[Cell], edges: Sequence[Edge], side: int, crowded: Collection[int] = ()) -> Routes:
    """Route the edges of a grid.

    Parameters
    ----------
    cells : sequence of Cell
    edges : sequence of Edge
    side : {-1, 1}
        Where skip connections run: above or below.
    crowded : collection of int
        The nodes that are too low for all lines that enter them: these end at a bar before the node.
    """
    return _Router(cells, edges, side).routed(crowded)


@dataclass
class _Vertical:
    """A vertical piece in a gutter."""

    gutter: int
    source: int
    target: int
    start: float
    end: float
    arrives: bool


class _Router:
    def __init__(self, cells: Sequence[Cell], edges: Sequence[Edge], side: int) -> None:
        self.cells = cells
        self.edges = edges
        self.side = side
        self.kept: dict[tuple[int, int], int] = {(cell.lane, cell.column): -1 - i for i, cell in enumerate(cells)}
        self.out: dict[int, int] = defaultdict(int)
        for edge in edges:
            self.out[edge.source] += 1
        self.verticals: list[_Vertical] = []
        self.arrivals: dict[int, list[tuple[int, float, float]]] = defaultdict(list)
        self.merged: set[tuple[int, int]] = set()
        self.barred: set[tuple[int, int, int]] = set()
        self.result = Routes(points=[[] for _ in edges])

    def routed(self, crowded: Collection[int]) -> Routes:
        order = sorted(range(len(self.edges)), key=self._rank)
        for i in order:
            self.result.points[i] = self._route(i)
        entering: dict[int, list[int]] = {node: [] for node in sorted(crowded)}
        for i, edge in enumerate(self.edges):
            if edge.target in entering and self.result.points[i][-1][0].name == "enter":
                entering[edge.target].append(i)
        for node, own in entering.items():
            self._collect(node, own)
        self.verticals = [each for each in self.verticals if (each.gutter, each.source, each.target) not in self.barred]
        self._assign_ports()
        self._assign_tracks()
        self._order_edges()
        return self.result

    def _rank(self, i: int) -> tuple[int, int, int]:
        """Neighbours come first, then short lines."""
        source, target = (self.cells[each] for each in self.edges[i])
        span = target.column - source.column
        return (source.lane != target.lane, span, i)

    def _route(self, i: int) -> list[Point]:
        edge = self.edges[i]
        source, target = (self.cells[each] for each in edge)
        if source.exits.get(edge.target) or target.entries.get(edge.source):
            return self._through_edges(edge)
        if source.lane == target.lane and self._take(edge.source, source.lane, source.column, target.column):
            if target.column == source.column + 1:
                self.result.straight.add(i)
            self._arrive(edge, 0.0, 0.0)
            return [self._leave(edge), self._enter(edge)]
        if source.lane != target.lane:
            return self._merging(edge) or self._along_source(edge) or self._along_target(edge) or self._around(edge)
        return self._around(edge)

    def _through_edges(self, edge: Edge) -> list[Point]:
        """Route a line that passes the edge of a frame beside the frame's axis."""
        source, target = (self.cells[each] for each in edge)
        leaves, enters = source.exits.get(edge.target, 0), target.entries.get(edge.source, 0)
        if target.column == source.column + 1 or (
            not leaves and self._take(edge.source, source.lane, source.column, target.column)
        ):
            gutter = target.column - 1
        elif not enters and self._take(edge.source, target.lane, source.column, target.column):
            gutter = source.column
        else:
            return self._around(edge)
        start = self._leave(edge)
        track = self._vertical(edge, gutter, source.lane, target.lane, arrives=not enters)
        self._arrive(edge, 0.0, 0.0)
        return [start, (track, start[1]), (track, self._port(edge)), self._enter(edge)]

    def _free(self, source: int, lane: int, start: int, end: int) -> bool:
        """Return whether the axis of a lane is free between two columns, for lines of this source."""
        return all(self.kept.get((lane, column), source) == source for column in range(start + 1, end))

    def _take(self, source: int, lane: int, start: int, end: int) -> bool:
        if not self._free(source, lane, start, end):
            return False
        self.kept.update({(lane, column): source for column in range(start + 1, end)})
        self.result.runs.update((lane, column) for column in range(start + 1, end))
        return True

    def _merging(self, edge: Edge) -> list[Point]:
        """Run along the source's lane until over or under the target, and enter that from there."""
        source, target = (self.cells[each] for each in edge)
        side = 1 if source.lane > target.lane else -1
        between = range(target.lane + side, source.lane, side)
        if (
            side not in target.merges
            or (edge.target, side) in self.merged
            or any((lane, target.column) in self.kept for lane in between)
            or not self._take(edge.source, source.lane, source.column, target.column + 1)
        ):
            return []
        self.merged.add((edge.target, side))
        self.kept.update({(lane, target.column): edge.source for lane in between})
        across = At("edge", (edge.target, side, edge.source))
        self.result.edges[edge.target, side, edge.source] = 0
        axis = At("axis", (source.lane, target.column))
        return [self._leave(edge), (across, axis), (across, At("end", (edge.target, side, edge.source)))]

    def _along_source(self, edge: Edge) -> list[Point]:
        """Run along the source's lane, and change lanes before the target."""
        source, target = (self.cells[each] for each in edge)
        beyond = self.kept.get((source.lane, target.column), edge.source)
        if beyond not in (edge.source, -1 - edge.target) and beyond >= 0:
            return []  # a line that begins in the gutter where this one would end, on the same axis
        if not self._take(edge.source, source.lane, source.column, target.column):
            return []
        adjacent = target.column == source.column + 1
        return self._crossing(edge, target.column - 1, arrives=not adjacent or self.out[edge.source] == 1)

    def _along_target(self, edge: Edge) -> list[Point]:
        """Change lanes right after the source, and run along the target's lane."""
        source, target = (self.cells[each] for each in edge)
        before = self.kept.get((target.lane, source.column), edge.source)
        if before != edge.source and (before >= 0 or self.out[-1 - before]):
            return []  # a line that ends in the gutter where this one would begin, on the same axis
        if not self._take(edge.source, target.lane, source.column, target.column):
            return []
        track = self._vertical(edge, source.column, source.lane, target.lane, arrives=False)
        self._arrive(edge, 0.0, 0.0)
        start = self._leave(edge)
        return [start, (track, start[1]), (track, self._port(edge)), self._enter(edge)]

    def _crossing(self, edge: Edge, gutter: int, *, arrives: bool) -> list[Point]:
        source, target = (self.cells[each] for each in edge)
        track = self._vertical(edge, gutter, source.lane, target.lane, arrives=arrives)
        self._arrive(edge, 1.0 if source.lane > target.lane else -1.0, abs(source.lane - target.lane))
        start = self._leave(edge)
        return [start, (track, start[1]), (track, self._port(edge)), self._enter(edge)]

    def _around(self, edge: Edge) -> list[Point]:
        """Run in the channel beside the lane that is further from the main lane."""
        source, target = (self.cells[each] for each in edge)
        lane = max(source.lane, target.lane, key=abs)
        level = At("level", (edge.source, lane))
        beside = lane + self.side * 0.5
        start, end = source.column * PLACES + 2, (target.column - 1) * PLACES + 2
        if lane == source.lane and source.open:
            start -= 1
            key = (edge.source, self.side, edge.source)
            self.result.edges[key] = 0
            first: list[Point] = [(At("edge", key), At("end", key)), (At("edge", key), level)]
        else:
            track = self._vertical(edge, source.column, source.lane, beside, arrives=False)
            leaving = self._leave(edge)
            first = [leaving, (track, leaving[1]), (track, level)]
        if lane == target.lane and target.open and (edge.target, self.side) not in self.merged:
            end += 1
            key = (edge.target, self.side, edge.source)
            self.result.edges[key] = 0
            last: list[Point] = [(At("edge", key), level), (At("edge", key), At("end", key))]
        else:
            track = self._vertical(edge, target.column - 1, beside, target.lane, arrives=True)
            self._arrive(
                edge, self.side if lane == target.lane else (1.0 if lane > target.lane else -1.0), 1000 + abs(lane)
            )
            last = [(track, level), (track, self._port(edge)), self._enter(edge)]
        net = self.result.nets.setdefault((edge.source, lane), Net(edge.source, lane, start, end))
        net.start, net.end = min(net.start, start), max(net.end, end)
        return [*first, *last]

    def _leave(self, edge: Edge) -> Point:
        cell = self.cells[edge.source]
        if cell.exits.get(edge.target):
            return (At("leave", (edge.source,)), At("exit", (edge.source, edge.target)))
        return (At("leave", (edge.source,)), At("axis", (cell.lane, cell.column)))

    def _enter(self, edge: Edge) -> Point:
        return (At("enter", (edge.target, edge.source)), self._port(edge))

    def _port(self, edge: Edge) -> At:
        return At("port", (edge.target, edge.source))

    def _arrive(self, edge: Edge, side: float, distance: float) -> None:
        """Note that an edge enters from the left: from above (-1), on the axis (0) or from below (1)."""
        self.arrivals[edge.target].append((edge.source, side, distance))

    def _vertical(self, edge: Edge, gutter: int, start: float, end: float, *, arrives: bool) -> At:
        self.verticals.append(_Vertical(gutter, edge.source, edge.target, min(start, end), max(start, end), arrives))
        return At("track", (gutter, edge.source))

    def _collect(self, node: int, entering: Collection[int]) -> None:
        """End the lines that enter a node from the left at a bar before it."""
        cell = self.cells[node]
        lanes: set[float] = {self.cells[self.edges[i].source].lane for i in entering} | {cell.lane}
        if any(self._is_level(i) for i in entering):
            lanes.add(cell.lane + self.side * 0.5)
        if len(entering) < 3 or self._is_crossed(cell, min(lanes), max(lanes)):
            return
        heights: list[At] = []
        for i in entering:
            points = self.result.points[i]
            gutter = (cell.column - 1, self.edges[i].source)
            turns = len(points) > 2 and points[-2][0] == At("track", gutter)
            kept = points[:-3] if turns else points[:-1]
            height = points[-3][1] if turns else At("axis", (cell.lane, cell.column))
            self.result.points[i] = [*kept, (At("bar", (node,)), height)]
            heights.append(height)
            if turns:
                self.barred.add((*gutter, node))
        bar = _Vertical(cell.column - 1, -1 - node, node, min(lanes), max(lanes), True)
        self.verticals.append(bar)
        self.arrivals.pop(node, None)
        self.result.straight.difference_update(entering)
        self.result.bars[node] = [*heights, At("axis", (cell.lane, cell.column))]

    def _is_crossed(self, cell: Cell, top: float, bottom: float) -> bool:
        """Return whether lines run on, past a cell, where a bar before it would be."""
        gutter = (cell.column - 1) * PLACES + 2
        lanes = range(math.ceil(top), math.floor(bottom) + 1)
        return any((lane, cell.column) in self.kept for lane in lanes if lane != cell.lane) or any(
            net.start <= gutter < net.end and top <= net.lane + self.side * 0.5 <= bottom
            for net in self.result.nets.values()
        )

    def _is_level(self, i: int) -> bool:
        return any(y.name == "level" for _, y in self.result.points[i])

    def _assign_ports(self) -> None:
        """Let lines enter a node one under the other: from above the furthest first, from below the nearest."""
        for target, arriving in self.arrivals.items():
            ordered = sorted(arriving, key=lambda each: (each[1], each[1] * each[2], each[0]))
            straight = next((i for i, each in enumerate(ordered) if each[1] == 0), None)
            middle = (len(ordered) - 1) / 2 if straight is None else float(straight)
            if straight is None and len(ordered) % 2 and self._is_met(target):
                middle += 0.5  # off the axis, so that the two lines do not touch
            for i, (source, _, _) in enumerate(ordered):
                self.result.ports[target, source] = 0.0 if self.cells[target].framed else i - middle

    @cached_property
    def _turns(self) -> set[tuple[int, int]]:
        """The gutters and sources of all vertical pieces, once bars are made."""
        return {(each.gutter, each.source) for each in self.verticals}

    def _is_met(self, target: int) -> bool:
        """Return whether a line on the axis of a node's lane turns off right before the node."""
        cell = self.cells[target]
        before = self.kept.get((cell.lane, cell.column - 1))
        if before is None:
            return False
        source = -1 - before if before < 0 else before
        return (cell.column - 1, source) in self._turns

    def _assign_tracks(self) -> None:
        """Assign each source a track in each gutter, those that leave left of those that arrive."""
        merged: dict[tuple[int, int], _Vertical] = {}
        for piece in self.verticals:
            known = merged.setdefault((piece.gutter, piece.source), piece)
            known.start, known.end = min(known.start, piece.start), max(known.end, piece.end)
            known.arrives = known.arrives and piece.arrives
        by_gutter: dict[int, list[_Vertical]] = defaultdict(list)
        for piece in merged.values():
            by_gutter[piece.gutter].append(piece)
        for gutter, pieces in by_gutter.items():
            pieces.sort(key=self._track_rank)
            placed: list[tuple[_Vertical, int]] = []
            for piece in pieces:
                track = max(
                    (taken + 1 for other, taken in placed if other.start <= piece.end and piece.start <= other.end),
                    default=0,
                )
                placed.append((piece, track))
                self.result.tracks[gutter, piece.source] = track
            self.result.counts[gutter] = 1 + max(track for _, track in placed)

    def _track_rank(self, piece: _Vertical) -> tuple[bool, float, int]:
        """Order tracks so that lines which part or meet do not cross more than they must."""
        if piece.source < 0:
            return (True, float("inf"), piece.source)
        source, target = self.cells[piece.source], self.cells[piece.target]
        if piece.arrives:
            return (True, abs(source.lane - target.lane), piece.source)
        return (False, -source.lane if piece.end > source.lane else source.lane, piece.source)

    def _order_edges(self) -> None:
        """Order the lines that meet a node from above or below: what leaves it on the right, what comes far last."""
        meeting: dict[tuple[int, int], list[int]] = defaultdict(list)
        for node, side, source in self.result.edges:
            meeting[node, side].append(source)
        for (node, side), sources in meeting.items():
            ordered = sorted(
                sources, key=lambda each: (each == node, -self.cells[each].column, abs(self.cells[each].lane), each)
            )
            for i, source in enumerate(ordered):
                self.result.edges[node, side, source] = 2 * i - (len(ordered) - 1)
