r"""Templates of labels, such as ``{name}\n{kernel} / {strides}``: text with fields in braces, never evaluated."""

from __future__ import annotations

from string import Formatter
from typing import Final

OF_LAYERS: Final = ("name", "class", "shape", "output", "parameters", "activation", "index", "module", "kernel")
"""The fields that every template knows beside the names of facts."""

Line = tuple[tuple[str, str | None], ...]
"""A line in pieces: text, and the field that follows it."""


def is_template(text: str) -> bool:
    """Return whether a text is a template, rather than a name."""
    return "{" in text


def known_fields() -> tuple[str, ...]:
    """Return the names of all fields."""
    from .description import FACTS  # loaded where there is a template: its dataclasses take their time

    return tuple(dict.fromkeys((*OF_LAYERS, *FACTS)))


def template_lines(text: str) -> tuple[Line, ...]:
    r"""Return the lines of a template in pieces; a line ends at a newline or at ``\n`` written out.

    Raises
    ------
    ValueError
        A field is unknown or more than a name, or a brace has no partner.
    """
    return tuple(_pieces(line) for line in text.replace("\\n", "\n").split("\n"))


def _pieces(line: str) -> Line:
    try:
        pieces = list(Formatter().parse(line))
    except ValueError:
        raise ValueError("a brace has no partner; write {{ and }} for literal braces") from None
    known = known_fields()
    for _, name, spec, conversion in pieces:
        if name is not None and name not in known:
            raise ValueError(f"{{{name}}} is not a field; known: {', '.join(known)}")
        if spec or conversion:
            raise ValueError(f"{{{name}}} takes no conversion and no format; write the field's name alone")
    return tuple((text, name) for text, name, _, _ in pieces)
