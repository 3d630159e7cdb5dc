"""The shapes of a grid that is placed: boxes and round nodes, funnels, lines, labels and stubs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sphinxext_layered.drawing.scene import Group, Line, Point, Polygon, Shape, Text

from .canvas import moved_group
from .connections import arrow
from .grid import LEAD, PIN_PADDING, TRACK, Grid, Pin, pin_side, pins_width
from .items import BoxItem, SignItem
from .labels import faint
from .routes import PLACES, At
from .textblock import centred

_PORT: Final = 8.0
"""Between two lines that enter the same node, px."""

_BAR: Final = 3.0
_LEADER_FROM: Final = 12.0


def draw(grid: Grid) -> list[Group]:
    """Draw a grid from back to front, with its main lane on y = 0."""
    return list(_Artist(grid).groups())


class _Artist:
    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.members = grid.members
        self.style = grid.style
        self.routes = grid.routes
        self.place = grid.placement
        self.port_steps = self._port_steps()

    def groups(self) -> Iterator[Group]:
        order = sorted(range(len(self.members)), key=lambda i: (self.members[i].column, self.members[i].lane))
        ending: dict[int, list[Group]] = defaultdict(list)
        for i, group in self.place.funnels.items():
            ending[self.grid.links[i].edge.target].append(group)
        for i in order:
            y = self.place.axis(self.members[i])
            yield from (
                moved_group(group, 0, y)
                for group in (*ending[i], *self.members[i].item.draw(self.place.x(self.members[i]), self.style))
            )
        for i in range(len(self.grid.links)):
            if i not in self.place.funnels:
                yield self._line(i)
        for node in self.routes.bars:
            yield self._bar(node)
        for i in order:
            yield from self._label(i)
            yield from self._pins(i)

    def _line(self, i: int) -> Group:
        link = self.grid.links[i]
        heights = [self._y_at(y) for _, y in self.routes.points[i]]
        points = [(self._x_at(x, y), y) for (x, _), y in zip(self.routes.points[i], heights, strict=True)]
        shapes = tuple(arrow(points, self.style.line, self.style.line_width, head=link.head))
        return Group("connector", shapes, title=link.title, connects=link.connects)

    def _bar(self, node: int) -> Group:
        """Draw the bar at which the lines into a node end, and the arrow from it."""
        x = self._track(self.members[node].column - 1, -1 - node)
        ys = [self._y_at(height) for height in self.routes.bars[node]]
        top, bottom = min(ys) - 4, max(ys) + 4
        corners = ((x, top), (x + _BAR, top), (x + _BAR, bottom), (x, bottom))
        axis = self.place.axis(self.members[node])
        end = self.place.x(self.members[node]) + self.members[node].item.enter(0)
        line = arrow(((x + _BAR / 2, axis), (end, axis)), self.style.line, self.style.line_width)
        return Group("connector", (Polygon(corners, self.style.line), *line))

    def _track(self, gutter: int, source: int) -> float:
        bar = self.grid.bar_room(gutter) if source < 0 else 0.0
        return self.place.sweep.rights[gutter] + LEAD + self.routes.tracks[gutter, source] * TRACK + bar

    def _x_at(self, at: At, y: float) -> float:
        if at.name == "track":
            return self._track(*at.of)
        member = self.members[at.of[0]]
        if at.name == "bar":
            return self._track(member.column - 1, -1 - at.of[0])
        x = self.place.x(member)
        if at.name == "leave":
            return x + member.item.leave()
        if at.name == "enter":
            return x + member.item.enter(y - self.place.axis(member))
        return x + self._edge(at)[0]

    def _y_at(self, at: At) -> float:
        if at.name == "axis":
            return self.place.axes[at.of[1]][at.of[0]]
        if at.name == "level":
            source, lane = at.of
            column = self.routes.nets[source, lane].end // PLACES
            return self.place.axes[column][lane] + self.style.side * self.place.levels[source, lane]
        axis = self.place.axis(self.members[at.of[0]])
        if at.name == "exit":
            return axis + self.members[at.of[0]].item.port(1, at.of[1])
        if at.name == "port":
            target, source = at.of
            port = self.routes.ports[target, source] * self.port_steps[target]
            return axis + port + self.members[target].item.port(-1, source)
        return axis + self._edge(at)[1]

    def _edge(self, at: At) -> Point:
        node, side, source = at.of
        offset = self.routes.edges[node, side, source]
        return self.members[node].item.edge(side, offset * self.grid.edge_steps[node, side])

    def _port_steps(self) -> dict[int, float]:
        """Return how far apart lines enter each node, less where it is low."""
        steps: dict[int, float] = defaultdict(lambda: _PORT)
        for (target, _), port in self.routes.ports.items():
            if port:
                room = self.members[target].item.port_room(1 if port > 0 else -1)
                steps[target] = min(steps[target], room / abs(port))
        return steps

    def _label(self, i: int) -> Iterator[Group]:
        member = self.members[i]
        label = member.item.label
        if label is None:
            return
        axis, near = self.place.axis(member), self.place.labels[i]
        sign = -1 if member.item.label_above else 1
        centre = self.place.x(member) + member.item.label_centre
        top = axis + near if sign > 0 else axis - near - label.height
        shapes: list[Shape] = list(centred(label, centre, top, self.style.ink))
        edge = member.item.reach(sign)
        if near - edge > _LEADER_FROM:
            ends = ((centre, axis + sign * edge), (centre, axis + sign * (near - 1)))
            shapes.insert(0, Line(*ends, faint(self.style.ink), 0.75))
        index = member.item.box.layer.index if isinstance(member.item, BoxItem | SignItem) else -1
        yield Group("label", tuple(shapes), layer=index if index >= 0 else None)

    def _pins(self, i: int) -> Iterator[Group]:
        member = self.members[i]
        if not member.pins:
            return
        side, font = pin_side(member), self.style.font
        middle = self.place.x(member) + member.item.edge(side, 0)[0]
        x = middle - pins_width(member.pins, font) / 2
        for pin in member.pins:
            width = font.width(pin.text)
            far = (x + PIN_PADDING + width / 2, self.place.axis(member) + side * self.place.pins[i])
            across, down = member.item.edge(side, far[0] - middle)
            near = (self.place.x(member) + across, self.place.axis(member) + down)
            shapes: tuple[Shape, ...] = (*self._stub(pin, near, far), self._name(pin, far, width, side))
            for title, connects in pin.titles:
                yield Group("connector", shapes, title=title, connects=connects)
                shapes = ()
            x += width + 2 * PIN_PADDING

    def _stub(self, pin: Pin, near: Point, far: Point) -> Iterator[Shape]:
        return arrow((far, near) if pin.arrives else (near, far), self.style.line, self.style.line_width)

    def _name(self, pin: Pin, far: Point, width: float, side: int) -> Text:
        font = self.style.font
        baseline = far[1] + (font.ascent + 1 if side > 0 else -font.descent - 1)
        return Text(far[0] - width / 2, baseline, pin.text, self.style.line, width)
