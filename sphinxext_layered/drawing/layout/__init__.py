"""Layout: a description and options become a scene, by geometry and text measures alone.

Split along the picture: `sizes` (and the modes in `sizing`) say how large each box is, `row` where the
boxes of a row stand, `fit` how they are scaled and wrapped into a width; `boxes`, `funnels`, `labels`,
`legend` and `cues` make the shapes; `compose` puts them onto one canvas.
"""

from .compose import lay_out

__all__ = ["lay_out"]
