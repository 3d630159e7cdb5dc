"""Shapes as frameworks spell them, read into tuples of sizes."""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from sphinxext_layered.description import Shape


def flattened(structure: Any) -> Iterator[Any]:
    """Return the leaves of lists, tuples and dicts in Keras's order: a dict's by its sorted keys."""
    if isinstance(structure, Mapping):
        for key in _keys(structure):
            yield from flattened(structure[key])
    elif isinstance(structure, list | tuple):
        for item in structure:
            yield from flattened(item)
    else:
        yield structure


def named_leaves(structure: Any) -> Iterator[tuple[str | None, Any]]:
    """Return the leaves of a structure in Keras's order, each with its key; None where the structure is no dict.

    A leaf within a dict's list or dict has a key such as ``boxes.0``.
    """
    if isinstance(structure, Mapping):
        for key in _keys(structure):
            yield from _under(str(key), structure[key])
    else:
        yield from ((None, leaf) for leaf in flattened(structure))


def _under(name: str, structure: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(structure, Mapping):
        for key in _keys(structure):
            yield from _under(f"{name}.{key}", structure[key])
    elif isinstance(structure, list | tuple):
        for place, item in enumerate(structure):
            yield from _under(f"{name}.{place}", item)
    else:
        yield name, structure


def _keys(structure: Mapping[Any, Any]) -> list[Any]:
    keys = list(structure)
    if not isinstance(structure, OrderedDict):
        with contextlib.suppress(TypeError):
            keys.sort()
    return keys


def is_tensor(value: Any) -> bool:
    """Return whether `value` has a shape and a type of numbers: a tensor, symbolic or not, or an array."""
    return hasattr(value, "shape") and hasattr(value, "dtype")


def tensor_shapes(structure: Any) -> tuple[Shape, ...]:
    """Return the shape of every tensor in a structure of tensors; one of unknown rank is left out."""
    found = (_sizes(leaf.shape) for leaf in flattened(structure) if is_tensor(leaf))
    return tuple(shape for shape in found if shape is not None)


def shapes_of(value: Any) -> tuple[Shape, ...]:
    """Return every shape in a structure of shapes, such as ``(None, 8)`` or ``[(None, 8), (None, 4)]``."""
    if value is None or isinstance(value, str):
        return ()
    if isinstance(value, Mapping):
        return tuple(shape for key in sorted(value, key=str) for shape in shapes_of(value[key]))
    several = isinstance(value, list | tuple) and any(not _is_size(item) for item in value)
    if several:
        return tuple(shape for item in value for shape in shapes_of(item))
    if isinstance(value, list) and not value:
        return ()
    shape = _sizes(value)
    return () if shape is None else (shape,)


def _is_size(value: Any) -> bool:
    return not isinstance(value, list | tuple | Mapping) and not hasattr(value, "as_list")


def _sizes(shape: Any) -> Shape | None:
    """Read one shape; None where its rank is unknown or it is not a shape."""
    if hasattr(shape, "as_list"):
        if getattr(shape, "rank", 0) is None:
            return None
        shape = shape.as_list()
    try:
        return tuple(_size(item) for item in shape)
    except TypeError:
        return None


def _size(value: Any) -> int | None:
    try:
        size = int(getattr(value, "value", value))
    except (TypeError, ValueError, ArithmeticError):
        return None
    except Exception:  # a symbolic size of some framework, which may raise anything
        return None
    return size if size >= 0 else None
