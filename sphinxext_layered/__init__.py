"""Draw Keras models as 3D boxes, in Sphinx documentation and in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from .api import layered_view as layered_view
    from .reading.spacing import SpacingDummyLayer as SpacingDummyLayer

__version__ = "0.1.0"
__all__ = ["SpacingDummyLayer", "__version__", "layered_view", "setup"]

_HOMES = {"layered_view": ".api", "SpacingDummyLayer": ".reading.spacing"}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: Sphinx and Keras are both heavy, and seldom needed together."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name], __name__), name)


def _get_sg_image_scraper() -> Any:
    """Return what collects the pictures of examples for sphinx-gallery; it looks for this name."""
    from .gallery import Scraper

    return Scraper()


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension; called by Sphinx."""
    from .extension import setup as register

    return register(app)
