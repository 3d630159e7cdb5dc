"""Small models of every kind of connection, and Keras's own graph of them, read without this package.

`main` prints which descriptions have another graph than Keras, and all descriptions.
"""

from __future__ import annotations

import json
import operator
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from sphinxext_layered.description import ARGUMENT, ModelDescription
from sphinxext_layered.reading import build_and_describe, describe

Build = Callable[[], Any]
Graph = tuple[Counter[int], list[tuple[int, int]], list[tuple[int, int]]]


def graph_of_keras(model: Any, *, named: bool = True) -> Graph:
    """Every node with all that leads to it, and the model's ends, from Keras's nodes."""
    functional = getattr(model, "_functional", None) or model
    listed = [id(layer) for layer in model.layers]
    known: dict[int, int] = {}

    def sign(node: Any) -> int:
        if id(node) not in known:
            thing = node.operation
            kind = "input" if isinstance(thing, layers.InputLayer) else type(thing).__name__
            name = thing.name if id(thing) in listed or kind != "input" else "inputs"
            shapes = [tuple(tensor.shape) for tensor in node.outputs]
            came = [ends(tensor) for tensor in node.input_tensors]
            known[id(node)] = signature(kind, name if named else "", shapes, came)
        return known[id(node)]

    def ends(tensor: Any) -> tuple[int, int]:
        thing, number, output = tensor._keras_history
        return sign(thing._inbound_nodes[number]), output

    nodes = [
        node
        for thing in functional.operations
        for number, node in enumerate(thing._inbound_nodes)
        if f"{id(thing)}_ib-{number}" in functional._nodes
    ]
    return Counter(map(sign, nodes)), [*map(ends, functional.inputs)], [*map(ends, functional.outputs)]


def graph_of_description(description: ModelDescription, *, named: bool = True) -> Graph:
    """The same from a description."""
    signed: list[int] = []
    for call in description.calls:
        layer = None if call.layer is None else description.layers[call.layer]
        kind = call.class_name if layer is None else layer.class_name
        kind = "input" if kind in (ARGUMENT, "InputLayer") else kind
        assert call.inputs is not None
        came = [(signed[source.call], source.output) for source in call.inputs]
        signed.append(signature(kind, call.name if named else "", list(call.output_shapes), came))
    ends = [
        [(signed[end.source.call], end.source.output) for end in each]
        for each in (description.inputs, description.outputs)
    ]
    return Counter(signed), ends[0], ends[1]


def signature(kind: str, name: str, shapes: list[Any], came: list[tuple[int, int]]) -> int:
    """A number that nodes share when they, and all that leads to them, are alike."""
    return hash((kind, name, tuple(shapes), tuple(came)))


def of(call: Callable[..., Any], *shapes: Any, **given: Any) -> Build:
    """A model of what a function does to its inputs."""

    def build() -> Any:
        inputs = [keras.Input(shape, name=f"input_{place}", **given) for place, shape in enumerate(shapes)]
        return keras.Model(inputs, call(*inputs))

    return build


BINARY = ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lt", "le", "gt", "ge", "ne"]
LOGICAL = ["and_", "or_", "xor"]
OPERATORS: dict[str, Build] = {
    **{name: of(getattr(operator, name), (4,), (4,)) for name in BINARY},
    **{f"{name} of a number": of(lambda x, name=name: getattr(operator, name)(2.0, x), (4,)) for name in BINARY},
    **{f"{name} a number": of(lambda x, name=name: getattr(operator, name)(x, 2.0), (4,)) for name in BINARY},
    **{name: of(getattr(operator, name), (4,), (4,), dtype="bool") for name in LOGICAL},
    **{
        f"{name} of a constant": of(lambda x, name=name: getattr(operator, name)(True, x), (4,), dtype="bool")
        for name in LOGICAL
    },
    "matmul": of(operator.matmul, (3, 4), (4, 5)),
    "matmul of a constant": of(lambda x: x.__rmatmul__(np.ones((2, 3), "float32")), (3, 4)),
    "neg": of(operator.neg, (4,)),
    "abs": of(abs, (4,)),
    "invert": of(operator.invert, (4,), dtype="bool"),
    "round": of(round, (4,)),
    "getitem": of(lambda x: x[:, 1:, ..., 0], (4, 3)),
}
FUNCTIONS: dict[str, Build] = {
    "relu": of(ops.relu, (4,)),
    "softmax": of(ops.softmax, (4,)),
    "concatenate": of(lambda x, y: ops.concatenate([x, y, x], axis=-1), (4,), (3,)),
    "stack": of(lambda x, y: ops.stack([x, y], axis=1), (4,), (4,)),
    "reshape": of(lambda x: ops.reshape(x, (-1, 2, 2)), (4,)),
    "transpose": of(lambda x: ops.transpose(x, (0, 2, 1)), (4, 3)),
    "split": of(lambda x: ops.split(x, 2, axis=-1)[1], (4,)),
    "unstack": of(lambda x: ops.add(*ops.unstack(x, axis=1)), (2, 3)),
    "mean": of(lambda x: ops.mean(x, axis=1), (4, 3)),
    "max": of(lambda x: ops.max(x, axis=1, keepdims=True), (4, 3)),
    "where": of(lambda x, y: ops.where(x > 0, x, y), (4,), (4,)),
    "einsum": of(lambda x, y: ops.einsum("bij,bjk->bik", x, y), (3, 4), (4, 5)),
    "expand_dims": of(lambda x: ops.expand_dims(x, 1), (4,)),
    "squeeze": of(lambda x: ops.squeeze(x, 1), (1, 4)),
    "tile": of(lambda x: ops.tile(x, (1, 2)), (4,)),
    "pad": of(lambda x: ops.pad(x, ((0, 0), (1, 1))), (4,)),
    "cast": of(lambda x: ops.cast(x, "int32"), (4,)),
    "top_k": of(lambda x: ops.top_k(x, 2)[1], (4,)),
    "conv": of(lambda x: ops.conv(x, ops.ones((3, 3, 3, 4))), (8, 8, 3)),
    "image.resize": of(lambda x: ops.image.resize(x, (4, 4)), (8, 8, 3)),
    "norm": of(lambda x: x / (1e-6 + ops.norm(x, axis=-1, keepdims=True)), (4,)),
    "one_hot": of(lambda x: ops.one_hot(x, 5), (4,), dtype="int32"),
}


def shared() -> Any:
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    tower = keras.Sequential([keras.Input((8,)), layers.Dense(4)], name="tower")
    return keras.Model([left, right], layers.Dense(1)(abs(tower(left) - tower(right))))


def recurrent() -> Any:
    words, seed = keras.Input((None, 4), name="words"), keras.Input((None, 3), name="seed")
    out, hidden, cell = layers.LSTM(5, return_sequences=True, return_state=True)(words)
    again = layers.LSTM(5, return_sequences=True)(seed, initial_state=[hidden, cell])
    both = layers.Bidirectional(layers.GRU(3))(again)
    return keras.Model([words, seed], [both, out, cell])


def attention() -> Any:
    query, value, mask = keras.Input((6, 8), name="q"), keras.Input((5, 8), name="v"), keras.Input((6, 5), name="m")
    scores = layers.MultiHeadAttention(2, 4)
    seen = scores(query=query, value=value, key=value + 1.0, attention_mask=mask > 0)
    return keras.Model([query, value, mask], layers.Attention()([seen, value]))


def masked() -> Any:
    words = keras.Input((6,), dtype="int32", name="words")
    return keras.Model(words, layers.LSTM(3)(layers.Embedding(20, 4, mask_zero=True)(words)))


class Parted(layers.Layer):
    """Takes and gives a dict and a list."""

    def call(self, given: Any, scale: Any = None) -> Any:
        total = given["b"] + given["a"][0]
        return {"sum": total if scale is None else total * scale, "parts": [given["a"][1], given["b"]]}


def structures() -> Any:
    one, two, three = (keras.Input((4,), name=name) for name in "xyz")
    parts = Parted()({"b": one, "a": [two, three]}, scale=one)
    return keras.Model({"x": one, "y": two, "z": three}, {"out": parts["sum"], "also": parts["parts"]})


def cut() -> Any:
    base = residual()
    return keras.Model(base.input, base.get_layer("second").output)


def cut_below() -> Any:
    base = residual()
    return keras.Model([base.get_layer("first").output, base.input], base.output)


def residual() -> Any:
    image = keras.Input((8, 8, 4), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="first")(image)
    x = x + layers.Conv2D(4, 3, padding="same", name="second")(x)
    x = layers.Add()([x, image, x])
    return keras.Model(image, [layers.GlobalAveragePooling2D()(x), x])


def idle_input() -> Any:
    used, idle = keras.Input((4,), name="used"), keras.Input((3,), name="idle")
    return keras.Model([idle, used], layers.Dense(2)(used))


def nested() -> Any:
    image = keras.Input((8, 8, 4), name="image")
    inner = residual()
    pooled, map_ = inner(image)
    return keras.Model(image, [layers.Dense(3)(pooled), inner(map_)[0]])


def constants() -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(x, layers.Concatenate()([x + ops.ones((4,)), x * 2.0 - 1.0]))


def sequential() -> Any:
    return keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(2)])


def input_as_output() -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(x, [x, x + x])


def mixed() -> Any:
    x = keras.Input((4,), name="x")
    return keras.Model(x, layers.Dense(2, dtype="mixed_float16")(x) + layers.Dense(2, dtype="bfloat16")(x))


KINDS: dict[str, Build] = {
    build.__name__: build
    for build in (
        shared,
        recurrent,
        attention,
        masked,
        structures,
        cut,
        cut_below,
        residual,
        idle_input,
        nested,
        constants,
        sequential,
        input_as_output,
        mixed,
    )
}
MODELS: dict[str, Build] = {**OPERATORS, **FUNCTIONS, **KINDS}


class Called(keras.Model):
    """The subclassed twin of a function of layers: it makes these once."""

    def __init__(self, make: Callable[[], Callable[..., Any]]) -> None:
        super().__init__()
        self.run = make()
        for place, cell in enumerate(getattr(self.run, "__closure__", None) or ()):
            if isinstance(cell.cell_contents, layers.Layer | list):
                setattr(self, f"part_{place}", cell.cell_contents)

    def call(self, *inputs: Any) -> Any:
        return self.run(*inputs)


def two_layers() -> Callable[..., Any]:
    one, two = layers.Dense(3), layers.Dense(3)
    return lambda x: two(one(x))


def skip() -> Callable[..., Any]:
    one, two = layers.Dense(4), layers.Dense(4)
    return lambda x: layers.add([x, two(one(x))]) + x


def siamese() -> Callable[..., Any]:
    tower, head = layers.Dense(3), layers.Dense(1)
    return lambda x, y: head(abs(tower(x) - tower(y)))


def merged() -> Callable[..., Any]:
    join, head = layers.Concatenate(), layers.Dense(2)
    return lambda x, y: head(join([x, y, x * y]))


def sliced() -> Callable[..., Any]:
    one, two = layers.Dense(3), layers.Dense(3)
    return lambda x: one(x[:, :2]) @ ops.transpose(two(x[:, 2:]), (0, 2, 1))


def several_outputs() -> Callable[..., Any]:
    trunk, one, two = layers.Dense(3), layers.Dense(1), layers.Dense(2)

    def call(x: Any) -> Any:
        x = ops.relu(trunk(x))
        return {"value": one(x), "policy": ops.softmax(two(x))}

    return call


def states() -> Callable[..., Any]:
    encoder, decoder = layers.LSTM(4, return_state=True), layers.LSTM(4)

    def call(x: Any, y: Any) -> Any:
        _, *state = encoder(x)
        return decoder(y, initial_state=state)

    return call


def transformer() -> Callable[..., Any]:
    heads, norm, wide, narrow = (
        layers.MultiHeadAttention(2, 4),
        layers.LayerNormalization(),
        layers.Dense(16, activation="relu"),
        layers.Dense(8),
    )

    def call(x: Any) -> Any:
        x = norm(x + heads(query=x, value=x))
        return x + narrow(wide(x))

    return call


def unet() -> Callable[..., Any]:
    down, pool, deep, up = (
        layers.Conv2D(4, 3, padding="same"),
        layers.MaxPooling2D(),
        layers.Conv2D(8, 3, padding="same"),
        layers.UpSampling2D(),
    )

    def call(x: Any) -> Any:
        kept = down(x)
        return ops.concatenate([up(deep(pool(kept))), kept], axis=-1)

    return call


def gated() -> Callable[..., Any]:
    gate, value = layers.Dense(4, activation="sigmoid"), layers.Dense(4)
    return lambda x: ops.where(x > 0, gate(x) * value(x), -x)


TWINS: dict[str, tuple[Callable[[], Callable[..., Any]], tuple[tuple[int | None, ...], ...]]] = {
    "two_layers": (two_layers, ((4,),)),
    "skip": (skip, ((4,),)),
    "siamese": (siamese, ((4,), (4,))),
    "merged": (merged, ((4,), (4,))),
    "sliced": (sliced, ((4, 3),)),
    "several_outputs": (several_outputs, ((4,),)),
    "states": (states, ((None, 3), (None, 2))),
    "transformer": (transformer, ((None, 8),)),
    "unet": (unet, ((16, None, 3),)),
    "gated": (gated, ((4,),)),
}


class Compared(NamedTuple):
    """Keras's graph of a model, the description's, the description, and whether it is the same without weights."""

    of_keras: Graph
    of_description: Graph
    text: str
    same_without_weights: bool


def compared(name: str) -> Compared:
    """Describe one of the models."""
    build = MODELS[name]
    keras.utils.clear_session(free_memory=False)
    model = build()
    description = describe(model)
    same = build_and_describe(build) == description
    return Compared(graph_of_keras(model), graph_of_description(description), description.to_json(), same)


def compared_twin(name: str) -> Compared:
    """Describe a subclassed model; Keras's graph is that of its functional twin."""
    make, shapes = TWINS[name]
    keras.utils.clear_session(free_memory=False)
    graph = graph_of_keras(of(make(), *shapes)(), named=False)
    keras.utils.clear_session(free_memory=False)
    description = describe(Called(make), input_shape=shapes)
    same = build_and_describe(lambda: Called(make), input_shape=shapes) == description
    return Compared(graph, graph_of_description(description, named=False), description.to_json(), same)


def everything() -> dict[str, Compared]:
    """Describe all models and all twins."""
    return {name: compared(name) for name in MODELS} | {f"twin of {name}": compared_twin(name) for name in TWINS}


def wrong(found: dict[str, Compared]) -> list[str]:
    """The models whose description has another graph than Keras, or is another without weights."""
    return [
        name for name, each in found.items() if each.of_keras != each.of_description or not each.same_without_weights
    ]


def main() -> None:
    """Print the backend, the models that are wrong, and all descriptions."""
    found = everything()
    texts = {name: each.text for name, each in found.items()}
    json.dump([keras.backend.backend(), wrong(found), texts], sys.stdout)
