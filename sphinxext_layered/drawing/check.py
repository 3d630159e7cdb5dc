"""Names and indices in options that match no layer: most often a typo, which a host reports."""

from __future__ import annotations

from collections.abc import Iterable

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.values import did_you_mean

from .palette import FROZEN


def complaints(description: ModelDescription, options: LayeredViewOptions) -> list[tuple[str, str]]:
    """Return (option, sentence) for each name or index that the model does not have: most often a typo."""
    names = {
        "type_ignore": options.type_ignore,
        "color_map": [item[0] for item in options.color_map],
        "styles": [item[0] for item in options.styles if item[0] != FROZEN],
    }
    found = [
        (option, f"{name!r} is neither a layer nor a class of layers of this model; {offer}")
        for option, given in names.items()
        for name, offer in unknown_names(description, given)
    ]
    last = max((layer.index for layer in description.layers), default=-1)
    for option in ("index_ignore", "index_2d"):
        if wrong := out_of_range(description, getattr(options, option)):
            shown = ", ".join(map(str, wrong[:5])) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else "")
            accepted = f"its layers have the indices 0 to {last}" if last >= 0 else "it has no layers"
            found.append((option, f"this model has no layer {shown}; {accepted}"))
    return found


def unknown_names(description: ModelDescription, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the names that no layer of the model is known as, each with a sentence that offers the nearest."""
    known = {name for layer in description.layers for name in layer.known_as()}
    offered = {name for layer in description.layers for name in (layer.name, layer.class_name)}
    return [(name, did_you_mean(name, offered)) for name in dict.fromkeys(names) if name not in known]


def out_of_range(description: ModelDescription, indices: Iterable[int]) -> list[int]:
    """Return the indices that no layer of the model has."""
    known = {layer.index for layer in description.layers}
    return sorted(set(indices) - known)
