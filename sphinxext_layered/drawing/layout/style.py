"""What all shapes of a grid share: its font, its colours, the width of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from sphinxext_layered.drawing.fonts import Font
from sphinxext_layered.drawing.scene import RGBA


@dataclass(frozen=True)
class Style:
    """How a grid is drawn.

    Attributes
    ----------
    font : Font
    line, ink, background : RGBA
        The colours of lines, of text, and of the background.
    funnel : RGBA or None
        The colour of funnels; None takes the next box's outline.
    line_width : float
        px.
    shade_step : float
    side : {-1, 1}
        Where skip connections run: above or below.
    connected : bool
        Whether connections are drawn.
    """

    font: Font
    line: RGBA
    line_width: float
    funnel: RGBA | None
    ink: RGBA
    background: RGBA
    shade_step: float
    side: int
    connected: bool
