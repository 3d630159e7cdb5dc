"""Pixels: shapes through aggdraw, text through Pillow, files through Pillow.

Everything is blended premultiplied. On a background that is not opaque aggdraw gives values that are
premultiplied and calls them straight; so does Pillow's `paste` of a picture with a mask, which makes one
way of blending for both, and it is undone once, at the end.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageDraw

from sphinxext_layered.drawing.fonts import Font, bitmap_text, drawable
from sphinxext_layered.drawing.scene import RGBA, Line, Path, Point, Polygon, Scene, Text
from sphinxext_layered.errors import PaintError

from . import check_size

if TYPE_CHECKING:
    import aggdraw

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""

_TILE: Final = 16384
"""Maximum side of what is given to aggdraw at once: it leaves out what lies beyond 32,767."""

_MARGIN: Final = 1024
"""Where shapes are cut outside a tile, so far away that their outlines there are not seen."""

_SWELL: Final = 0.25
"""Pixels by which aggdraw fills beyond a polygon's edges, to leave no seam between two; an outline hides it."""

_DPI: Final = 96
"""Pixels of a scene in an inch, as CSS has it."""

_NO_ALPHA: Final = ("bmp", "dib", "eps", "jpg", "jpeg", "jpe", "jfif", "pcx", "ppm", "pgm", "pbm", "pnm")


def paint_pixels(scene: Scene, format: str, pixel_ratio: float) -> bytes:
    """Return the scene as a file of any format that Pillow writes. Raises PaintError."""
    return encode(paint_image(scene, pixel_ratio), format, pixel_ratio, opaque=scene.background[3] == 255)


def encode(image: Image.Image, format: str, pixel_ratio: float = 1, *, opaque: bool = False) -> bytes:
    """Return the file of a painted picture; where it is `opaque`, without its alpha. Raises PaintError."""
    name = _pillow_format(format)
    if format in _NO_ALPHA:
        image = on_white(image)
    elif opaque:
        image = image.convert("RGB")
    dpi = (_DPI * pixel_ratio, _DPI * pixel_ratio)
    file = io.BytesIO()
    try:
        image.save(file, name, dpi=dpi, **SAVING.get(name, {}))
    except (OSError, ValueError, KeyError) as error:
        size = f"{image.width:,} x {image.height:,} px"
        raise PaintError(f"Pillow cannot write a picture of {size} as {format}: {error}; choose png") from None
    return file.getvalue()


def on_white(image: Image.Image) -> Image.Image:
    """Return the picture in RGB, on white where it is transparent."""
    return Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image).convert("RGB")


SAVING: Final[dict[str, dict[str, Any]]] = {
    "JPEG": {"quality": 92, "subsampling": 0},
    "WEBP": {"lossless": True},
}


def _pillow_format(format: str) -> str:
    if format == "png":
        return "PNG"
    extensions = Image.registered_extensions()
    name = extensions.get(f".{format}", "")
    if name not in Image.SAVE or name == "PDF":
        known = sorted(ext[1:] for ext, name in extensions.items() if name in Image.SAVE)
        raise PaintError(f"unknown format {format!r}; known: svg, pdf, {', '.join(known)}")
    return name


def paint_image(scene: Scene, pixel_ratio: float = 1) -> Image.Image:
    """Return the scene as RGBA with straight alpha. Raises PaintError."""
    if not (math.isfinite(pixel_ratio) and pixel_ratio > 0):
        raise PaintError(f"pixel_ratio: expected a number greater than 0; got {pixel_ratio}")
    check_size(scene.width * pixel_ratio, scene.height * pixel_ratio)
    size = (math.ceil(scene.width * pixel_ratio), math.ceil(scene.height * pixel_ratio))
    check_size(*size)
    image = Image.new("RGBA", size, _premultiplied(scene.background))
    for shapes, texts in _layers(scene, pixel_ratio):
        _paint_shapes(image, shapes)
        for text in texts:
            _paint_text(image, text, scene.font, pixel_ratio)
    if scene.background[3] == 255:
        return image
    return Image.frombytes("RGBa", size, image.tobytes()).convert("RGBA")


def _premultiplied(colour: RGBA) -> RGBA:
    alpha = colour[3]
    red, green, blue = (round(part * alpha / 255) for part in colour[:3])
    return (red, green, blue, alpha)


def _layers(scene: Scene, ratio: float) -> Iterator[tuple[list[Polygon | Line | Path], list[Text]]]:
    """Return the shapes at `ratio`, in as few alternations of areas and text as the paint order allows.

    To change between the two costs a copy of the picture; so text waits until something is painted over it.
    """
    shapes: list[Polygon | Line | Path] = []
    texts: list[tuple[Text, Box]] = []
    for shape in scene.shapes():
        if isinstance(shape, Text):
            texts.append((shape, _text_box(shape, scene.font)))
            continue
        here = _box_of(shape)
        if any(_meet(here, box) for _, box in texts):
            yield shapes, [text for text, _ in texts]
            shapes, texts = [], []
        shapes.append(_scaled(shape, ratio))
    yield shapes, [text for text, _ in texts]


def _scaled(shape: Polygon | Line | Path, ratio: float) -> Polygon | Line | Path:
    if isinstance(shape, Line):
        (x0, y0), (x1, y1) = shape.start, shape.end
        return Line((x0 * ratio, y0 * ratio), (x1 * ratio, y1 * ratio), shape.colour, shape.width * ratio)
    points = tuple((x * ratio, y * ratio) for x, y in shape.points)
    if isinstance(shape, Path):
        return Path(points, shape.colour, shape.width * ratio)
    return Polygon(points, shape.fill, shape.outline, shape.width * ratio)


def _box_of(shape: Polygon | Line | Path) -> Box:
    points = (shape.start, shape.end) if isinstance(shape, Line) else shape.points
    xs, ys = zip(*points, strict=True) if points else ((0.0,), (0.0,))
    # A mitre reaches at most twice the width beyond its corner: aggdraw's limit is 4 half widths.
    around = 0.0 if isinstance(shape, Polygon) and not shape.outline else 2 * shape.width
    return (min(xs) - around, min(ys) - around, max(xs) + around, max(ys) + around)


def _text_box(text: Text, font: Font) -> Box:
    return (text.x - 2, text.y - font.ascent - 2, text.x + text.width + 2, text.y + font.descent + 2)


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _paint_shapes(image: Image.Image, shapes: list[Polygon | Line | Path]) -> None:
    import aggdraw

    if not shapes:
        return
    if image.width <= _TILE and image.height <= _TILE:
        draw = aggdraw.Draw(image)
        _draw_shapes(draw, shapes, (0, 0, *image.size))
        draw.flush()
        return
    boxes = [_box_of(shape) for shape in shapes]
    for tile in _tiles(image.size):
        here = [shape for shape, box in zip(shapes, boxes, strict=True) if _meet(box, tile)]
        if here:
            part = image.crop(tile)
            draw = aggdraw.Draw(part)
            _draw_shapes(draw, here, tile)
            draw.flush()
            image.paste(part, tile)


def _tiles(size: tuple[int, int]) -> Iterator[tuple[int, int, int, int]]:
    width, height = size
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            yield (left, top, min(left + _TILE, width), min(top + _TILE, height))


def _draw_shapes(draw: aggdraw.Draw, shapes: Iterable[Polygon | Line | Path], tile: Box) -> None:
    import aggdraw

    for shape in shapes:
        points = _cut(shape, tile)
        if len(points) < 2:
            continue
        points = tuple((x - tile[0], y - tile[1]) for x, y in points)
        flat = [value for point in points for value in point]
        if isinstance(shape, Line | Path):
            draw.line(flat, aggdraw.Pen(shape.colour[:3], shape.width, shape.colour[3]))
            continue
        if shape.fill:
            inside = flat if _is_hidden_by_outline(shape) else [value for point in _shrunk(points) for value in point]
            draw.polygon(inside, aggdraw.Brush(shape.fill[:3], shape.fill[3]))
        if shape.outline:
            draw.polygon(flat, aggdraw.Pen(shape.outline[:3], shape.width, shape.outline[3]))


def _is_hidden_by_outline(shape: Polygon) -> bool:
    return shape.outline is not None and shape.outline[3] == 255 and shape.width >= 2 * _SWELL


def _shrunk(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """Return a polygon smaller by what aggdraw adds to a filled one on all sides; as it is where it is too thin."""
    corners = tuple(point for point, before in zip(points, (points[-1], *points[:-1]), strict=True) if point != before)
    ring = list(zip((corners[-1:] + corners[:-1]), corners, corners[1:] + corners[:1], strict=True))
    area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1), _ in ring)
    inward = math.copysign(_SWELL, area)
    shrunk = tuple(_corner(*three, inward) for three in ring)
    for (old, _), (new, _) in zip(_edges(corners), _edges(shrunk), strict=True):
        if old[0] * new[0] + old[1] * new[1] <= 0:
            return points
    return shrunk


def _edges(points: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True):
        yield (x1 - x0, y1 - y0), (x0, y0)


def _corner(before: Point, corner: Point, after: Point, inward: float) -> Point:
    """Return the corner where the two edges that meet in it meet when both have moved inward."""
    ax, ay = _normal(before, corner)
    bx, by = _normal(corner, after)
    length = 1 + ax * bx + ay * by
    if length < 0.1:
        return corner
    return (corner[0] + inward * (ax + bx) / length, corner[1] + inward * (ay + by) / length)


def _normal(start: Point, end: Point) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy) or 1
    return (-dy / length, dx / length)


def _cut(shape: Polygon | Line | Path, tile: Box) -> tuple[Point, ...]:
    """Return a shape's points, cut off far outside the tile; none where they are not all numbers."""
    closed = isinstance(shape, Polygon)
    points = (shape.start, shape.end) if isinstance(shape, Line) else shape.points
    if not all(math.isfinite(value) for point in points for value in point):
        return ()
    margin = _MARGIN + 4 * shape.width
    for axis in (0, 1):
        low, high = tile[axis] - margin, tile[axis + 2] + margin
        if any(point[axis] < low for point in points):
            points = tuple(_kept(points, axis, low, 1, closed))
        if any(point[axis] > high for point in points):
            points = tuple(_kept(points, axis, high, -1, closed))
    return points


def _kept(points: tuple[Point, ...], axis: int, limit: float, sign: int, closed: bool) -> Iterator[Point]:
    """Return the part of a path on one side of a limit (one step of Sutherland and Hodgman, 1974)."""
    pairs = zip(points, (*points[1:], points[0]) if closed else points[1:], strict=closed)
    start = None
    for start, end in pairs:
        start_in, end_in = (sign * (point[axis] - limit) >= 0 for point in (start, end))
        if start_in:
            yield start
        if start_in != end_in:
            part = (limit - start[axis]) / (end[axis] - start[axis])
            yield (start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
    if not closed and start is not None and sign * (points[-1][axis] - limit) >= 0:
        yield points[-1]


def _paint_text(image: Image.Image, text: Text, font: Font, ratio: float) -> None:
    string = drawable(text.string)
    if not string.strip() or not math.isfinite(text.x + text.y):
        return
    left, top, right, bottom = (value * ratio for value in _text_box(text, font))
    box = (math.floor(left), math.floor(top), math.ceil(right), math.ceil(bottom))
    if not _meet(box, (0, 0, *image.size)):
        return
    coverage = _text_mask if font.scalable else _bitmap_mask
    mask = coverage(text, string, font, ratio, box)
    if text.colour[3] != 255:
        mask = mask.point([round(value * text.colour[3] / 255) for value in range(256)])
    # A picture, not a colour: Pillow blends all four channels of it alike, but keeps a colour's on a clear background.
    image.paste(Image.new("RGBA", mask.size, (*text.colour[:3], 255)), box, mask)


def _text_mask(text: Text, string: str, font: Font, ratio: float, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the coverage of a line of text, each character where the font's own advances put it.

    Pillow sets characters on whole pixels only, which is uneven at small sizes: so on finer ones.
    """
    finer = 2 if ratio < 4 else 1
    mask = Image.new("L", ((box[2] - box[0]) * finer, (box[3] - box[1]) * finer))
    draw = ImageDraw.Draw(mask)
    face = font.pillow(ratio * finer)
    y = (round(text.y * ratio) - box[1]) * finer
    for char, advance in zip(string, font.advances(string), strict=False):
        if char != " ":
            draw.text((((text.x + advance) * ratio - box[0]) * finer, y), char, 255, face, "ls")
    return mask.reduce(finer) if finer > 1 else mask


def _bitmap_mask(text: Text, string: str, font: Font, ratio: float, box: tuple[int, int, int, int]) -> Image.Image:
    """Return the coverage in a font of one size only, enlarged by the ratio."""
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    face = font.pillow()
    draw = ImageDraw.Draw(line := Image.new("L", (math.ceil(text.width) + 1, math.ceil(font.height) + 1)))
    draw.text((0, 0), bitmap_text(string), 255, face)
    size = (max(round(line.width * ratio), 1), max(round(line.height * ratio), 1))
    place = (round(text.x * ratio) - box[0], round((text.y - font.ascent) * ratio) - box[1])
    mask.paste(line.resize(size, Image.Resampling.BICUBIC), place)
    return mask
