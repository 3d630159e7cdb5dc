"""The labels of layers: ready-made by name, by a template, and those that a user's callable gave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from sphinxext_layered.description import Fact, LayerDescription
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.template import Line, is_template, template_lines

from .summary import TIMES, output_text, shape_text

Label = tuple[str, bool]
"""A text, with lines separated by newlines, and whether it is above its box."""


def label_of(layer: LayerDescription, options: LayeredViewOptions) -> Label | None:
    """Return the label of a layer, or None where it has none.

    Notes
    -----
    ``default`` sets layers of an odd index above, as the reference does.
    """
    source = options.text_callable
    if source is None:
        return None
    if isinstance(source, str) and source in READY_MADE:
        text, above = READY_MADE[source](layer), source == "default" and layer.index % 2 == 1
    elif isinstance(source, str) and is_template(source):
        text, above = _filled(layer, source), False
    elif layer.text is not None:
        text, above = layer.text.text, layer.text.above
    else:
        return None
    text = "\n".join(_printable(line) for line in text.splitlines())
    return (text, above) if text.strip() else None


def _printable(line: str) -> str:
    return "".join(each if each.isprintable() else " " for each in line).strip()


def _name(layer: LayerDescription) -> str:
    return layer.name


def _class(layer: LayerDescription) -> str:
    return layer.class_name


def _name_and_shape(layer: LayerDescription) -> str:
    return f"{layer.name}\n{output_text(layer)}"


def _parameters(layer: LayerDescription) -> str:
    return f"{layer.parameters:,} params" if layer.parameters else ""


def _activation(layer: LayerDescription) -> str:
    return layer.activation if layer.activation and layer.activation != "linear" else ""


def _kernel(layer: LayerDescription) -> str:
    """Return what a layer's weights are, in short: kernel, filters or units, stride where it is not 1."""
    strides = _strides(layer)
    sizes = [_size(layer.fact("input_dim")), _size(layer.fact("output_dim"))]
    heads = _size(layer.fact("num_heads"))
    parts = [
        _kernel_size(layer),
        _size(layer.fact("filters")) or _size(layer.fact("units")),
        f"/ {strides}" if strides not in ("", "1") else "",
        f"{heads} head{'' if heads == '1' else 's'}" if heads else "",
        " \u2192 ".join(sizes) if all(sizes) else "",
    ]
    return ", ".join(filter(None, parts))


def _kernel_size(layer: LayerDescription) -> str:
    return _size(layer.fact("kernel_size")) or _size(layer.fact("pool_size"))


def _strides(layer: LayerDescription) -> str:
    """Return the stride, as one number where it is the same along every axis."""
    strides = layer.fact("strides")
    if strides is None:
        return "1" if _kernel_size(layer) else ""
    return _size(strides[0] if isinstance(strides, tuple) and len(set(strides)) == 1 else strides)


def _size(value: Fact | None) -> str:
    """Return a number, or several with multiplication signs."""
    if isinstance(value, tuple):
        return f" {TIMES} ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else "" if value is None else str(value)


def _padding(layer: LayerDescription) -> str:
    return _size(layer.fact("padding")) or ("valid" if _kernel_size(layer) else "")


READY_MADE: Final[dict[str, Callable[[LayerDescription], str]]] = {
    "default": _name_and_shape,
    "name": _name,
    "class": _class,
    "shape": output_text,
    "name_and_shape": _name_and_shape,
    "parameters": _parameters,
    "activation": _activation,
    "kernel": _kernel,
}


_FIELDS: Final[dict[str, Callable[[LayerDescription], str]]] = {
    "name": _name,
    "class": _class,
    "shape": lambda layer: output_text(layer) if layer.output_shapes else "",
    "output": lambda layer: ", ".join(map(shape_text, layer.output_shapes)),
    "parameters": lambda layer: f"{layer.parameters:,}" if layer.parameters else "",
    "activation": _activation,
    "index": lambda layer: str(layer.index) if layer.index >= 0 else "",
    "module": lambda layer: layer.module,
    "kernel": _kernel_size,
    "strides": _strides,
    "padding": _padding,
    "trainable": lambda layer: "not trainable" if layer.fact("trainable") is False else "",
}
"""What a field of a template stands for, where that is not simply a fact; empty where the layer lacks it."""

_lines = lru_cache(maxsize=16)(template_lines)


def _filled(layer: LayerDescription, template: str) -> str:
    """Return a template with a layer's facts in it, without the lines of which it lacks a field."""
    return "\n".join(_filled_lines(layer, _lines(template)))


def _filled_lines(layer: LayerDescription, lines: tuple[Line, ...]) -> Iterator[str]:
    for line in lines:
        pieces = [(text, "" if name is None else _field(layer, name)) for text, name in line]
        if all(value or name is None for (_, value), (_, name) in zip(pieces, line, strict=True)):
            yield "".join(text + value for text, value in pieces)


def _field(layer: LayerDescription, name: str) -> str:
    return _FIELDS[name](layer) if name in _FIELDS else _size(layer.fact(name))
