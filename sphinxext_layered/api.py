"""`layered_view`. What type checkers know of it is in ``api.pyi``, which `signature.stub` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .calling import call
from .signature import documentation, signature

if TYPE_CHECKING:
    from PIL import Image


def layered_view(*args: Any, **kwargs: Any) -> Image.Image:
    """Draw a Keras model; the whole documentation is made from the declaration of the options."""
    return call(args, kwargs)


layered_view.__doc__ = documentation()
layered_view.__signature__ = signature()  # type: ignore[attr-defined]
