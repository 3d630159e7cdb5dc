"""What is inside layers: nested models, composite layers, and what is inside these."""

import json

import keras
import pytest
from connections import ends, sources
from keras import layers, ops

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.reading import build_and_describe, describe


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session(free_memory=False)


class Block(layers.Layer):
    """Holds layers that Keras names, and adds; its shapes are told without its call."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.wide, self.narrow = layers.Dense(16, activation="relu"), layers.Dense(8)
        self.norm = layers.LayerNormalization(name="norm")

    def compute_output_shape(self, input_shape):
        return input_shape

    def call(self, x, scale=None, training=None):
        inner = self.narrow(self.wide(x))
        return self.norm(x + (inner if scale is None else inner * scale))


class Stage(layers.Layer):
    """Holds composite layers."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.blocks = [Block(), Block()]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x


def of(layer, *shapes):
    """The model that calls a layer, and the layer's description."""
    inputs = [keras.Input(shape) for shape in shapes]
    description = describe(keras.Model(inputs, layer(*inputs)))
    return next(each for each in description.layers if each.class_name == type(layer).__name__)


def test_composite_layer_shows_what_it_calls():
    inside = of(Block(), (None, 8)).nested
    assert (inside.name, inside.class_name, inside.incomplete) == ("Block", "Block", None)
    assert sources(inside) == {"x": [], "dense": ["x"], "dense_1": ["dense"], "add": ["x", "dense_1"], "norm": ["add"]}
    assert ends(inside) == (["x"], ["norm"])
    assert [layer.output_shapes for layer in inside.layers] == [
        ((None, None, 16),),
        ((None, None, 8),),
        ((None, None, 8),),
    ]


def test_ends_of_an_inside_are_those_of_the_call_around_it():
    x, y = keras.Input((4, 8), name="x"), keras.Input((4, 8), name="y")
    model = keras.Model([x, y], layers.Concatenate()([Block(name="block")(y, scale=x), x]))
    description = describe(model)
    assert sources(description)["block"] == ["y", "x"]
    (block,) = (layer for layer in description.layers if layer.nested)
    assert ends(block.nested) == (["x", "scale"], ["norm"])
    assert sources(block.nested)["multiply"] == ["dense_1", "scale"]


def test_equal_blocks_share_one_inside_in_the_file():
    x = keras.Input((4, 8))
    description = describe(keras.Model(x, Block()(Block()(Block()(x)))))
    first, *others = (layer.nested for layer in description.layers[1:])
    assert [inside == first for inside in others] == [True, True]
    document = json.loads(description.to_json())
    assert list(document["insides"]) == ["Block"]
    assert ModelDescription.from_json(description.to_json()) == description


def test_blocks_that_are_made_alike_are_followed_once_and_others_each():
    followed = []

    class Counting(Block):
        def __init__(self, skip=True, **kwargs):
            super().__init__(**kwargs)
            self.skip = skip

        def call(self, x):
            if type(x).__name__ == "KerasTensor":
                followed.append(self.name)
            return super().call(x) if self.skip else self.narrow(self.wide(x))

    x = keras.Input((4, 8))
    y = Counting(name="a")(Counting(name="b")(Counting(name="c", skip=False)(x)))
    description = describe(keras.Model(x, y))
    assert followed == ["c", "b"]
    assert [len(layer.nested.calls) for layer in description.layers[1:]] == [3, 5, 5]


def test_insides_go_to_any_depth():
    stage = of(Stage(), (4, 8)).nested
    assert sources(stage) == {"x": [], "block": ["x"], "block_1": ["block"]}
    assert [layer.nested.class_name for layer in stage.layers] == ["Block", "Block"]
    assert stage.layers[0].nested == stage.layers[1].nested


def test_attention_of_keras_is_composite_and_its_other_layers_are_not():
    x = keras.Input((6, 8))
    heads = layers.MultiHeadAttention(2, 4, name="heads")
    y = layers.Bidirectional(layers.LSTM(3), name="both")(heads(query=x, value=x, key=x))
    y = layers.Dense(2, activation=layers.LeakyReLU(), name="head")(y)
    model = keras.Model(x, layers.TimeDistributed(layers.Dense(2), name="each")(layers.Reshape((2, 1))(y)))
    found = {layer.name: layer for layer in describe(model).layers}
    assert [name for name, layer in found.items() if layer.nested] == ["heads"]
    assert ends(found["heads"].nested) == (["key", "query", "value"], ["attention_output"])
    assert (found["both"].fact("wrapped"), found["each"].fact("wrapped")) == ("LSTM", "Dense")


def test_call_that_computes_with_sizes_shows_open_ones_as_open():
    class Causal(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3, name="dense")

        def compute_output_shape(self, shape):
            return (*shape[:-1], 3)

        def call(self, x):
            return self.dense(x) * ops.reshape(ops.arange(x.shape[1], dtype="float32"), (x.shape[1], 1))

    inside = of(Causal(), (None, 8)).nested
    assert sources(inside) == {"x": [], "dense": ["x"], "multiply": ["dense"]}
    assert [call.output_shapes for call in inside.calls] == [
        ((None, None, 8),),
        ((None, None, 3),),
        ((None, None, 3),),
    ]


def test_inner_layers_may_return_none_and_tell_no_shapes_for_what_they_are_given():
    class Cached(layers.Dense):
        def compute_output_spec(self, x):
            return keras.KerasTensor((*x.shape[:-1], self.units))

        def call(self, x, cache=None):
            return super().call(x), cache

    class Holding(layers.Layer):
        def __init__(self):
            super().__init__()
            self.cached, self.head = Cached(3, name="cached"), layers.Dense(2, name="head")

        def compute_output_shape(self, shape):
            return (*shape[:-1], 2)

        def call(self, x):
            x, _ = self.cached(x, cache=None)
            return self.head(x)

    assert sources(of(Holding(), (8,)).nested) == {"x": [], "cached": ["x"], "head": ["cached"]}


def test_layer_that_cannot_be_followed_has_no_inside_and_costs_no_other():
    class Failing(layers.Layer):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3)

        def compute_output_shape(self, shape):
            return shape

        def call(self, x):
            raise RuntimeError("not today")

    layer = of(Failing(), (3,))
    assert (layer.nested, layer.output_shapes) == (None, ((None, 3),))


def test_structures_and_nested_models_inside():
    class Pair(layers.Layer):
        def __init__(self):
            super().__init__()
            image = keras.Input((4,), name="image")
            self.tower = keras.Model(image, layers.Dense(3, name="deep")(image), name="tower")

        def call(self, given):
            left, right = self.tower(given["left"]), self.tower(given["right"])
            return {"sum": left + right, "both": [left, right]}

    one, two = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    outputs = Pair()({"right": two, "left": one})
    description = describe(keras.Model([one, two], outputs))
    inside = description.layers[2].nested
    assert sources(inside) == {
        "left": [],
        "right": [],
        "tower": ["left"],
        "tower#2": ["right"],
        "add": ["tower", "tower#2"],
    }
    assert ends(inside) == (["left", "right"], ["tower", "tower#2", "add"])
    assert [end.name for end in inside.outputs] == ["both.0", "both.1", "sum"]
    assert [layer.name for layer in inside.layers[0].nested.layers] == ["image", "deep"]


def test_insides_are_the_same_without_weights_and_leave_no_trace():
    def build():
        x = keras.Input((4, 8))
        return keras.Model(x, Stage()(x))

    without = build_and_describe(build)
    keras.utils.clear_session(free_memory=False)
    model = build()
    calls = keras.layers.Layer.__call__, keras.layers.Layer.symbolic_call
    block = model.layers[1].blocks[0]
    held, nodes = set(vars(block)), len(block.wide._inbound_nodes)
    assert describe(model) == without
    assert (keras.layers.Layer.__call__, keras.layers.Layer.symbolic_call) == calls
    assert (set(vars(block)), len(block.wide._inbound_nodes)) == (held, nodes)


@pytest.mark.parametrize("prepare", [lambda block: None, lambda block: block(keras.Input((4, 8)))])
def test_layer_that_holds_layers_is_described_as_a_model_is(prepare):
    block = Block(name="block")
    prepare(block)
    shape = None if block._inbound_nodes else (4, 8)
    description = describe(block, input_shape=shape)
    assert sources(description)["add"] == ["x", "dense_1"]
    assert [(layer.name, layer.index) for layer in description.layers] == [("dense", 0), ("dense_1", 1), ("norm", 2)]
    assert (description.name, description.class_name) == ("block", "Block")
    assert build_and_describe(lambda: Block(name="block"), input_shape=(4, 8)) == description
