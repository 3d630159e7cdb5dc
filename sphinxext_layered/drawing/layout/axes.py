"""Which way round a layer's axes are: channels_first is drawn as the same network in channels_last."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from sphinxext_layered.description import LayerDescription, ModelDescription

from .sizing import Sizes

_MIX_AXES: Final = frozenset({"Reshape", "Permute", "Flatten", "RepeatVector"})


def drawn_sizes(description: ModelDescription) -> dict[int, Sizes]:
    """Give the sizes by which each layer is drawn, channels last, by the layer's index.

    Notes
    -----
    Of several outputs the first counts: Keras's layers give what they are used for first and their states
    or scores after it. A layer that has no data_format of its own follows those that feed it; an input
    follows those that it feeds. A place along which a size is open, such as a length, is drawn as large as
    in the nearest layer with as many axes that knows it, the one before rather than the one after.
    """
    formats = _formats(description)
    sizes = {layer.index: _channels_last(layer, formats.get(layer.index)) for layer in description.layers}
    return _filled(sizes)


def _filled(sizes: dict[int, Sizes]) -> dict[int, Sizes]:
    """Give sizes that are open as the nearest layer has them; channels, and sizes nobody knows, stay open."""
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
    layers = description.layers
    formats = {layer.index: layer.data_format for layer in layers if layer.data_format}
    if "channels_first" not in formats.values():
        return formats
    feeders = {
        layers[place].index: tuple(layers[each].index for each in before)
        for place, before in description.feeders().items()
    }
    by_index = {layer.index: layer for layer in layers}
    for layer in layers:
        if layer.index not in formats and layer.class_name not in _MIX_AXES:
            _adopt(formats, layer, feeders[layer.index], by_index)
    for layer in reversed(layers):
        if layer.class_name not in _MIX_AXES:
            for feeder in feeders[layer.index]:
                if feeder in by_index and feeder not in formats and by_index[feeder].class_name not in _MIX_AXES:
                    _adopt(formats, by_index[feeder], (layer.index,), by_index)
    return formats


def _adopt(
    formats: dict[int, str],
    layer: LayerDescription,
    neighbours: tuple[int, ...],
    by_index: Mapping[int, LayerDescription],
) -> None:
    """Give `layer` the format of a neighbour whose tensors have as many axes."""
    for index in neighbours:
        if index in formats and _rank(by_index[index], layer):
            formats[layer.index] = formats[index]
            return


def _rank(one: LayerDescription, other: LayerDescription) -> bool:
    ranks = [{len(shape) for shape in each.output_shapes} for each in (one, other)]
    return bool(ranks[0] & ranks[1])
