"""From a description to a scene, and from a scene to a file: knows neither Sphinx nor Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .layout import lay_out

__all__ = ["lay_out"]


def __getattr__(name: str) -> Any:
    if name == "lay_out":
        from .layout import lay_out

        return lay_out
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
