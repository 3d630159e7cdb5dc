"""SVG: text stays text, and each label is as wide as it was measured whatever font the viewer has.

To keep it small, coordinates are whole hundredths relative to each other, and what the shapes of a group
share is said once. It holds no script, no address, and no style sheet that could reach a page around it.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from sphinxext_layered.drawing.fonts import SHIPPED, Font, drawable
from sphinxext_layered.drawing.scene import RGBA, Group, Line, Path, Point, Polygon, Scene, Shape, Text

_FALLBACK: Final = "DejaVu Sans,Bitstream Vera Sans,Verdana,sans-serif"
"""Fonts of nearly the same widths, so that little is stretched where the shipped one is missing."""

_AS_MEASURED: Final = "font-kerning:none;font-variant-ligatures:none"

Stroke = tuple[RGBA, float]


def paint_svg(scene: Scene) -> bytes:
    """Return the scene as a whole file of SVG, in UTF-8."""
    font = {"font-family": _family(scene.font), "font-size": _number(scene.font.size), "style": _AS_MEASURED}
    drawing = Element("g", font)
    if scene.background[3]:
        attributes = {"width": "100%", "height": "100%", **_painted("fill", scene.background)}
        SubElement(drawing, "rect", attributes)
    for group in scene.groups:
        _add_group(drawing, group)
    drawn = tostring(drawing, encoding="unicode")
    key = hashlib.sha256(f"{scene.title}\0{scene.summary}\0{drawn}".encode("utf-8", "replace")).hexdigest()[:10]
    # Neither text nor an attribute holds this: their angle brackets are escaped.
    return _root(scene, key).replace("<g />", drawn, 1).replace(" />", "/>").encode()


def _root(scene: Scene, key: str) -> str:
    width, height = _number(scene.width), _number(scene.height)
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": width,
            "height": height,
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
        },
    )
    texts = {"title": _lines(scene.title), "desc": _lines(scene.summary)}
    for tag, text in texts.items():
        if text:
            SubElement(root, tag, {"id": f"lv-{key}-{tag}"}).text = text
    if any(texts.values()):
        root.set("aria-labelledby", " ".join(f"lv-{key}-{tag}" for tag, text in texts.items() if text))
    SubElement(root, "g")
    return tostring(root, encoding="unicode")


def _lines(text: str) -> str:
    return "\n".join(drawable(line) for line in text.splitlines())


def _family(font: Font) -> str:
    name = "" if font.path == SHIPPED else font.family
    name = "".join(char for char in name if char.isalnum() or char in " -_.")
    return f"'{name}',{_FALLBACK}" if name else _FALLBACK


def _add_group(parent: Element, group: Group) -> None:
    shapes = [shape for shape in group.shapes if _is_finite(shape)]
    if not shapes:
        return
    strokes = Counter(stroke for shape in shapes if (stroke := _stroke(shape)))
    common = strokes.most_common(1)[0][0] if strokes else None
    element = SubElement(parent, "g", _stroke_attributes(common, None))
    if group.title:
        SubElement(element, "title").text = _lines(group.title)
    for key, run in groupby(shapes, _run_key):
        if isinstance(key, Line):
            _add_lines(element, [shape for shape in run if isinstance(shape, Line)], common)
            continue
        for shape in run:
            if isinstance(shape, Text):
                _add_text(element, shape, common)
            elif isinstance(shape, Polygon):
                _add_polygon(element, shape, common)
            elif isinstance(shape, Path):
                _add_path(element, shape, common)


def _is_finite(shape: Shape) -> bool:
    if isinstance(shape, Text):
        return math.isfinite(shape.x + shape.y + shape.width)
    return all(math.isfinite(value) for point in _points(shape) for value in point)


def _points(shape: Polygon | Line | Path) -> tuple[Point, ...]:
    return (shape.start, shape.end) if isinstance(shape, Line) else shape.points


def _stroke(shape: Shape) -> Stroke | None:
    if isinstance(shape, Line | Path):
        return (shape.colour, shape.width)
    return (shape.outline, shape.width) if isinstance(shape, Polygon) and shape.outline else None


def _run_key(shape: Shape) -> object:
    """Return the same key to lines that may share a path: where they cross, translucent ones must paint twice."""
    if isinstance(shape, Line) and shape.colour[3] == 255:
        return Line((0, 0), (0, 0), shape.colour, shape.width)
    return Line((0, 0), (0, 0), shape.colour, id(shape)) if isinstance(shape, Line) else None


def _add_lines(parent: Element, lines: list[Line], common: Stroke | None) -> None:
    path = "".join(_path((line.start, line.end)) for line in lines)
    SubElement(parent, "path", {**_stroke_attributes(_stroke(lines[0]), common), "d": path})


def _add_polygon(parent: Element, shape: Polygon, common: Stroke | None) -> None:
    if len(shape.points) < 2 or not (shape.fill or shape.outline):
        return
    fill = _painted("fill", shape.fill) if shape.fill else {"fill": "none"}
    attributes = {**fill, **_stroke_attributes(_stroke(shape), common), "d": _path(shape.points) + "z"}
    SubElement(parent, "path", attributes)


def _add_path(parent: Element, shape: Path, common: Stroke | None) -> None:
    if len(shape.points) > 1:
        attributes = {"fill": "none", **_stroke_attributes(_stroke(shape), common), "d": _path(shape.points)}
        SubElement(parent, "path", attributes)


def _add_text(parent: Element, text: Text, common: Stroke | None) -> None:
    string = drawable(text.string)
    if not string.strip() or text.width <= 0:
        return
    attributes = {
        "x": _number(text.x),
        "y": _number(text.y),
        **(_painted("fill", text.colour) if text.colour != (0, 0, 0, 255) else {}),
        **_stroke_attributes(None, common),
        "textLength": _number(text.width),
        "lengthAdjust": "spacingAndGlyphs",
    }
    if string != " ".join(string.split()):
        attributes["xml:space"] = "preserve"
    SubElement(parent, "text", attributes).text = string


def _stroke_attributes(stroke: Stroke | None, common: Stroke | None) -> dict[str, str]:
    """Return what must be said of an outline inside a group that says `common`."""
    if stroke == common:
        return {}
    if stroke is None:
        return {"stroke": "none"}
    colour, width = stroke
    attributes = _painted("stroke", colour)
    if common and common[0][3] != colour[3]:
        attributes["stroke-opacity"] = _number(colour[3] / 255, 3)
    if width != (common[1] if common else 1):
        attributes["stroke-width"] = _number(width)
    return attributes


def _painted(name: str, colour: RGBA) -> dict[str, str]:
    text = bytes(colour[:3]).hex()
    short = text[::2] if text[::2] == text[1::2] else text
    opacity = {} if colour[3] == 255 else {f"{name}-opacity": _number(colour[3] / 255, 3)}
    return {name: f"#{short}", **opacity}


def _path(points: tuple[Point, ...]) -> str:
    """Return a path of hundredths, each point relative to the one before, so that no error adds up."""
    (x, y), *rest = ((round(px * 100), round(py * 100)) for px, py in points)
    parts = [f"M{_hundredths(x)}{_joined(y)}"]
    for next_x, next_y in rest:
        dx, dy = next_x - x, next_y - y
        if dy == 0:
            parts.append(f"h{_hundredths(dx)}")
        elif dx == 0:
            parts.append(f"v{_hundredths(dy)}")
        else:
            parts.append(f"l{_hundredths(dx)}{_joined(dy)}")
        x, y = next_x, next_y
    return "".join(parts)


def _joined(value: int) -> str:
    text = _hundredths(value)
    return text if text.startswith("-") else f" {text}"


def _hundredths(value: int) -> str:
    whole, part = divmod(abs(value), 100)
    decimals = f".{part:02}".rstrip("0") if part else ""
    number = f"{whole or ''}{decimals}" or "0"
    return f"-{number}" if value < 0 else number


def _number(value: float, digits: int = 2) -> str:
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
