"""The one module of the extension that draws; it loads Pillow and is imported when there is something to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...description import ModelDescription
from ...drawing import lay_out
from ...drawing.check import out_of_range, unknown_names
from ...drawing.paint import paint
from ...drawing.palette import FROZEN
from ...drawing.summary import alt_text
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
    notes = {"alt": alt_text(description), "complaints": complaints(description, options)}
    if not format:
        return Drawn(None, 0, 0, notes)
    scene = lay_out(description, options)
    data = paint(scene, format, pixel_ratio=options.pixel_ratio)
    return Drawn(data, scene.width, scene.height, notes)


def complaints(description: ModelDescription, options: LayeredViewOptions) -> list[list[str]]:
    """Return [option, sentence] for each name or index that the model does not have."""
    names = {
        "type_ignore": options.type_ignore,
        "color_map": [item[0] for item in options.color_map],
        "styles": [item[0] for item in options.styles if item[0] != FROZEN],
    }
    found = [
        [option, f"{name!r} is neither a layer nor a class of layers of this model; {offer}"]
        for option, given in names.items()
        for name, offer in unknown_names(description, given)
    ]
    last = max((layer.index for layer in description.layers), default=-1)
    for option in ("index_ignore", "index_2d"):
        if wrong := out_of_range(description, getattr(options, option)):
            shown = ", ".join(map(str, wrong[:5])) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
            accepted = f"its layers have the indices 0 to {last}" if last >= 0 else "it has no layers"
            found.append([option, f"this model has no layer {shown}; {accepted}"])
    return found
