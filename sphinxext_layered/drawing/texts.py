"""The labels of layers: the ready-made ones by name, and those that a user's callable gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sphinxext_layered.description import LayerDescription
from sphinxext_layered.options import LayeredViewOptions

from .summary import output_text

Label = tuple[str, bool]
"""A text, lines parted by newlines, and whether it stands above its box."""


def label_of(layer: LayerDescription, options: LayeredViewOptions) -> Label | None:
    """Give the label of a layer, or None where it has none.

    Notes
    -----
    ``default`` sets layers of an odd index above, as the reference does.
    """
    source = options.text_callable
    if source is None:
        return None
    if isinstance(source, str) and source in READY_MADE:
        text, above = READY_MADE[source](layer), source == "default" and layer.index % 2 == 1
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


READY_MADE: Final[dict[str, Callable[[LayerDescription], str]]] = {
    "default": _name_and_shape,
    "name": _name,
    "class": _class,
    "shape": output_text,
    "name_and_shape": _name_and_shape,
    "parameters": _parameters,
    "activation": _activation,
}
