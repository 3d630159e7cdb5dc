"""Cues that a row of boxes goes on in the next: a small arrow after its end and before its beginning."""

from __future__ import annotations

from typing import Final

from sphinxext_layered.drawing.scene import RGBA, Group, Line

ROOM: Final = 22.0
"""The room that a cue takes beside a row, px."""

_LENGTH: Final = 14.0
_HEAD: Final = 4.0


def cues(start: float, end: float, colour: RGBA, *, first: bool, last: bool) -> tuple[Group, ...]:
    """Draw the cues of a row that reaches from `start` to `end`, on its middle line."""
    places = [*([] if first else [start - ROOM]), *([] if last else [end + ROOM - _LENGTH])]
    return tuple(Group("connector", _arrow(x, colour)) for x in places)


def _arrow(x: float, colour: RGBA) -> tuple[Line, ...]:
    tip = (x + _LENGTH, 0.0)
    return (
        Line((x, 0.0), tip, colour),
        Line((tip[0] - _HEAD, -_HEAD), tip, colour),
        Line((tip[0] - _HEAD, _HEAD), tip, colour),
    )
