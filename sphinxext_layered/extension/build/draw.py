"""The one module of the extension that draws; it loads Pillow and is imported when there is something to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...description import ModelDescription
from ...drawing import lay_out
from ...drawing.check import complaints
from ...drawing.paint import paint
from ...drawing.summary import alt_text, has_open_sizes
from ...options import LayeredViewOptions


@dataclass(frozen=True)
class Drawn:
    """A picture's bytes (None where only its notes were wanted), shown size in pixels, and notes."""

    data: bytes | None
    width: int
    height: int
    notes: dict[str, Any]


def draw(description: ModelDescription, options: LayeredViewOptions, format: str) -> Drawn:
    """Draw a description.

    Raises
    ------
    LayeredViewError
        An option cannot be followed, or the picture cannot be painted.
    """
    notes = {
        "model": description.name,
        "alt": alt_text(description),
        "complaints": complaints(description, options),
        "open_sizes": has_open_sizes(description),
    }
    if not format:
        return Drawn(None, 0, 0, notes)
    scene = lay_out(description, options)
    data = paint(scene, format, pixel_ratio=options.pixel_ratio)
    return Drawn(data, scene.width, scene.height, notes)
