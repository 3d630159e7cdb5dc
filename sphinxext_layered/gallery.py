"""Pictures of `layered_view` in galleries that sphinx-gallery makes of example scripts.

In conf.py: ``sphinx_gallery_conf = {"image_scrapers": ("matplotlib", "sphinxext_layered"), ...}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .description import ModelDescription
    from .saving import Drawn

_waiting: list[tuple[ModelDescription, Drawn]] | None = None


def note(description: ModelDescription, drawn: Drawn) -> None:
    """Keep a picture until the gallery asks for it; without a gallery nothing is kept."""
    if _waiting is not None:
        _waiting.append((description, drawn))


class Scraper:
    """What sphinx-gallery calls after each block of an example; from when it is made, pictures are kept."""

    def __init__(self) -> None:
        global _waiting
        _waiting = _waiting or []

    def __repr__(self) -> str:
        return "<image scraper of sphinxext_layered>"  # the same in each build, as sphinx-gallery compares it

    def __reduce__(self) -> tuple[Any, ...]:
        return Scraper, ()  # in another process, too, pictures are kept

    def __call__(self, block: object, block_vars: Mapping[str, Any], gallery_conf: Mapping[str, Any]) -> str:
        """Write the pictures drawn since the last call, and return the reST that shows them.

        Parameters
        ----------
        block : tuple
            The block of the example.
        block_vars : mapping
            With the names of pictures to come in ``image_path_iterator``.
        gallery_conf : mapping
            With the source folder in ``src_dir``.
        """
        from .drawing.summary import alt_text
        from .saving import encode

        figure_rst = import_module("sphinx_gallery.scrapers").figure_rst
        shown = []
        while _waiting:
            description, drawn = _waiting.pop(0)
            path = Path(next(block_vars["image_path_iterator"]))
            path.write_bytes(encode(drawn, "png")[1])
            shown.append(figure_rst([path], gallery_conf["src_dir"], alt_text(description)))
        return "\n".join(shown)
