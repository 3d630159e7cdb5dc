"""Builds a model without allocating its weights, and describes it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from ..description import ModelDescription
from .keras import TextCallable, describe


def build_and_describe(
    build: Callable[[], object], *, input_shape: object = None, text_callable: TextCallable | None = None
) -> ModelDescription:
    """Build a model and describe it."""
    _ = sys
    return describe(build(), input_shape=input_shape, text_callable=text_callable)
