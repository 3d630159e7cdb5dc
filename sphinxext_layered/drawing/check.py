"""Names and indices in options that match no layer: most often a typo, which a host reports."""

from __future__ import annotations

from collections.abc import Iterable

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.values import did_you_mean


def unknown_names(description: ModelDescription, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names that no layer of the model is known as, each with a sentence that offers the nearest."""
    known = {name for layer in description.layers for name in layer.known_as()}
    offered = {name for layer in description.layers for name in (layer.name, layer.class_name)}
    return [(name, did_you_mean(name, offered)) for name in dict.fromkeys(names) if name not in known]


def out_of_range(description: ModelDescription, indices: Iterable[int]) -> list[int]:
    """Return the indices that no layer of the model has."""
    known = {layer.index for layer in description.layers}
    return sorted(set(indices) - known)
