"""The only part that knows Keras: reads a live model into its description.

Importing this package imports neither Keras nor TensorFlow: the user's module may choose a backend
first, and a model that is not Keras's needs neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .files import load_model_file as load_model_file
    from .keras import describe as describe
    from .spacing import SpacingDummyLayer as SpacingDummyLayer
    from .weightless import build_and_describe as build_and_describe

__all__ = ["SpacingDummyLayer", "build_and_describe", "describe", "load_model_file"]

_HOMES = {
    "build_and_describe": ".weightless",
    "describe": ".keras",
    "load_model_file": ".files",
    "SpacingDummyLayer": ".spacing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name], __name__), name)
