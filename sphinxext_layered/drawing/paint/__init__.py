"""From a scene to the bytes of a file: one painter for each kind, all of the same picture.

Each painter is imported when it is first used, so that an SVG needs neither Pillow nor aggdraw.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from sphinxext_layered.drawing.scene import Scene
from sphinxext_layered.errors import PaintError

if TYPE_CHECKING:
    from PIL import Image

_SMALLER: Final = (
    "set max_width, decrease scale_xy, scale_z, max_xy, min_z or pixel_ratio, or choose another sizing_mode"
)
_MOST_BYTES: Final = 2**31 - 1


def paint(scene: Scene, format: str, pixel_ratio: float = 1) -> bytes:
    """Return the file of a scene: ``png``, ``svg``, ``pdf``, or any that Pillow writes.

    The same scene gives the same bytes.

    Parameters
    ----------
    scene : Scene
    format : str
        As the suffix of a file's name has it, with or without its dot.
    pixel_ratio : float
        Pixels of the file for one pixel of the scene; drawings without pixels pay it no heed.

    Raises
    ------
    PaintError
        The format is not known, or the picture is beyond the limit of pixels.
    """
    format = format.lower().lstrip(".")
    return _PAINTERS.get(format, _paint_pixels)(scene, format, pixel_ratio)


def paint_image(scene: Scene, pixel_ratio: float = 1) -> Image.Image:
    """Return the scene as a picture of Pillow: RGBA, straight alpha. Raises as `paint`."""
    from .png import paint_image as paint_rgba

    return paint_rgba(scene, pixel_ratio)


def check_size(width: float, height: float) -> None:
    """Refuse a picture that is empty, or that Pillow would not open again, before anything is allocated.

    Parameters
    ----------
    width, height : float
        px of the file.

    Raises
    ------
    PaintError
        It names the size and the options that bring it down.
    """
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise PaintError(f"a picture of {width} x {height} px cannot be painted: both must be greater than 0")
    from PIL import Image

    limit = _MOST_BYTES // 4 if Image.MAX_IMAGE_PIXELS is None else 2 * Image.MAX_IMAGE_PIXELS
    if width * height > min(limit, _MOST_BYTES // 4):
        raise PaintError(
            f"the picture would be {width:,.0f} x {height:,.0f} px, which is {width * height:,.0f} pixels, "
            f"and at most {limit:,} can be opened again: {_SMALLER}"
        )


def _paint_pixels(scene: Scene, format: str, pixel_ratio: float) -> bytes:
    from .png import paint_pixels

    return paint_pixels(scene, format, pixel_ratio)


def _paint_svg(scene: Scene, format: str, pixel_ratio: float) -> bytes:
    from .svg import paint_svg

    return paint_svg(scene)


def _paint_pdf(scene: Scene, format: str, pixel_ratio: float) -> bytes:
    from .pdf import paint_pdf

    return paint_pdf(scene)


_PAINTERS: Final[dict[str, Callable[[Scene, str, float], bytes]]] = {"svg": _paint_svg, "pdf": _paint_pdf}
