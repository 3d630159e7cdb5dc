"""Blocks of text: lines measured as they will be drawn, wrapped at words where a width is set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.scene import RGBA, Text


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
    """Measure a text whose lines are `spacing` apart; a line wider than `most` is wrapped at its words."""
    lines = [line for given in text.split("\n") for line in _wrapped(given, font, most)]
    measured = tuple((line, font.width(line)) for line in lines)
    return TextBlock(measured, font.ascent, font.descent, font.height + spacing)


def _wrapped(line: str, font: Font, most: float | None) -> Iterator[str]:
    if most is None or font.width(line) <= most:
        yield line
        return
    words = line.split(" ")
    current = words[0]
    for word in words[1:]:
        if font.width(f"{current} {word}") <= most:
            current = f"{current} {word}"
        else:
            yield current
            current = word
    yield current


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
