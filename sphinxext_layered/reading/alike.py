"""Find layers that are alike, so that what is inside equal blocks is found out once."""

from __future__ import annotations

import types
from collections.abc import Hashable, Mapping
from typing import Any

from .facts import attribute, keras_layer_class, name_of
from .graph import is_made_up

_NAMES = ("name", "_name", "_path", "_parent_path")
_DEEPEST = 12


def form_of(layer: Any) -> Hashable:
    """Return a value that two layers share when they are made alike: classes, settings and the layers that they hold.

    Its own name does not count, nor names that Keras made up. What is neither a plain value, a function, a
    container nor a layer counts by its class alone.
    """
    try:
        form: Hashable = _form(layer, {}, 0)
        hash(form)
    except Exception:  # what a layer of the user's holds may raise anything
        return id(layer)
    return form


def _form(value: Any, known: dict[int, Any], depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return type(value), value
    if isinstance(value, type) or depth > _DEEPEST:
        return id(value)
    if id(value) not in known:
        known[id(value)] = type(value)  # for a circle
        known[id(value)] = _form_of_parts(value, known, depth + 1)
    return known[id(value)]


def _form_of_parts(value: Any, known: dict[int, Any], depth: int) -> Hashable:
    if isinstance(value, Mapping):
        return type(value), tuple((str(key), _form(item, known, depth)) for key, item in value.items())
    if isinstance(value, types.FunctionType):
        cells = [_form(cell.cell_contents, known, depth) for cell in value.__closure__ or ()]
        return id(value.__code__), tuple(cells)
    if isinstance(value, list | tuple):
        return type(value), tuple(_form(item, known, depth) for item in value)
    if keras_layer_class(value) is None:
        return type(value), name_of(value) if attribute(value, "compute_dtype") else ""
    name = name_of(value) if depth > 1 else ""
    held = {key: item for key, item in vars(value).items() if key not in _NAMES and not key.endswith("bound_nodes")}
    return type(value), "" if is_made_up(name, value) else name, _form(held, known, depth)
