import keras
import pytest
import tensorflow as tf
from connections import ends, sources
from keras import layers, ops

from sphinxext_layered.errors import ModelError
from sphinxext_layered.reading import build_and_describe, describe, tracing


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session(free_memory=False)


def rows(description):
    return [(layer.name, layer.output_shapes) for layer in description.layers]


class Block(keras.Model):
    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.norm = layers.BatchNormalization(name="norm")
        self.conv = layers.Conv2D(filters, 3, padding="same", name="conv")

    def call(self, x):
        return self.norm(self.conv(x))


class Residual(keras.Model):
    """Attributes in another order than the calls, a layer never called, one called twice, a dict as output."""

    def __init__(self):
        super().__init__()
        self.head = layers.Dense(2, name="head")
        self.unused = layers.Dense(7, name="unused")
        self.blocks = [Block(4, name="one"), Block(4, name="two")]
        self.drop = layers.Dropout(0.5, name="drop")
        self.pool = layers.GlobalAveragePooling2D(name="pool")

    def call(self, x, training=False):
        for block in self.blocks:
            x = self.drop(block(x) + x[..., :1])
        return {"vector": self.head(self.pool(x)), "map": x}


RESIDUAL = [
    ("one", ((None, 8, 8, 4),)),
    ("drop", ((None, 8, 8, 4),)),
    ("two", ((None, 8, 8, 4),)),
    ("pool", ((None, 4),)),
    ("head", ((None, 2),)),
]


def test_layers_come_in_the_order_of_their_calls_with_true_shapes():
    description = describe(Residual(), input_shape=(8, 8, 3))
    assert rows(description) == RESIDUAL
    assert description.input_shapes == ((None, 8, 8, 3),)
    assert description.output_shapes == ((None, 8, 8, 4), (None, 2))


def test_index_is_still_the_place_in_model_layers():
    model = Residual()
    description = describe(model, input_shape=(8, 8, 3))
    assert [model.layers[layer.index].name for layer in description.layers] == [name for name, _ in RESIDUAL]


def test_layer_that_the_model_does_not_list_is_counted_after_the_others():
    class Reaching(keras.Model):
        def __init__(self):
            super().__init__()
            self.block = Block(4)
            self.flat = layers.Flatten(name="flat")

        def call(self, x):
            return self.flat(self.block.conv(x))

    assert [(layer.name, layer.index) for layer in describe(Reaching(), input_shape=(8, 8, 3)).layers] == [
        ("conv", 2),
        ("flat", 1),
    ]


def test_operations_are_traced_as_layers_are():
    description = describe(Residual(), input_shape=(8, 8, 3))
    assert sources(description) == {
        "x": [],
        "one": ["x"],
        "get_item": ["x"],
        "add": ["one", "get_item"],
        "drop": ["add"],
        "two": ["drop"],
        "get_item_1": ["drop"],
        "add_1": ["two", "get_item_1"],
        "drop#2": ["add_1"],
        "pool": ["drop#2"],
        "head": ["pool"],
    }
    assert ends(description) == (["x"], ["drop#2", "head"])
    assert [end.name for end in description.outputs] == ["map", "vector"]
    assert description.incomplete is None


def test_nested_subclassed_model_shows_its_own_calls():
    first = describe(Residual(), input_shape=(8, 8, 3)).layers[0]
    assert rows(first.nested) == [("conv", ((None, 8, 8, 4),)), ("norm", ((None, 8, 8, 4),))]


def test_open_sizes_stay_open():
    description = describe(Residual(), input_shape=(None, 8, 3))
    assert description.layers[0].output_shapes == ((None, None, 8, 4),)


@pytest.mark.parametrize(
    "prepare",
    [
        lambda model: model(ops.zeros((5, 8, 8, 3))),
        lambda model: model.build((None, 8, 8, 3)),
        lambda model: model(keras.Input((8, 8, 3))),
    ],
    ids=["called", "built", "called symbolically"],
)
def test_model_that_was_called_or_built_needs_no_input_shape(prepare):
    model = Residual()
    prepare(model)
    assert rows(describe(model)) == RESIDUAL


def test_unbuilt_model_is_an_error_that_says_what_to_do():
    with pytest.raises(ModelError, match=r"'residual' \(Residual\) is not built.*build\(\).*input_shape"):
        describe(Residual())


class TwoInputs(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, name="dense")
        self.embed = layers.Embedding(10, 4, name="embed")
        self.join = layers.Concatenate(name="join")

    def call(self, numbers, words):
        return self.join([self.dense(numbers), self.embed(words)[:, 0]])


def test_several_inputs_as_arguments():
    description = describe(TwoInputs(), input_shape=((5,), (6,)))
    assert description.input_shapes == ((None, 5), (None, 6))
    assert rows(description)[1:] == [("embed", ((None, 6, 4),)), ("join", ((None, 7),))]
    assert sources(description) == {
        "numbers": [],
        "words": [],
        "dense": ["numbers"],
        "embed": ["words"],
        "get_item": ["embed"],
        "join": ["dense", "get_item"],
    }


def test_several_inputs_as_a_list():
    class Listing(TwoInputs):
        def call(self, inputs):
            return super().call(*inputs)

    assert describe(Listing(), input_shape=((5,), (6,))).output_shapes == ((None, 7),)


def test_dict_of_inputs_of_a_model_that_was_called():
    class Mapping(TwoInputs):
        def call(self, inputs):
            return super().call(inputs["numbers"], inputs["words"])

    model = Mapping()
    model({"words": ops.zeros((2, 6), "int32"), "numbers": ops.zeros((2, 5))})
    assert describe(model).output_shapes == ((None, 7),)


def test_subclassed_model_inside_a_functional_one():
    numbers, words = keras.Input((5,)), keras.Input((6,), dtype="int32")
    model = keras.Model([numbers, words], TwoInputs()(numbers, words))
    assert [layer.name for layer in describe(model).layers[2].nested.layers] == ["dense", "embed", "join"]


def test_call_that_needs_values_is_traced_with_zeros():
    class Branching(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = layers.Dense(3, name="first")
            self.second = layers.Dense(2, name="second")

        def call(self, x):
            x = self.first(x)
            return self.second(x) if ops.convert_to_numpy(x).sum() == 0 else x

    assert rows(describe(Branching(), input_shape=(4,))) == [("first", ((None, 3),)), ("second", ((None, 2),))]
    assert describe(Branching(), input_shape=(None, 4)).layers[1].output_shapes == ((None, None, 2),)


def test_call_that_computes_with_sizes_needs_no_values_of_that_size():
    class Pixels(keras.Model):
        def __init__(self):
            super().__init__()
            self.conv = layers.Conv2D(4, 1, name="conv")
            self.dense = layers.Dense(2, name="dense")

        def call(self, x):
            batch, height, width, channels = self.conv(x).shape
            return self.dense(ops.reshape(self.conv(x), (batch * height * width, channels)))

    conv, dense = describe(Pixels(), input_shape=(10**6, 10**6, 3)).layers
    assert conv.output_shapes == ((None, 10**6, 10**6, 4),)
    assert dense.output_shapes == ((None, 2),)


class Words(keras.Model):
    """Looks words up without turning them into whole numbers, as Keras's own Embedding would."""

    def __init__(self):
        super().__init__()
        self.table = Table(name="table")
        self.dense = layers.Dense(2, name="dense")

    def call(self, words):
        return self.dense(self.table(words))


class Table(layers.Layer):
    def build(self, shape):
        self.vectors = self.add_weight(shape=(10, 4))

    def call(self, words):
        assert keras.backend.is_int_dtype(words.dtype), f"no words: {words.dtype}"
        return tf.gather(self.vectors, words)


@pytest.mark.parametrize("given", [(32,), "(32,):int32", ((32,), "int32"), ((32,), "int64")])
@pytest.mark.parametrize(
    "model", [Words, lambda: keras.Sequential([Table(name="table"), layers.Dense(2, name="dense")])]
)
def test_model_of_words_is_given_words(model, given):
    description = describe(model(), input_shape=given)
    assert rows(description) == [("table", ((None, 32, 4),)), ("dense", ((None, 32, 2),))]
    assert description.input_shapes == ((None, 32),)


def test_type_that_the_model_does_not_take_is_named():
    with pytest.raises(
        ModelError, match=r"shape \(32,\):float16, batch left out: .*no words: .*float32.*\(32,\):int32"
    ):
        describe(Words(), input_shape="(32,):float16")


class Mixed(keras.Model):
    """Takes two inputs by their names, of two types."""

    def __init__(self):
        super().__init__(name="mixed")
        self.table, self.dense = Table(name="table"), layers.Dense(4, name="dense")

    def call(self, inputs):
        assert inputs["numbers"].dtype == "float32"
        return self.dense(inputs["numbers"]) + tf.reduce_sum(self.table(inputs["words"]), axis=1)


def test_several_inputs_have_their_own_types():
    class Listed(Mixed):
        def call(self, inputs):
            return super().call({"numbers": inputs[0], "words": inputs[1]})

    description = describe(Listed(), input_shape="(8,), (32,):int32")
    assert rows(description) == [("dense", ((None, 4),)), ("table", ((None, 32, 4),))]
    with pytest.raises(ModelError, match=r"\(8,\), \(32,\), batch left out, as float32 or int32: "):
        describe(Listed(), input_shape=((8,), (32,)))


def test_input_shape_follows_the_call_of_before():
    model = Mixed()
    model({"numbers": keras.Input((8,)), "words": keras.Input((32,), dtype="int32")})
    assert rows(describe(model, input_shape=((8,), (5,)))) == [("dense", ((None, 4),)), ("table", ((None, 5, 4),))]


def test_tensorflow_function_and_dynamic_shapes():
    class Graph(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(3, name="dense")
            self.lstm = layers.LSTM(2, name="lstm")

        @tf.function
        def call(self, x):
            x = self.dense(x)
            return self.lstm(tf.reshape(x, (tf.shape(x)[0], 1, 3)))

    assert rows(describe(Graph(), input_shape=(4,))) == [("dense", ((None, 3),)), ("lstm", ((None, 2),))]


def test_call_that_fails_names_the_shape_and_the_reason():
    with pytest.raises(
        ModelError, match=r"\(8, 8\), batch left out, as float32 or int32: ValueError: .*ndim.*input_shape"
    ):
        describe(Residual(), input_shape=(8, 8))


def test_model_that_only_trains_others_shows_these():
    class Gan(keras.Model):
        def __init__(self):
            super().__init__()
            self.generator = keras.Sequential([layers.Input((4,)), layers.Dense(8, name="up")], name="generator")
            self.critic = keras.Sequential([layers.Input((8,)), layers.Dense(1)], name="critic")

    description = describe(Gan())
    assert rows(description) == [("generator", ((None, 8),)), ("critic", ((None, 1),))]
    assert rows(description.layers[0].nested) == [("up", ((None, 8),))]
    assert sources(description) == {"generator": None, "critic": None}
    assert ends(description) == ([], [])
    assert description.incomplete == "it has no call of its own, so how its layers are connected is not known"


def test_calls_are_not_watched_afterwards():
    before = keras.layers.Layer.__call__
    describe(Residual(), input_shape=(8, 8, 3))
    with pytest.raises(ModelError):
        describe(Residual(), input_shape=(8, 8))
    assert keras.layers.Layer.__call__ is before


def test_traced_alike_without_weights():
    assert build_and_describe(Residual, input_shape=(8, 8, 3)) == describe(Residual(), input_shape=(8, 8, 3))


def test_open_sizes_are_found_where_the_backend_has_none(monkeypatch):
    monkeypatch.setattr(tracing, "_keeps_open_sizes", lambda layer_class: False)
    assert rows(describe(Residual(), input_shape=(8, 8, 3))) == RESIDUAL
    description = describe(Residual(), input_shape=(None, 8, 3))
    assert description.layers[0].output_shapes == ((None, None, 8, 4),)
    sequential = keras.Sequential([layers.Dense(3)])
    assert describe(sequential, input_shape=(4,)).layers[0].output_shapes == ((None, 3),)


def test_functions_of_tensorflow_between_layers_are_followed():
    class Raw(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(3, name="one"), layers.Dense(3, name="two")

        def call(self, x):
            both = tf.concat([self.one(x), tf.nn.relu(x)], axis=-1)
            return self.two(both) * tf.constant(2.0)

    description = describe(Raw(), input_shape=(4,))
    assert sources(description) == {"x": [], "one": ["x"], "function": ["one", "x"], "two": ["function"]}
    assert ends(description) == (["x"], ["two"])
    assert description.incomplete is None


def test_what_values_go_through_outside_the_backend_is_not_made_up():
    class Leaving(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(3, name="one"), layers.Dense(2, name="two")

        def call(self, x):
            return self.two(ops.convert_to_tensor(ops.convert_to_numpy(self.one(x)) + 1.0))

    description = describe(Leaving(), input_shape=(4,))
    assert sources(description) == {"x": [], "one": ["x"], "two": None}
    assert ends(description) == (["x"], ["two"])
    assert description.incomplete == "where some of its tensors come from cannot be followed"


def test_call_whose_result_is_not_used_is_seen():
    class Wasting(keras.Model):
        def __init__(self):
            super().__init__()
            self.one, self.two = layers.Dense(3, name="one"), layers.Dense(2, name="two")

        def call(self, x):
            self.two(x)
            return self.one(x)

    description = describe(Wasting(), input_shape=(4,))
    assert sources(description) == {"x": [], "two": ["x"], "one": ["x"]}
    assert ends(description) == (["x"], ["one"])
