"""The whole network in rows: how much it is scaled, where rows end, and what becomes of the lines that this cuts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from sphinxext_layered.drawing.cached import cached_property
from sphinxext_layered.drawing.graph import Edge, Frame, Graph, Node
from sphinxext_layered.drawing.scene import Group

from .art import draw
from .boxes import LEAST_GAP, LEGIBLE, Box, scaled
from .grid import Grid, Link, Member
from .items import PortItem
from .part import Part, Pins, Tensor

ENTRY: Final = 14.0
"""The room that a row's beginning and end take where it is not the only one, px."""

ROWS: Final = 2
"""In how many rows a picture is to fit, if need be with smaller boxes or less of the network."""

_LANE: Final = 40.0
_STEPS: Final = 6
_SMALLEST: Final = 0.1
_TINY: Final = 0.05
_TIERS: Final = (2, 3, 4, 5)
_TRIES: Final = 6

Rows = list[tuple[int, int]]
"""The first and last column of each row."""


def is_fitting(part: Part, most: float) -> bool:
    """Return whether a network fits in two rows no wider than `most`, at a legible scale and without cut lines.

    It does not if its lanes alone are higher than that width. Two lower bounds spare the layout of long networks.
    """
    network = _Network(part, most)
    low = network.least_scale()
    if _least_width(part.graph, part.setting.boxes, low) > ROWS * most:
        return False
    if _least_columns(part, low) > ROWS * most or len(set(part.places.lanes)) * _LANE > most:
        return False
    if network.end(low, 2) <= most:
        return True
    room = most - 2 * ENTRY
    rows = network.breaks(low, room)
    if len(rows) > ROWS or network.cut_lines(rows):
        return False
    grid = network.scaled(_SMALLEST)
    return all(end <= room for column in range(network.last + 1) for end in grid.ends(column, column))


def network_rows(part: Part, most: float | None) -> list[list[Group]]:
    """Draw a network in rows no wider than `most` pixels, or in one row where that is None.

    Notes
    -----
    The boxes are scaled as little as it takes for one row; where it is the labels that take the room, they get
    more tiers. Where not even that does, rows end where the lines of one node alone go on, and where there is
    no such place, where the fewest others do: these are cut, with a numbered stub on either side.
    """
    return _Network(part, most).rows()


def _least_width(graph: Graph, boxes: Mapping[str, Box], scale: float) -> float:
    """Return what a graph takes at least as one row, without its lines and labels: its longest way."""
    ends = [0.0] * len(graph.nodes)
    feeders, _ = graph.neighbours()
    for i, node in enumerate(graph.nodes):
        ends[i] = _least_of(node, boxes, scale) + max([ends[each] for each in feeders[i]], default=0.0)
    return max(ends, default=0.0)


def _least_of(node: Node | Frame, boxes: Mapping[str, Box], scale: float) -> float:
    if isinstance(node, Frame):
        return 0.0 if node.is_closed else _least_width(node.inner, boxes, scale)
    box = scaled(boxes[node.name], scale)
    return 0.0 if node.sign else box.width + box.depth


def _least_columns(part: Part, scale: float) -> float:
    """Return what columns take at least beside each other, without lines and labels."""
    widths: dict[int, float] = defaultdict(float)
    for node, column in zip(part.graph.nodes, part.places.columns, strict=True):
        widths[column] = max(widths[column], _least_of(node, part.setting.boxes, scale))
    return sum(widths.values()) + LEAST_GAP * (len(widths) - ROWS)


class _Network:
    def __init__(self, part: Part, most: float | None) -> None:
        self.part = part
        self.most = most
        self.columns = part.places.columns
        self.last = max(self.columns)
        self._measured: dict[tuple[float, int], Grid] = {}
        self._found: dict[tuple[float, float], Rows] = {}

    def rows(self) -> list[list[Group]]:
        whole = [(0, self.last)]
        if self.most is None or self.end(1.0, 2) <= self.most:
            return self._drawn(1.0, whole, 2)
        low = self.least_scale()
        for tiers in (2,) if self._can_wrap else _TIERS:
            scale = self._greatest_in_one(low if self._can_wrap else _TINY, self.most, tiers)
            if scale is not None:
                return self._drawn(scale, whole, tiers)
        if len(self.breaks(low, self.most - 2 * ENTRY)) > ROWS:
            low = _SMALLEST
        return self._wrapped(low, self.most)

    def _greatest_in_one(self, low: float, most: float, tiers: int) -> float | None:
        return _greatest(low, lambda scale: self.end(scale, tiers) <= most)

    @cached_property
    def _can_wrap(self) -> bool:
        """Whether a row may end somewhere in the middle, and cut no lines."""
        return any(not self._others(column) for column in range(self.last // 4, self.last - self.last // 4))

    def _wrapped(self, low: float, most: float) -> list[list[Group]]:
        room = most - 2 * ENTRY
        for _ in range(_TRIES):
            rows = self.breaks(low, room)
            scale = self._greatest_in_rows(low, room, (len(rows), self.cut_lines(rows)))
            rows = self.breaks(scale, room)
            grids = self._grids(scale, rows, 2)
            wide = max(grid.width for grid in grids)
            if wide <= most:
                break
            room -= wide - most + 1
        return [draw(grid) for grid in grids]

    def least_scale(self) -> float:
        """Return the scale at which the narrowest front face is just legible."""
        widths = [box.width for box in self.part.setting.boxes.values()]
        return min(max(LEGIBLE / min(widths, default=LEGIBLE), _SMALLEST), 0.5)

    def scaled(self, scale: float, tiers: int = 2) -> Grid:
        """Return the whole network at a scale, to measure it."""
        if (scale, tiers) not in self._measured:
            self._measured = {(scale, tiers): self.part.grid(scale, tiers)}
        return self._measured[scale, tiers]

    def end(self, scale: float, tiers: int) -> float:
        """Return how wide the network is as one row."""
        return max(self.scaled(scale, tiers).ends(0, self.last))

    @cached_property
    def _crossing(self) -> dict[int, set[Tensor]]:
        """The tensors whose lines cross the gutter after each column."""
        found: dict[int, set[Tensor]] = defaultdict(set)
        for edge in self.part.edges:
            if edge not in self.part.stubs:
                tensor = self.part.tensor(edge)
                for column in range(self.columns[edge.source], self.columns[edge.target]):
                    found[column].add(tensor)
        return found

    def _carrier(self, column: int) -> Tensor | None:
        """Return the tensor whose lines go on when a row ends after a column: the last one in the main lane."""
        tensors = [each for each in self._crossing[column] if self.part.places.lanes[each[0]] == 0]
        return max(tensors, key=lambda each: (self.columns[each[0]], each[1]), default=None)

    def _others(self, column: int) -> int:
        """Return how many tensors' lines are cut when a row ends after a column."""
        return self._cut[column]

    @cached_property
    def _cut(self) -> list[int]:
        return [len(self._crossing[column] - {self._carrier(column)}) for column in range(self.last + 1)]

    def cut_lines(self, rows: Rows) -> int:
        """Return how many lines the ends of rows cut."""
        return sum(self._others(last) for _, last in rows[:-1])

    def _greatest_in_rows(self, low: float, room: float, limits: tuple[int, int]) -> float:
        return _greatest(low, lambda scale: self._is_within(scale, room, limits)) or low

    def _is_within(self, scale: float, room: float, limits: tuple[int, int]) -> bool:
        rows = self.breaks(scale, room)
        grid = self.scaled(scale)
        single = [first for first, last in rows if first == last]  # longer rows were measured
        wide = any(max(grid.ends(column, column)) > room for column in single)
        return not wide and len(rows) <= limits[0] and self.cut_lines(rows) <= limits[1]

    def breaks(self, scale: float, room: float) -> Rows:
        """Return the columns of each row: rows end where they cut no lines, as long as there are not too many."""
        if (scale, room) not in self._found:
            self._found[scale, room] = self._breaks(scale, room)
        return self._found[scale, room]

    def _breaks(self, scale: float, room: float) -> Rows:
        rows = self._long_rows(scale, room)
        if len(rows) != ROWS + 1:
            return rows
        two = self._two_rows(scale, room)
        return two if two and self.cut_lines(two) <= self.cut_lines(rows) + 1 else rows

    def _two_rows(self, scale: float, room: float) -> Rows:
        """Return two rows that cut as few lines as two can; none where they have no room."""
        grid = self.scaled(scale)
        found: list[Rows] = []
        end = sum(reach <= room for reach in grid.ends(0, self.last)) - 1
        for column in range(end, end - end // 3, -1):
            if max(grid.ends(column + 1, self.last)) > room:
                break
            found.append([(0, column), (column + 1, self.last)])
        return min(found, key=self.cut_lines, default=[])

    def _long_rows(self, scale: float, room: float) -> Rows:
        grid = self.scaled(scale)
        rows: Rows = []
        first = 0
        while first <= self.last:
            end = first
            for column, reach in enumerate(grid.ends(first, self.last), first):
                if reach > room:
                    break
                end = column
            if end < self.last:
                end = self._best_break(first, end)
            rows.append((first, end))
            first = end + 1
        return rows

    def _best_break(self, first: int, end: int) -> int:
        """Return after which column a row ends that has room for the columns until `end`."""
        whole = [column for column in range(first, end + 1) if not self._others(column)]
        if whole and whole[-1] >= first + (end - first) // 3:
            return whole[-1]
        later = range(first + (end - first) // 2, end + 1)
        return min(later, key=lambda column: (self._others(column), -column))

    def _drawn(self, scale: float, rows: Rows, tiers: int) -> list[list[Group]]:
        return [draw(grid) for grid in self._grids(scale, rows, tiers)]

    def _grids(self, scale: float, rows: Rows, tiers: int) -> list[Grid]:
        if len(rows) == 1:
            return [self.scaled(scale, tiers)]
        part = self.part
        row_of = [row for row, (first, last) in enumerate(rows) for _ in range(first, last + 1)]
        nodes: list[list[int]] = [[] for _ in rows]
        for i in range(part.number):
            nodes[row_of[self.columns[i]]].append(i)
        stubs: list[Edge] = []
        edges: list[list[Edge]] = [[] for _ in rows]
        for edge in part.edges:
            start, end = (row_of[self.columns[each]] for each in edge)
            if edge in part.stubs or not (start == end or self._is_carried(edge, rows, start, end)):
                stubs.append(edge)
            else:
                for row in {start, end}:
                    edges[row].append(edge)
        pins = part.pins_of(stubs)
        return [self._grid(scale, *each, pins, tiers) for each in zip(rows, nodes, edges, strict=True)]

    def _is_carried(self, edge: Edge, rows: Rows, start_row: int, end_row: int) -> bool:
        """Return whether a connection between two rows continues on the axis from one to the next."""
        return end_row == start_row + 1 and self._carrier(rows[start_row][1]) == self.part.tensor(edge)

    def _grid(
        self, scale: float, row: tuple[int, int], nodes: Sequence[int], edges: Iterable[Edge], pins: Pins, tiers: int
    ) -> Grid:
        """Return the grid of a row, with what comes in from the row before and goes on to the next."""
        part = self.part
        first, last = row
        at = {node: i for i, node in enumerate(nodes)}
        own = set(nodes)
        links: list[Link] = []
        ports: list[Member] = []
        leaves = False
        for edge in edges:
            if own.issuperset(edge):
                links.append(part.link(edge, Edge(at[edge.source], at[edge.target])))
            elif edge.target in own:
                if edge.source not in at:
                    at[edge.source] = len(nodes) + len(ports)
                    ports.append(Member(PortItem(right=ENTRY / 2), first - 1, 0))
                links.append(part.link(edge, Edge(at[edge.source], at[edge.target])))
            elif edge.source in own and not leaves:
                leaves = True
                links.append(Link(Edge(at[edge.source], len(nodes) + len(ports))))
                ports.append(Member(PortItem(), last + 1, 0))
        members = part.members(scale, nodes, pins, at)
        return Grid([*members, *ports], links, part.setting.style, tiers=tiers)


def _greatest(low: float, fits: Callable[[float], bool]) -> float | None:
    """Return the largest scale from `low` to 1 that fits, None if not even `low` does."""
    if not fits(low):
        return None
    high = 1.0
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
