"""What a picture says in words: for screen readers, for builders without pictures, for tooltips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sphinxext_layered.description import LayerDescription, ModelDescription, Shape

TIMES = "\u00d7"
_FEW = 8


def shape_text(shape: Shape) -> str:
    """Return a shape without its batch, such as ``224 x 224 x 3`` with a multiplication sign; ``?`` where open."""
    return f" {TIMES} ".join("?" if size is None else str(size) for size in shape[1:]) or "scalar"


def output_text(layer: LayerDescription) -> str:
    """Return the shape of a layer's first output, and how many others it has."""
    if not layer.output_shapes:
        return "?"
    others = len(layer.output_shapes) - 1
    return shape_text(layer.output_shapes[0]) + (f" (+{others})" if others else "")


def has_open_sizes(description: ModelDescription) -> bool:
    """Return whether the output of some layer has a size that the model leaves open, apart from the batch size."""
    return any(None in shape[1:] for layer in description.layers for shape in layer.output_shapes)


def layer_title(layer: LayerDescription) -> str:
    """Return a tooltip: name, class, output shape, parameters, activation."""
    facts = [f"{layer.name} ({layer.class_name})", output_text(layer)]
    if layer.parameters is not None:
        facts.append(_count(layer.parameters, "parameter"))
    if layer.activation and layer.activation != "linear":
        facts.append(layer.activation)
    if layer.nested is not None:
        facts.append(_count(len(layer.nested.layers), "layer"))
    return ", ".join(facts)


def alt_text(description: ModelDescription) -> str:
    """Describe a model in one to three sentences.

    Its name, how many layers, from which input to which output, what sets it apart from a chain, and the
    classes of the layers: in order where they are few, by kind and number where they are many.
    """
    layers = [layer for layer in description.layers if layer.spacing is None]
    traits = _traits(description)
    told = f", with {_joined(traits)}" if traits else ""
    sentences = [
        f"{description.name}: {_count(len(layers), 'layer')}{_from_to(description, layers)}{told}.",
        *([_classes(layers)] if layers else []),
        *(["Not every connection is known."] if description.incomplete else []),
    ]
    return " ".join(sentences)


def _traits(description: ModelDescription) -> list[str]:
    """Return what a chain of layers does not have.

    Notes
    -----
    A skip connection leads from one call to another that is also reached by a longer way. Branches are as
    many as come together at one place; skip connections and bare inputs are none.
    """
    skips, branches = _skips_and_branches(description)
    times = Counter(call.layer for call in description.calls if call.layer is not None)
    shared = sum(number > 1 for number in times.values())
    inputs = len(description.inputs)
    return [
        *([_count(inputs, "input")] if inputs > 1 else []),
        *([_count(skips, "skip connection")] if skips else []),
        *([_count(branches, "branch", "branches")] if branches > 1 else []),
        *(["a shared layer" if shared == 1 else _count(shared, "shared layer")] if shared else []),
    ]


def _skips_and_branches(description: ModelDescription) -> tuple[int, int]:
    """Count the skip connections, and the most branches that come together at one call."""
    through: list[int] = []  # the call itself; of an operation of one tensor, the call behind it
    above: list[int] = []  # the calls that lead to it, as bits
    skips = branches = 0
    for place, call in enumerate(description.calls):
        sources = list(dict.fromkeys(through[source.call] for source in call.inputs or ()))
        long = [source for source in sources if not any(above[other] >> source & 1 for other in sources)]
        skips += len(sources) - len(long)
        branches = max(branches, sum(bool(above[source]) for source in long))
        through.append(sources[0] if call.layer is None and len(sources) == 1 else place)
        bits = 0
        for source in sources:
            bits |= above[source] | 1 << source
        above.append(bits)
    return skips, branches


def _from_to(description: ModelDescription, layers: list[LayerDescription]) -> str:
    inputs = description.input_shapes or (layers[0].output_shapes if layers else ())
    outputs = description.output_shapes or (layers[-1].output_shapes if layers else ())
    came = f" from {_joined(map(_spoken, inputs))}" if inputs else ""
    goes = f" to {_joined(map(_spoken, outputs))}" if outputs else ""
    return came + goes


def _spoken(shape: Shape) -> str:
    """Return a shape as words have it: a question mark alone says nothing."""
    if len(shape) == 2 and shape[1] is None:
        return "any length"
    return "any size" if len(shape) > 2 and not any(shape[1:]) else shape_text(shape)


def _classes(layers: list[LayerDescription]) -> str:
    if len(layers) <= _FEW:
        return ", ".join(layer.class_name for layer in layers) + "."
    kinds = Counter(layer.class_name for layer in layers).most_common()
    named = [f"{number} {name}" for name, number in kinds[:_FEW]]
    rest = sum(number for _, number in kinds[_FEW:])
    return _joined([*named, *([f"{rest} other"] if rest else [])]) + "."


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def _joined(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
