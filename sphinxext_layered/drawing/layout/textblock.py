"""Blocks of text: lines measured as they will be drawn, wrapped and if need be shortened where a width is set."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sphinxext_layered.drawing.fonts import Font, drawable
from sphinxext_layered.drawing.scene import RGBA, Text

ELLIPSIS: Final = "\u2026"

_PARTS: Final = re.compile(r".+?(?:[_/.\-]+|(?<=[a-z0-9])(?=[A-Z])|$)", re.DOTALL)
"""The parts between which a word is broken: ``block2_``, ``Batch``."""


@dataclass(frozen=True)
class TextBlock:
    """Lines of text with their widths; `leading` is from one baseline to the next, all in pixels."""

    lines: tuple[tuple[str, float], ...]
    ascent: float
    descent: float
    leading: float

    @property
    def width(self) -> float:
        """The widest line's width."""
        return max(width for _, width in self.lines)

    @property
    def height(self) -> float:
        """From the first line's ascent to the last one's descent."""
        return self.ascent + self.descent + self.leading * (len(self.lines) - 1)


def text_block(text: str, font: Font, spacing: float, most: float | None = None) -> TextBlock:
    """Measure a text whose lines are `spacing` apart; no line is wider than `most`.

    Notes
    -----
    Lines are wrapped at words, and words broken at ``_``, ``/``, ``-``, ``.`` and before a capital; what is too wide
    all the same is shortened.
    """
    lines = [line for given in text.split("\n") for line in _wrapped(given, font, most)]
    measured = tuple((line, font.width(line)) for line in lines)
    return TextBlock(measured, font.ascent, font.descent, font.height + spacing)


def _wrapped(line: str, font: Font, most: float | None) -> Iterator[str]:
    if most is None or font.width(line) <= most:
        yield line
        return
    first, *words = line.split(" ")
    *whole, current = _broken(first, font, most)
    yield from whole
    for word in words:
        if font.width(f"{current} {word}") <= most:
            current = f"{current} {word}"
        else:
            yield current
            *whole, current = _broken(word, font, most)
            yield from whole
    yield current


def _broken(word: str, font: Font, most: float) -> list[str]:
    """Return a word in as many pieces as it takes."""
    pieces = [""]
    for part in [word] if font.width(word) <= most else _PARTS.findall(word):
        if pieces[-1] and font.width(pieces[-1] + part) > most:
            pieces.append("")
        pieces[-1] += part
    return [shortened(piece, font, most) for piece in pieces]


def shortened(text: str, font: Font, most: float) -> str:
    """Return a text with its end cut off where it is wider than `most`; empty where there is no room at all."""
    if font.width(text) <= most:
        return text
    text = drawable(text)
    for end in range(bisect_right(font.advances(text), most), -1, -1):
        if font.width(text[:end] + ELLIPSIS) <= most:
            return text[:end] + ELLIPSIS
    return ""


def centred(block: TextBlock, centre: float, top: float, colour: RGBA) -> tuple[Text, ...]:
    """Set a block with every line centred on x = `centre`, from y = `top` down."""
    return tuple(
        Text(centre - width / 2, top + block.ascent + row * block.leading, line, colour, width)
        for row, (line, width) in enumerate(block.lines)
        if line
    )


def flush_left(block: TextBlock, left: float, top: float, colour: RGBA) -> tuple[Text, ...]:
    """Set a block with every line beginning at x = `left`, from y = `top` down."""
    return tuple(
        Text(left, top + block.ascent + row * block.leading, line, colour, width)
        for row, (line, width) in enumerate(block.lines)
        if line
    )
