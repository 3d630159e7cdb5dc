"""PDF: vectors and selectable text on one page of the picture's size, for LaTeX and for print."""

from __future__ import annotations

import io
import math
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sphinxext_layered.drawing.fonts import SHIPPED, Font, drawable
from sphinxext_layered.drawing.scene import Line, Path, Point, Polygon, Scene, Text

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_POINTS: Final = 0.75
"""Points of the page for one pixel of the scene: 72 of the one and 96 of the other make an inch."""

_LONGEST: Final = 14_400
"""Points of a page's longest side (ISO 32000-1, annex C): a longer picture is made smaller as a whole."""


def paint_pdf(scene: Scene) -> bytes:
    """Return the scene as a whole file of PDF with one page."""
    from reportlab.pdfgen.canvas import Canvas

    unit = min(_POINTS, _LONGEST / max(scene.width, scene.height, 1))
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(scene.width * unit, scene.height * unit), invariant=1, pageCompression=1)
    canvas.setTitle(drawable(scene.title))
    canvas.setSubject(drawable(scene.summary))
    canvas.setCreator("sphinxext-layered")
    canvas.setAuthor("")
    canvas.setMiterLimit(4)
    _Page(canvas, scene, unit).paint()
    canvas.showPage()
    canvas.save()
    return file.getvalue()


class _Page:
    """One page while it is painted. PDF counts y upwards."""

    def __init__(self, canvas: Canvas, scene: Scene, unit: float) -> None:
        self._canvas = canvas
        self._scene = scene
        self._unit = unit
        self._font = _registered(scene.font.path if scene.font.face is None else SHIPPED, scene.font.index)

    def paint(self) -> None:
        """Paint the whole scene."""
        width, height = self._scene.width, self._scene.height
        corners = ((0, 0), (width, 0), (width, height), (0, height))
        if self._scene.background[3]:
            self._polygon(Polygon(corners, self._scene.background))
        for shape in self._scene.shapes():
            if isinstance(shape, Polygon):
                self._polygon(shape)
            elif isinstance(shape, Line):
                self._stroke((shape.start, shape.end), shape.colour, shape.width, close=False)
            elif isinstance(shape, Path):
                self._stroke(shape.points, shape.colour, shape.width, close=False)
            else:
                self._text(shape)

    def _polygon(self, shape: Polygon) -> None:
        # Filled and stroked apart: together, a translucent outline would knock the fill out.
        if shape.fill and _are_finite(shape.points):
            self._fill(shape.fill)
            self._canvas.drawPath(self._path(shape.points, close=True), stroke=0, fill=1)
        if shape.outline:
            self._stroke(shape.points, shape.outline, shape.width, close=True)

    def _stroke(self, points: tuple[Point, ...], colour: tuple[int, ...], width: float, *, close: bool) -> None:
        if not _are_finite(points):
            return
        red, green, blue, alpha = (part / 255 for part in colour)
        self._canvas.setStrokeColorRGB(red, green, blue)
        self._canvas.setStrokeAlpha(alpha)
        self._canvas.setLineWidth(width * self._unit)
        self._canvas.drawPath(self._path(points, close=close), stroke=1, fill=0)

    def _fill(self, colour: tuple[int, ...]) -> None:
        red, green, blue, alpha = (part / 255 for part in colour)
        self._canvas.setFillColorRGB(red, green, blue)
        self._canvas.setFillAlpha(alpha)

    def _path(self, points: tuple[Point, ...], *, close: bool) -> object:
        path = self._canvas.beginPath()
        for n, point in enumerate(points):
            (path.lineTo if n else path.moveTo)(*self._place(*point))
        if close:
            path.close()
        return path

    def _place(self, x: float, y: float) -> Point:
        return (x * self._unit, (self._scene.height - y) * self._unit)

    def _text(self, text: Text) -> None:
        string = drawable(text.string)
        if not string.strip() or not math.isfinite(text.x + text.y):
            return
        from reportlab.pdfbase.pdfmetrics import stringWidth

        size = self._scene.font.size * self._unit
        natural = stringWidth(string, self._font, size)
        self._fill(text.colour)
        line = self._canvas.beginText(*self._place(text.x, text.y))
        line.setFont(self._font, size)
        if natural > 0 and text.width > 0:
            line.setHorizScale(100 * text.width * self._unit / natural)
        line.textOut(string)
        self._canvas.drawText(line)


def _are_finite(points: tuple[Point, ...]) -> bool:
    return len(points) > 1 and all(math.isfinite(value) for point in points for value in point)


def _registered(path: str, index: int) -> str:
    stat = os.stat(path)
    return _register(path, index, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _register(path: str, index: int, modified: int, size: int) -> str:
    """Make a font file known to reportlab under a name of its own, or the shipped one where it cannot be embedded."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    name = f"lv-{Font(path, 1, index).digest()}"
    try:
        registerFont(TTFont(name, path, subfontIndex=index))
    except (TTFError, OSError, ValueError, KeyError):
        if path == SHIPPED:
            raise
        return _registered(SHIPPED, 0)
    return name
