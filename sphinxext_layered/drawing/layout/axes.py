"""Which way round a layer's axes are: channels_first is drawn as the same network in channels_last."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from sphinxext_layered.description import LayerDescription, ModelDescription

from .sizing import Sizes

_MIX_AXES: Final = frozenset({"Reshape", "Permute", "Flatten", "RepeatVector"})

_LAST_AXIS: Final = frozenset(
    {
        "Dense",
        "EinsumDense",
        "Embedding",
        "RNN",
        "Bidirectional",
        "MultiHeadAttention",
        "GroupedQueryAttention",
        "Attention",
    }
)
"""Layers that have no data_format and take and give channels last."""


def drawn_sizes(description: ModelDescription) -> dict[int, Sizes]:
    """Return the sizes by which each layer is drawn, channels last, by the layer's index.

    Notes
    -----
    Of several outputs the first counts: Keras's layers give what they are used for first and their states
    or scores after it. A layer that has no data_format of its own follows those that feed it, where as
    many axes come out. One whose feeders have none either, such as an input, follows those that it feeds,
    but through others only where these keep all axes. A place along which a size is open, such as a length,
    is drawn as large as in the nearest layer with as many axes that knows it, the one before rather than the
    one after.
    """
    formats = _formats(description)
    sizes = {layer.index: _channels_last(layer, formats.get(layer.index)) for layer in description.layers}
    return _filled(sizes)


def _filled(sizes: dict[int, Sizes]) -> dict[int, Sizes]:
    """Return sizes that are open as the nearest layer has them; channels, and sizes nobody knows, stay open."""
    places = {(len(each), axis) for each in sizes.values() for axis, size in enumerate(each[:-1]) if size is None}
    result = {index: list(each) for index, each in sizes.items()}
    for rank, axis in places:
        alike = [index for index, each in sizes.items() if len(each) == rank]
        known = [at for at, index in enumerate(alike) if sizes[index][axis] is not None]
        for at, index in enumerate(alike):
            if known and sizes[index][axis] is None:
                after = bisect_left(known, at)
                near = min(known[max(after - 1, 0) : after + 1], key=lambda other: abs(other - at))
                result[index][axis] = sizes[alike[near]][axis]
    return {index: tuple(each) for index, each in result.items()}


def _channels_last(layer: LayerDescription, data_format: str | None) -> Sizes:
    sizes = layer.output_shapes[0][1:] if layer.output_shapes else ()
    if data_format == "channels_first" and len(sizes) > 1:
        return (*sizes[1:], sizes[0])
    return sizes


def _formats(description: ModelDescription) -> dict[int, str]:
    """Find the data_format of what each layer gives, by the layer's index, where it can be told."""
    layers = description.layers
    formats = {layer.index: layer.data_format for layer in layers if layer.data_format}
    if "channels_first" not in formats.values():
        return formats
    formats |= {layer.index: "channels_last" for layer in layers if not _LAST_AXIS.isdisjoint(_classes(layer))}
    feeders = description.feeders()
    called = dict.fromkeys(call.layer for call in description.calls if call.layer is not None)
    edges = [(layers[feeder], layers[place]) for place in called for feeder in feeders[place]]
    _spread_on(formats, edges)
    _spread_back(formats, edges)
    _spread_on(formats, edges)
    return formats


_Edges = list[tuple[LayerDescription, LayerDescription]]
"""Which layer feeds which, in the order of calls."""


def _spread_on(formats: dict[int, str], edges: _Edges) -> None:
    """Let layers follow the first that feeds them whose format is known, where as many axes come out."""
    for feeder, layer in edges:
        if feeder.index in formats and _rank(feeder) == _rank(layer) and layer.class_name not in _MIX_AXES:
            formats.setdefault(layer.index, formats[feeder.index])


def _spread_back(formats: dict[int, str], edges: _Edges) -> None:
    """Let layers that nothing known feeds follow those that they feed, where these take what they give.

    A layer with a format takes its input in that format. One that merely follows its own consumers does so only as far
    as it keeps the axes of its input.
    """
    known = set(formats)
    for feeder, layer in reversed(edges):
        if layer.index not in formats or layer.class_name in _MIX_AXES:
            continue
        if layer.index in known or _keeps_axes(feeder, layer):
            formats.setdefault(feeder.index, formats[layer.index])


def _classes(layer: LayerDescription) -> list[str]:
    return [layer.class_name, *(base.rpartition(".")[2] for base in layer.bases)]


def _keeps_axes(feeder: LayerDescription, layer: LayerDescription) -> bool:
    joins = layer.class_name == "Concatenate" and _rank(feeder) == _rank(layer)
    return joins or feeder.output_shapes[:1] == layer.output_shapes[:1]


def _rank(layer: LayerDescription) -> int:
    return len(layer.output_shapes[0]) if layer.output_shapes else 0
