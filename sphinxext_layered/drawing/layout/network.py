"""A model's graph in rows of a grid: which connections become stubs, where rows end, how much boxes are scaled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sphinxext_layered.drawing.graph import Edge, Graph
from sphinxext_layered.drawing.scene import Group
from sphinxext_layered.options import LayeredViewOptions

from .art import draw
from .boxes import LEGIBLE, Box, scaled
from .grid import Grid, Link, Member, Pin
from .items import BoxItem, Item, PortItem, SignItem, sign_radius
from .lanes import Places, places_of
from .style import Style

MANY: Final = 4
"""From how many distant uses of one tensor on it is shown by stubs."""

ENTRY: Final = 24.0
"""The room that a row's beginning and end take where it is not the only one, px."""

_FAR: Final = 3
_STEPS: Final = 10
_TIERS: Final = (2, 3, 4, 5)
_TRIES: Final = 3
_SMALLEST: Final = 0.1
_TINY: Final = 0.05
_LONGEST_NAME: Final = 18

Rows = list[tuple[int, int]]
"""The first and last column of each row."""


@dataclass(frozen=True)
class Network:
    """A graph with its boxes."""

    graph: Graph
    boxes: Sequence[Box]
    options: LayeredViewOptions
    style: Style

    def rows(self, most: float | None) -> list[list[Group]]:
        """Draw the network in rows no wider than `most` pixels, or in one row where that is None.

        Notes
        -----
        The boxes are scaled as little as it takes for one row; where it is the labels that take the room, they get
        more tiers. Where not even that does, rows end where the lines of one node alone go on, and where there is
        no such place, where the fewest others do: these are cut, with a numbered stub on either side.
        """
        whole = [(0, max(self._places.columns))]
        if most is None or self._end(1.0, 2) <= most:
            return self._drawn(1.0, whole, 2)
        low = self._least_scale()
        for tiers in (2,) if self._can_wrap else _TIERS:
            scale = self._greatest_in_one(low if self._can_wrap else _TINY, most, tiers)
            if scale is not None:
                return self._drawn(scale, whole, tiers)
        return self._wrapped(low, most)

    def _greatest_in_one(self, low: float, most: float, tiers: int) -> float | None:
        return _greatest(low, lambda scale: self._end(scale, tiers) <= most)

    @cached_property
    def _can_wrap(self) -> bool:
        """Whether a row may end somewhere in the middle, and cut no lines."""
        last = max(self._places.columns)
        return any(not self._others(column) for column in range(last // 4, last - last // 4))

    def _wrapped(self, low: float, most: float) -> list[list[Group]]:
        room = most - 2 * ENTRY
        for _ in range(_TRIES):
            rows = self._breaks(low, room)
            scale = self._greatest_in_rows(low, room, (len(rows), self._cut_lines(rows)))
            rows = self._breaks(scale, room)
            pins = self._pins(rows)
            wide = max(max(grid.ends(min(grid.columns), max(grid.columns))) for grid in self._grids(scale, rows, pins))
            if wide <= most:
                break
            room -= wide - most
        return [draw(grid) for grid in self._grids(scale, rows, pins)]

    @cached_property
    def _places(self) -> Places:
        number = len(self.graph.nodes)
        merges = frozenset(i for i, node in enumerate(self.graph.nodes) if node.sign)
        places = places_of(number, self.graph.edges, merges=merges, side=self.style.side)
        far = self._far(places)
        kept = [edge for edge in self.graph.edges if edge not in far]
        if len(kept) == len(self.graph.edges):
            return places
        return places_of(number, kept, merges=merges, side=self.style.side, columns=places.columns)

    @cached_property
    def _stubs(self) -> frozenset[Edge]:
        """The connections that are shown by stubs wherever rows end."""
        return self._far(self._places)

    def _far(self, places: Places) -> frozenset[Edge]:
        if self.options.stubs == "no":
            return frozenset()
        many, distance = (1, 2) if self.options.stubs == "yes" else (MANY, _FAR)
        far: dict[int, list[Edge]] = defaultdict(list)
        for edge in self.graph.edges:
            if places.columns[edge.target] - places.columns[edge.source] >= distance:
                far[edge.source].append(edge)
        return frozenset(edge for edges in far.values() if len(edges) >= many for edge in edges)

    def _least_scale(self) -> float:
        """Return the scale at which the narrowest front face is just legible."""
        widths = [box.width for box, node in zip(self.boxes, self.graph.nodes, strict=True) if not node.sign]
        return min(max(LEGIBLE / min(widths, default=LEGIBLE), _SMALLEST), 0.5)

    @cached_property
    def _measured(self) -> dict[tuple[float, int], Grid]:
        """The grid that was measured last, by its scale and tiers."""
        return {}

    @cached_property
    def _whole(self) -> Grid:
        return self._grid(1.0, 0, max(self._places.columns), self._own_pins)

    @cached_property
    def _own_pins(self) -> dict[int, list[Pin]]:
        """The stubs of tensors used in many places, which are drawn wherever rows end."""
        return self._pins([(0, max(self._places.columns))])

    def _scaled(self, scale: float, tiers: int = 2) -> Grid:
        """Return the whole network at a scale, to measure it."""
        if (scale, tiers) not in self._measured:
            members = self._members(scale, range(len(self.boxes)), self._own_pins)
            self._measured.clear()
            self._measured[scale, tiers] = Grid(
                members, self._whole.links, self.style, tiers=tiers, routes=self._whole.routes
            )
        return self._measured[scale, tiers]

    def _end(self, scale: float, tiers: int) -> float:
        return max(self._scaled(scale, tiers).ends(0, max(self._places.columns)))

    @cached_property
    def _crossing(self) -> dict[int, set[int]]:
        """The nodes whose lines cross the gutter after each column."""
        found: dict[int, set[int]] = defaultdict(set)
        for edge in self.graph.edges:
            if edge not in self._stubs:
                for column in range(self._places.columns[edge.source], self._places.columns[edge.target]):
                    found[column].add(edge.source)
        return found

    def _carrier(self, column: int) -> int | None:
        """Return the node whose lines go on when a row ends after a column: the last one in the main lane."""
        places = self._places
        nodes = [node for node in self._crossing[column] if places.lanes[node] == 0]
        return max(nodes, key=lambda node: places.columns[node], default=None)

    def _others(self, column: int) -> int:
        """Return how many nodes' lines are cut when a row ends after a column."""
        return len(self._crossing[column] - {self._carrier(column)})

    def _cut_lines(self, rows: Rows) -> int:
        return sum(self._others(last) for _, last in rows[:-1])

    def _greatest_in_rows(self, low: float, room: float, limits: tuple[int, int]) -> float:
        return _greatest(low, lambda scale: self._is_within(scale, room, limits)) or low

    def _is_within(self, scale: float, room: float, limits: tuple[int, int]) -> bool:
        rows = self._breaks(scale, room)
        grid = self._scaled(scale)
        wide = any(max(grid.ends(first, last)) > room for first, last in rows)
        return not wide and (len(rows), self._cut_lines(rows)) <= limits and self._cut_lines(rows) <= limits[1]

    def _breaks(self, scale: float, room: float) -> Rows:
        """Part the columns into rows, each as long as it can be."""
        grid = self._scaled(scale)
        rows: Rows = []
        first, last = 0, max(self._places.columns)
        while first <= last:
            end = first
            for column, reach in enumerate(grid.ends(first, last), first):
                if reach > room:
                    break
                end = column
            if end < last:
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
        return [draw(grid) for grid in self._grids(scale, rows, self._pins(rows), tiers)]

    def _grids(self, scale: float, rows: Rows, pins: Mapping[int, Sequence[Pin]], tiers: int = 2) -> list[Grid]:
        return [self._grid(scale, first, last, pins, tiers) for first, last in rows]

    def _is_carried(self, edge: Edge, rows: Rows) -> bool:
        """Say whether a connection stays within a row, or goes on on the axis from one row to the next."""
        start, end = (self._places.columns[each] for each in edge)
        crossed = [last for _, last in rows if start <= last < end]
        return not crossed or (len(crossed) == 1 and self._carrier(crossed[0]) == edge.source)

    def _pins(self, rows: Rows) -> dict[int, list[Pin]]:
        """Return the stubs of each node: of tensors used in many places, and of lines that a row's end cuts."""
        if not self.style.connected:
            return {}
        cut: dict[int, list[Edge]] = defaultdict(list)
        for edge in self.graph.edges:
            if edge in self._stubs or not self._is_carried(edge, rows):
                cut[edge.source].append(edge)
        pins: dict[int, list[Pin]] = defaultdict(list)
        number = 0
        for source, edges in cut.items():
            number += any(edge not in self._stubs for edge in edges)
            text = self._stub_name(source) if all(edge in self._stubs for edge in edges) else str(number)
            titles = [(self._title(edge), self._names(edge)) for edge in edges]
            pins[source].append(Pin(text, False, tuple(titles)))
            for edge, title in zip(edges, titles, strict=True):
                pins[edge.target].append(Pin(text, True, (title,)))
        return pins

    def _stub_name(self, node: int) -> str:
        name = self.graph.nodes[node].name
        return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "\u2026"

    def _names(self, edge: Edge) -> tuple[str, str]:
        return (self.graph.nodes[edge.source].name, self.graph.nodes[edge.target].name)

    def _title(self, edge: Edge) -> str:
        return " \u2192 ".join(self._names(edge))

    def _members(self, scale: float, nodes: Sequence[int], pins: Mapping[int, Sequence[Pin]]) -> list[Member]:
        members = []
        for i in nodes:
            box = scaled(self.boxes[i], scale)
            place = (self._places.columns[i], self._places.lanes[i])
            members.append(Member(self._item(i, box), *place, box.gap, tuple(pins.get(i, ()))))
        return members

    def _item(self, i: int, box: Box) -> Item:
        node = self.graph.nodes[i]
        if node.sign:
            return SignItem(box, node.sign, sign_radius(node.sign, self.style.font), (), box.label, box.above)
        return BoxItem(box, -1 if self.options.draw_reversed else 1, node.shared)

    def _grid(self, scale: float, first: int, last: int, pins: Mapping[int, Sequence[Pin]], tiers: int = 2) -> Grid:
        """Return the grid of some columns, with what comes in from the row before and goes on to the next."""
        columns = self._places.columns
        nodes = [i for i in range(len(self.boxes)) if first <= columns[i] <= last]
        members = self._members(scale, nodes, pins)
        place = {node: i for i, node in enumerate(nodes)}
        cut = {names for each in pins.values() for pin in each for _, names in pin.titles}
        links: list[Link] = []
        entry: int | None = None
        leaves = False
        for edge in self.graph.edges:
            names = self._names(edge)
            if edge in self._stubs or names in cut:
                continue
            if edge.source in place and edge.target in place:
                links.append(Link(Edge(place[edge.source], place[edge.target]), self._title(edge), names))
            elif edge.target in place:
                if entry is None:
                    entry = len(members)
                    members.append(Member(PortItem(right=ENTRY / 2), first - 1, 0))
                links.append(Link(Edge(entry, place[edge.target]), self._title(edge), names))
            elif edge.source in place and not leaves:
                leaves = True
                members.append(Member(PortItem(), last + 1, 0))
                links.append(Link(Edge(place[edge.source], len(members) - 1)))
        return Grid(members, links, self.style, tiers=tiers)


def _greatest(low: float, fits: Callable[[float], bool]) -> float | None:
    """Return the greatest scale from `low` to 1 that fits, None where not even the least does."""
    if not fits(low):
        return None
    high = 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if fits(middle):
            low = middle
        else:
            high = middle
    return low
