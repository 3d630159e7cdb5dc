"""The size at which a picture is shown: what the page says, or the picture's own, whatever the file's ratio."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def shown_size(own: tuple[int, int], given: Mapping[str, Any] | Any) -> tuple[str, str]:
    """Return width and height as an image node has them.

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
    ratio = own[1] / own[0]
    if width is None and height is None:
        return _whole(own[0] * factor), _whole(own[1] * factor)
    if width is None:
        return _follow(_pixels(str(height), factor), 1 / ratio), _scaled(str(height), factor)
    if height is None:
        return _scaled(str(width), factor), _follow(_pixels(str(width), factor), ratio)
    return _scaled(str(width), factor), _scaled(str(height), factor)


def _whole(pixels: float) -> str:
    return str(max(round(pixels), 1))


def _follow(pixels: float | None, ratio: float) -> str:
    return "" if pixels is None else _whole(pixels * ratio)


def _measure(length: str) -> tuple[float, str]:
    match = re.fullmatch(r"\s*([0-9.]+)\s*(\S*)\s*", length)
    return (float(match[1]), match[2]) if match else (0.0, length)


def _pixels(length: str, factor: float) -> float | None:
    """Return a length in pixels; None where it is of another unit."""
    value, unit = _measure(length)
    return value * factor if unit in ("", "px") else None


def _scaled(length: str, factor: float) -> str:
    value, unit = _measure(length)
    if unit in ("", "px"):
        return _whole(value * factor)
    return f"{value * factor:g}{unit}"
