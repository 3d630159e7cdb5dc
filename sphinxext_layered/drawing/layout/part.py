"""A part of the network: the nodes of one graph in columns and lanes, as members of a grid.

The whole network is one part, and so is what stands in each frame, which has ports at its edges where
lines come in and go out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sphinxext_layered.drawing.cached import cached_property
from sphinxext_layered.drawing.graph import Edge, Frame, Graph, Node
from sphinxext_layered.drawing.repeats import MANY
from sphinxext_layered.options import LayeredViewOptions

from .boxes import Box, scaled
from .frames import ClosedItem, FrameItem, mark_of
from .grid import PIN_PADDING, Grid, Link, Member, Pin, pins_width
from .items import BoxItem, Item, PortItem, SignItem, badge_radius, sign_radius
from .lanes import Places, places_of
from .style import Style
from .textblock import ELLIPSIS, shortened, text_block

_FAR: Final = 3
_LONGEST_NAME: Final = 18
_FRAME_GAP: Final = 8.0
_PORT_ROOM: Final = 4.0

Tensor = tuple[int, str]
"""A node, which may be a frame, and the call that a tensor comes from."""

Pins = Mapping[int, Sequence[Pin]]
"""The stubs of nodes, by their positions."""


@dataclass(frozen=True)
class Setting:
    """What all parts of a network share: the boxes of its nodes by name, the options, and how it is drawn.

    No text is wider than `most` pixels.
    """

    boxes: Mapping[str, Box]
    options: LayeredViewOptions
    style: Style
    most: float = math.inf


@dataclass(frozen=True)
class Port:
    """A place at a frame's edge.

    Attributes
    ----------
    outer : tuple of int
        The nodes at the other end, outside.
    names : tuple of str
        The calls at the other end.
    inner : tuple of int
        The nodes in the frame that are joined to it.
    """

    outer: tuple[int, ...]
    names: tuple[str, ...]
    inner: tuple[int, ...]


@dataclass(frozen=True)
class Wire:
    """Two calls that are connected across the border of a frame.

    Attributes
    ----------
    source, target : str
    own : str
        The one within the frame; where it is in a block that is not drawn, the call of the drawn block in its place.
    enters : bool
        Whether the target is within the frame.
    """

    source: str
    target: str
    own: str
    enters: bool


@dataclass(frozen=True)
class Part:
    """One graph to place: nodes, and ports where it is in a frame.

    `pins` are stubs that come from without, `wires` what is connected across the frame.
    """

    graph: Graph
    setting: Setting
    entries: tuple[Port, ...] = ()
    exits: tuple[Port, ...] = ()
    pins: Pins = field(default_factory=dict)
    wires: Sequence[Wire] = ()

    @cached_property
    def number(self) -> int:
        """How many nodes it has; its entries are counted from here, its exits after them."""
        return len(self.graph.nodes)

    @cached_property
    def places(self) -> Places:
        """The column and the lane of each node, each entry and each exit."""
        merges = frozenset(i for i, node in enumerate(self.graph.nodes) if isinstance(node, Node) and node.sign)
        order = [*self._ports(self.entries, self.number), *range(self.number), *self._exit_ports]
        position = {node: i for i, node in enumerate(order)}
        ends = (len(self.entries), len(self.exits))

        def placed(edges: Sequence[Edge], columns: Sequence[int] | None = None) -> Places:
            found = places_of(
                len(order),
                [Edge(position[source], position[target]) for source, target in edges],
                merges=frozenset(position[each] for each in merges),
                side=self.setting.style.side,
                columns=columns,
                ports=ends,
            )
            return Places(
                *(tuple(each[position[node]] for node in sorted(order)) for each in (found.columns, found.lanes))
            )

        places = placed(self.edges)
        far = self._far(places)
        if not far:
            return places
        kept = [edge for edge in self.edges if edge not in far]
        return placed(kept, [places.columns[node] for node in order])

    def _ports(self, ports: Sequence[Port], start: int) -> range:
        return range(start, start + len(ports))

    @property
    def _exit_ports(self) -> range:
        return self._ports(self.exits, self.number + len(self.entries))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """All connections, with those from entries and to exits."""
        coming = (
            Edge(own, inner)
            for own, port in zip(self._ports(self.entries, self.number), self.entries, strict=True)
            for inner in port.inner
        )
        going = (
            Edge(inner, own) for own, port in zip(self._exit_ports, self.exits, strict=True) for inner in port.inner
        )
        return (*coming, *self.graph.edges, *going)

    @cached_property
    def stubs(self) -> frozenset[Edge]:
        """The connections that are shown by stubs."""
        return self._far(self.places)

    def _far(self, places: Places) -> frozenset[Edge]:
        stubs = self.setting.options.stubs
        if stubs == "no":
            return frozenset()
        many, distance = (1, 2) if stubs == "yes" else (MANY, _FAR)
        far: dict[Tensor, list[Edge]] = defaultdict(list)
        for edge in self.graph.edges:
            if places.columns[edge.target] - places.columns[edge.source] >= distance:
                far[self.tensor(edge)].append(edge)
        return frozenset(edge for edges in far.values() if len(edges) >= many for edge in edges)

    @cached_property
    def own_pins(self) -> Pins:
        """The stubs that are there wherever rows end."""
        return self.pins_of(edge for edge in self.edges if edge in self.stubs)

    def pins_of(self, edges: Iterable[Edge]) -> Pins:
        """Return the stubs of nodes, for connections that are cut and for those from without."""
        if not self.setting.style.connected:
            return {}
        pins = {node: [*own] for node, own in self.pins.items() if not self._is_open_frame(node)}
        cut: dict[Tensor, list[Edge]] = defaultdict(list)
        for edge in edges:
            cut[self.tensor(edge)].append(edge)
        number = 0
        for (source, _), own in cut.items():
            named = not self.stubs.isdisjoint(own)
            number += not named
            text = self.stub_name(own[0]) if named else str(number)
            titles = [(self.title(edge), self.names(edge)) for edge in own]
            pins.setdefault(source, []).append(Pin(text, False, tuple(titles)))
            for edge, title in zip(own, titles, strict=True):
                if not (edge in self.stubs and self._is_open_frame(edge.target)):  # else the stub is in the frame
                    pins.setdefault(edge.target, []).append(Pin(text, True, (title,)))
        return pins

    def _is_open_frame(self, node: int) -> bool:
        frame = self.graph.nodes[node] if node < self.number else None
        return isinstance(frame, Frame) and not frame.is_closed

    def calls_of(self, node: int) -> tuple[str, ...]:
        """Return the names of the calls that a node, or what is behind a port, stands for."""
        if node < self.number:
            return self.graph.nodes[node].names
        return (*self.entries, *self.exits)[node - self.number].names

    def names(self, edge: Edge) -> tuple[str, str]:
        """Return the names of two calls that a connection connects."""
        source, target = self.calls_of(edge.source), self.calls_of(edge.target)
        sources, targets = set(source), set(target)
        for wire in self._border.get(edge.target, ()):
            if wire.enters and wire.source in sources:
                return (wire.source, wire.target)
        for wire in self._border.get(edge.source, ()):
            if not wire.enters and wire.target in targets:
                return (wire.source, wire.target)
        for wire in self.wires:
            ends = (wire.source, wire.own) if wire.enters else (wire.own, wire.target)
            if ends[0] in sources and ends[1] in targets:
                return (wire.source, wire.target)
        return (source[-1], target[0])

    @cached_property
    def _border(self) -> dict[int, list[Wire]]:
        """What is connected across the border of each frame."""
        return {i: self._wires_of(node) for i, node in enumerate(self.graph.nodes) if isinstance(node, Frame)}

    def _wires_of(self, frame: Frame) -> list[Wire]:
        """Return what is connected across the border of a frame, with what is outside of this part, too.

        What the block that is drawn is connected to comes first.
        """
        first = frame.instances[0]
        drawn = {name: first[place] for block in frame.instances for place, name in enumerate(block)}
        wires = [
            Wire(source, target, drawn[target if target in drawn else source], target in drawn)
            for source, target in frame.wires
        ]
        wires += [replace(wire, own=drawn[wire.own]) for wire in self.wires if wire.own in drawn]
        return sorted(wires, key=lambda wire: wire.own not in (wire.source, wire.target))

    def tensor(self, edge: Edge) -> Tensor:
        """Return what a connection carries: a frame may give several tensors."""
        return edge.source, self.names(edge)[0]

    def title(self, edge: Edge) -> str:
        """Return what a tooltip says of a connection."""
        return " \u2192 ".join(self.names(edge))

    def stub_name(self, edge: Edge) -> str:
        """Return what a stub calls the tensor that an edge stands for."""
        name, _ = self.names(edge)
        return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + ELLIPSIS

    def link(self, edge: Edge, ends: Edge) -> Link:
        """Return the connection between two members that shows an edge."""
        head = edge.target < self.number + len(self.entries)
        if not head:
            return Link(ends, head=False)
        names = self.names(edge)
        return Link(ends, " \u2192 ".join(names), None if self._is_open_frame(edge.target) else names)

    @cached_property
    def _inside(self) -> dict[int, Part]:
        """The parts in open frames, by node."""
        return {
            i: self._framed(i, node)
            for i, node in enumerate(self.graph.nodes)
            if isinstance(node, Frame) and self._is_open_frame(i)
        }

    def _framed(self, i: int, frame: Frame) -> Part:
        """Return the part in a frame, with a port for each node that is connected across its edge."""
        owner = {name: node for node, each in enumerate(frame.inner.nodes) for name in each.names}
        wires = self._border[i]
        by_pair = {(wire.source, wire.target): wire for wire in wires}
        pins: dict[int, list[Pin]] = defaultdict(list)
        for pin in self.pins.get(i, ()):
            pins[owner[by_pair[pin.titles[0][1]].own]].append(pin)
        entries = []
        going: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for edge in self.edges:
            if edge.target == i:
                calls = dict.fromkeys(self.calls_of(edge.source))  # a set has another order in each process
                entering = [wire for wire in wires if wire.enters and wire.source in calls]
                own_wires = [wire for wire in entering if wire.own == wire.target] or entering
                fed = {wire.own: (wire.source, wire.target) for wire in own_wires}
                if edge not in self.stubs:
                    entries.append(Port((edge.source,), tuple(calls), tuple(sorted({owner[each] for each in fed}))))
                for own, names in fed.items() if edge in self.stubs else ():
                    pins[owner[own]].append(Pin(self.stub_name(edge), True, ((" \u2192 ".join(names), names),)))
            elif edge.source == i:
                fed_calls = set(self.calls_of(edge.target))
                feeding = {owner[wire.own] for wire in wires if not wire.enters and wire.target in fed_calls}
                going[tuple(sorted(feeding))].append(edge.target)
        exits = tuple(
            Port(tuple(targets), tuple(name for each in targets for name in self.calls_of(each)), inner)
            for inner, targets in going.items()
        )
        return Part(frame.inner, self.setting, tuple(entries), exits, pins, wires)

    def grid(self, scale: float, tiers: int = 2) -> Grid:
        """Return the grid of all of it at a scale."""
        if (scale, tiers) == (1.0, 2):
            return self._first
        return Grid(
            self.members(scale, range(len(self.places.columns)), self.own_pins),
            self._links,
            self.setting.style,
            tiers=tiers,
            routes=self._first.routes,
        )

    @cached_property
    def _first(self) -> Grid:
        members = self.members(1.0, range(len(self.places.columns)), self.own_pins)
        return Grid(members, self._links, self.setting.style)

    @cached_property
    def _links(self) -> list[Link]:
        return [self.link(edge, edge) for edge in self.edges if edge not in self.stubs]

    def members(
        self, scale: float, nodes: Sequence[int], pins: Pins, at: Mapping[int, int] | None = None
    ) -> list[Member]:
        """Return nodes as members of a grid, in which nodes have the positions `at`; usually their own."""
        columns, lanes = self.places.columns, self.places.lanes
        result = []
        for node in nodes:
            item, gap = self._item(node, scale, at)
            result.append(Member(item, columns[node], lanes[node], gap, self._fitting(pins.get(node, ()))))
        return result

    def _fitting(self, pins: Sequence[Pin]) -> tuple[Pin, ...]:
        """Return the stubs of one node with names that have room beside each other."""
        font, most = self.setting.style.font, self.setting.most
        if not pins or pins_width(pins, font) <= most:
            return tuple(pins)
        share = most / len(pins) - 2 * PIN_PADDING
        return tuple(replace(pin, text=shortened(pin.text, font, share)) for pin in pins)

    def _item(self, i: int, scale: float, at: Mapping[int, int] | None) -> tuple[Item, float]:
        """Return what stands for a node, and the gap before it."""
        if i >= self.number:
            return PortItem(), _PORT_ROOM
        node = self.graph.nodes[i]
        if isinstance(node, Frame):
            return self._frame(i, node, scale, at), _FRAME_GAP
        box = scaled(self.setting.boxes[node.name], scale)
        bands = tuple(self._band(band, box) for band in node.bands)
        if node.sign:
            radius = sign_radius(node.sign, self.setting.style.font, len(bands), scale)
            return SignItem(box, node.sign, radius, bands, box.label, box.above), box.gap
        whole = box._replace(width=box.width + sum(band.width for band in bands))
        lean = -1 if self.setting.options.draw_reversed else 1
        badge = badge_radius(str(node.shared), self.setting.style.font) if node.shared else 0.0
        return BoxItem(whole, lean, node.shared, bands, badge), box.gap

    def _band(self, node: Node, box: Box) -> Box:
        """Return a folded layer as a slice of the box that it is folded onto."""
        own = self.setting.boxes[node.name]
        width = min(max(box.width / 4, 3.0), 6.0)
        return Box(own.layer, own.look, width, box.height, box.depth, 0.0)

    def _frame(self, i: int, frame: Frame, scale: float, at: Mapping[int, int] | None) -> FrameItem | ClosedItem:
        style = self.setting.style
        varying = ("(channels vary)" if frame.caption else "channels vary") if frame.varies else ""
        words = " ".join(filter(None, (frame.caption, varying)))
        has_label = words and not (frame.letter and frame.times == 1)
        label = text_block(words, style.font, 0, self.setting.most) if has_label else None
        if frame.is_closed:
            last = scaled(self.setting.boxes[_last(frame).name], scale)
            return ClosedItem(
                frame.letter, mark_of("", frame.times), last.height + last.depth, label, frame.caption, style.font
            )
        inside = self._inside[i]

        def member(node: int) -> int:
            return node if at is None else at.get(node, -1)

        lanes = inside.places.lanes
        entries = {
            member(outer): lanes[own]
            for own, port in zip(inside._ports(inside.entries, inside.number), inside.entries, strict=True)
            for outer in port.outer
        }
        exits = {
            member(outer): lanes[own]
            for own, port in zip(inside._exit_ports, inside.exits, strict=True)
            for outer in port.outer
        }
        return FrameItem(inside.grid(scale), entries, exits, label, mark_of(frame.letter, frame.times), frame.caption)


def _last(node: Node | Frame) -> Node:
    """Return what a node, or the block in a frame, ends with."""
    return _last(node.inner.nodes[-1]) if isinstance(node, Frame) else node
