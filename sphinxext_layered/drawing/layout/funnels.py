"""Funnels: lines from the corners of a box to those of the next."""

from __future__ import annotations

from sphinxext_layered.drawing.scene import RGBA, Group, Line

from .boxes import Placed


def funnel(last: Placed, following: Placed, colour: RGBA | None, width: float) -> Group:
    """Draw the lines between the facing edges of two boxes, front corners and, where there is depth, those behind.

    They are to be painted after the box that is further back and before the other one.
    """
    corners = [
        ((last.right, last.top), (following.left, following.top)),
        ((last.right, last.bottom), (following.left, following.bottom)),
    ]
    if last.box.depth or following.box.depth:
        corners += [(last.behind(*start), following.behind(*end)) for start, end in corners]
    painted = colour or following.box.look.outline
    return Group("funnel", tuple(Line(start, end, painted, width) for start, end in corners))
