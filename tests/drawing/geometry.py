"""Numbers of a scene: front faces, hulls, labels, and whether areas overlap."""

from __future__ import annotations

from dataclasses import dataclass

from sphinxext_layered.drawing.scene import Line, Point, Polygon, Scene, Text

EPS = 1e-6


@dataclass(frozen=True)
class Rect:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> float:
        return (self.left + self.right) / 2

    @property
    def points(self) -> tuple[Point, ...]:
        return (self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom)


def around(points) -> Rect:
    xs, ys = zip(*points, strict=True)
    return Rect(min(xs), min(ys), max(xs), max(ys))


def _is_rect(polygon: Polygon) -> bool:
    xs, ys = ({round(value, 6) for value in axis} for axis in zip(*polygon.points, strict=True))
    return len(polygon.points) == 4 and len(xs) == 2 and len(ys) == 2


def fronts(scene: Scene) -> dict[int, Rect]:
    """The front face of each layer that is drawn, by the layer's index."""
    rects = {
        group.layer: [shape for shape in group.shapes if isinstance(shape, Polygon) and _is_rect(shape)]
        for group in scene.groups
        if group.role == "layer"
    }
    return {index: around(found[0].points) for index, found in rects.items() if found}


def in_order(scene: Scene) -> list[Rect]:
    """Front faces by the order of their layers."""
    return [front for _, front in sorted(fronts(scene).items())]


def boxes(scene: Scene) -> dict[int, Rect]:
    """How far each box reaches, depth included."""
    return {
        group.layer: around(point for shape in group.shapes if isinstance(shape, Polygon) for point in shape.points)
        for group in scene.groups
        if group.role == "layer"
    }


def depths(scene: Scene) -> dict[int, float]:
    """How far each box's depth is drawn."""
    reach = boxes(scene)
    return {index: reach[index].width - front.width for index, front in fronts(scene).items()}


def text_rect(scene: Scene, text: Text) -> Rect:
    return Rect(text.x, text.y - scene.font.ascent, text.x + text.width, text.y + scene.font.descent)


def labels(scene: Scene) -> dict[int, Rect]:
    """The area of each layer's label."""
    return {
        group.layer: around(
            point for shape in group.shapes if isinstance(shape, Text) for point in text_rect(scene, shape).points
        )
        for group in scene.groups
        if group.role == "label"
    }


def leaders(scene: Scene) -> dict[int, Line]:
    """The leader of each label that has one."""
    return {
        group.layer: shape
        for group in scene.groups
        if group.role == "label"
        for shape in group.shapes
        if isinstance(shape, Line)
    }


def texts(scene: Scene, role: str) -> list[str]:
    return [
        shape.string
        for group in scene.groups
        if group.role == role
        for shape in group.shapes
        if isinstance(shape, Text)
    ]


def overlap(one: tuple[Point, ...], other: tuple[Point, ...], slack: float = 1e-4) -> bool:
    """Whether the insides of two convex areas, or of a line and an area, meet."""
    edges = [
        (b[0] - a[0], b[1] - a[1])
        for points in (one, other)
        for a, b in zip(points, (*points[1:], points[0]), strict=True)
    ]
    for x, y in edges:
        length = (x * x + y * y) ** 0.5
        if length < EPS:
            continue
        first, second = ([(py * x - px * y) / length for px, py in points] for points in (one, other))
        if max(first) <= min(second) + slack or max(second) <= min(first) + slack:
            return False
    return True


def hidden_fronts(scene: Scene) -> list[tuple[int, int | None, str]]:
    """Each front face over which something of another group is painted later."""
    found = []
    faces = fronts(scene)
    for i, group in enumerate(scene.groups):
        if group.role != "layer":
            continue
        front = faces[group.layer].points
        for later in scene.groups[i + 1 :]:
            for shape in later.shapes:
                points = (
                    shape.points
                    if isinstance(shape, Polygon)
                    else (shape.start, shape.end)
                    if isinstance(shape, Line)
                    else text_rect(scene, shape).points
                )
                if overlap(front, points):
                    found.append((group.layer, later.layer, later.role))
    return found


def clashes(scene: Scene) -> list[tuple[int, object]]:
    """Each label that overlaps another, another's leader, any box or any funnel."""
    found: list[tuple[int, object]] = []
    areas = labels(scene)
    for index, area in areas.items():
        found += [(index, other) for other, its in areas.items() if other > index and overlap(area.points, its.points)]
        found += [
            (index, f"leader of {other}")
            for other, line in leaders(scene).items()
            if other != index and overlap(area.points, (line.start, line.end))
        ]
        found += [
            (index, f"box of {group.layer}")
            for group in scene.groups
            if group.role == "layer"
            for shape in group.shapes
            if isinstance(shape, Polygon) and overlap(area.points, shape.points)
        ]
        found += [
            (index, "funnel")
            for group in scene.groups
            if group.role == "funnel"
            for line in group.shapes
            if overlap(area.points, (line.start, line.end))
        ]
    return found


def reach(scene: Scene) -> Rect:
    """How far all ink and text reaches."""
    points: list[Point] = []
    for shape in scene.shapes():
        if isinstance(shape, Text):
            points += text_rect(scene, shape).points
            continue
        half = shape.width / 2
        for x, y in (shape.start, shape.end) if isinstance(shape, Line) else shape.points:
            points += [(x - half, y - half), (x + half, y + half)]
    return around(points)
