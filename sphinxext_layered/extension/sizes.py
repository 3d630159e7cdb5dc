"""The size at which a picture is shown: what the page says, or the picture's own, whatever the file's ratio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def shown_size(own: tuple[int, int], given: Mapping[str, Any] | Any) -> tuple[str, str]:
    """Give width and height as an image node has them.

    Parameters
    ----------
    own : tuple of int
        The picture's width and height in pixels of the page.
    given : mapping
        ``width``, ``height`` and ``scale`` (percent), each if the page says it.

    Returns
    -------
    tuple of str
        Lengths as docutils writes them; pixels without a unit. An empty height follows the width; so does
        an empty width the height.
    """
    factor = int(given.get("scale", 100)) / 100
    width, height = given.get("width"), given.get("height")
    if width is None and height is None:
        return str(max(round(own[0] * factor), 1)), str(max(round(own[1] * factor), 1))
    ratio = own[1] / own[0]
    if width is None:
        pixels = _pixels(height, factor)
        return ("" if pixels is None else str(max(round(pixels / ratio), 1))), _scaled(height, factor)
    if height is None:
        pixels = _pixels(width, factor)
        return _scaled(width, factor), ("" if pixels is None else str(max(round(pixels * ratio), 1)))
    return _scaled(width, factor), _scaled(height, factor)


def _measure(length: str) -> tuple[float, str]:
    match = re.fullmatch(r"\s*([0-9.]+)\s*(\S*)\s*", length)
    return (float(match[1]), match[2]) if match else (0.0, length)


def _pixels(length: str, factor: float) -> float | None:
    """Give a length in pixels; None where it is of another unit."""
    value, unit = _measure(length)
    return value * factor if unit in ("", "px") else None


def _scaled(length: str, factor: float) -> str:
    value, unit = _measure(length)
    if unit in ("", "px"):
        return str(max(round(value * factor), 1))
    return f"{value * factor:g}{unit}"
