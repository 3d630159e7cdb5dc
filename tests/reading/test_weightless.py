import random
import sys
import tracemalloc
from types import ModuleType

import keras
import numpy as np
import pytest
from keras import layers, ops

from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.reading import build_and_describe, describe

IMAGE = (32, 32, 3)


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session(free_memory=False)


def dense(units=3, **kwargs):
    return keras.Sequential([layers.Input((4,)), layers.Dense(units, **kwargs)])


def recurrent():
    words = keras.Input((None,), dtype="int32")
    x = layers.Embedding(100, 8, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(x)
    return keras.Model(words, layers.GRU(3)(x))


def attention():
    tokens = keras.Input((10, 8))
    x = layers.MultiHeadAttention(2, 4)(tokens, tokens)
    x = layers.LayerNormalization()(x + tokens)
    return keras.Model(tokens, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


class Scaled(layers.Layer):
    """Has weights of its own and an input of unknown width until it is built."""

    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones")

    def call(self, x):
        return x * self.factor


def custom():
    return keras.Sequential([layers.Input((4,)), Scaled(), layers.Dense(2)])


def compiled():
    model = dense()
    model.compile("adam", "mse", metrics=["mae"])
    return model


def adam():
    model = dense()
    optimizer = keras.optimizers.Adam(1e-3, use_ema=True)
    optimizer.learning_rate = 0.5
    assert float(optimizer.learning_rate) == 0.5
    model.compile(optimizer, keras.losses.MeanSquaredError(), metrics=[keras.metrics.AUC(), keras.metrics.Mean()])
    return model


def scheduled():
    rate = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    model = dense(dtype="mixed_float16")
    model.compile(keras.mixed_precision.LossScaleOptimizer(keras.optimizers.SGD(rate)), "mse")
    return model


class Momentum(keras.optimizers.Optimizer):
    """Makes variables of its own, when it is made and when it is built."""

    def __init__(self):
        super().__init__(learning_rate=0.1)
        self.factors = keras.Variable([0.5, 0.25])

    def build(self, variables):
        super().build(variables)
        self.momenta = [self.add_variable_from_reference(variable, "momentum") for variable in variables]


def optimizer_of_its_own():
    model = dense()
    optimizer = Momentum()
    optimizer.build(model.trainable_variables)
    assert [momentum.shape for momentum in optimizer.momenta] == [weight.shape for weight in model.trainable_variables]
    model.compile(optimizer)
    return model


class Measured(keras.Model):
    """Holds metrics and variables beside its layers."""

    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.temperature = keras.Variable(np.full((3,), 2.0), trainable=False)
        self.copied = keras.Variable(self.temperature)

    def call(self, x):
        return self.dense(x) * self.temperature + self.copied


def measured():
    model = Measured()
    model(keras.Input((4,)))
    return model


def session_cleared():
    keras.backend.clear_session()
    return dense()


def stateful():
    return keras.Sequential([layers.Input(batch_shape=(2, 5, 3)), layers.LSTM(4, stateful=True)])


def adapted():
    normalise = layers.Normalization()
    normalise.adapt(np.arange(8.0).reshape(2, 4))
    return keras.Sequential([layers.Input((4,)), normalise, layers.Dense(2)])


def adversarial():
    critic = dense()
    critic.compile(keras.optimizers.Adam(2e-4, beta_1=0.5), "binary_crossentropy")
    critic.trainable = False
    noise = keras.Input((4,))
    model = keras.Model(noise, critic(layers.Dense(4)(noise)))
    model.compile(keras.optimizers.RMSprop(1e-4), "mse")
    return model


def fitted():
    model = compiled()
    model.fit(np.zeros((2, 4)), np.zeros((2, 3)), verbose=0)
    return model


WITH_VALUES = (adam, scheduled, optimizer_of_its_own, measured, session_cleared, stateful, adversarial)
"""Builders that make variables of values, which Keras by itself refuses without weights."""


def small_application(name):
    return lambda: getattr(keras.applications, name)(weights=None, input_shape=IMAGE, include_top=False)


@pytest.mark.parametrize(
    "build",
    [
        *(recurrent, attention, custom, compiled, adapted, fitted, *WITH_VALUES),
        *map(small_application, ("VGG16", "MobileNetV2", "ResNet50", "EfficientNetB0")),
    ],
    ids=lambda build: build.__name__,
)
def test_described_as_the_normal_build_is(build):
    normal = describe(build())
    assert build_and_describe(build) == normal


def test_weights_are_not_allocated():
    def build():
        return keras.Sequential([layers.Input((100_000,)), *(layers.Dense(100_000) for _ in range(4))])

    tracemalloc.start()
    try:
        description = build_and_describe(build)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert description.parameters == 40_000_400_000
    assert peak < 50_000_000


@pytest.mark.parametrize("build", WITH_VALUES, ids=lambda build: build.__name__)
def test_variables_made_of_values_cost_no_weights(build):
    made = []
    build_and_describe(lambda: made.append(build()) or made[-1])
    (model,) = made
    assert [weight.path for weight in model.weights if weight._value is not None] == []


def test_variable_made_of_a_value_has_that_value():
    def build():
        counts = keras.Variable(np.arange(6).reshape(2, 3), dtype="int32", trainable=False)
        assert (tuple(counts.shape), counts.dtype, int(ops.sum(counts))) == ((2, 3), "int32", 15)
        counts.assign_add(ops.ones((2, 3), dtype="int32"))
        return dense(int(ops.sum(counts)))

    calls = []
    assert build_and_describe(lambda: calls.append(1) or build()).layers[0].output_shapes == ((None, 21),)
    assert calls == [1]


def test_weights_are_not_allocated_where_tf_keras_is_imported_too():
    import tf_keras  # noqa: F401

    made = []

    def build():
        made.append(dense(1000))
        return made[0]

    build_and_describe(build)
    assert made[0].layers[0].kernel._value is None


def test_nothing_stays_pending_for_the_next_layer():
    made = []

    def build():
        made.append(dense(1000))
        return made[0]

    build_and_describe(build)
    Scaled()(ops.ones((1, 4)))
    assert made[0].layers[0].kernel._value is None


def test_pretrained_weights_are_neither_fetched_nor_loaded(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("went to the network")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fail)

    def build():
        model = keras.applications.MobileNetV2(weights="imagenet")
        path = keras.utils.get_file("more.weights.h5", "https://example.invalid/more.weights.h5")
        model.load_weights(path)
        return model

    assert len(build_and_describe(build).layers) == 156


def test_get_file_that_was_imported_by_name_fetches_no_weights(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", lambda url, *args, **kwargs: asked.append(url))
    get_file = keras.utils.get_file

    def build():
        get_file("a.weights.h5", "https://example.invalid/a.weights.h5", cache_dir=tmp_path)
        return dense()

    build_and_describe(build)
    assert asked == []


def test_other_files_are_fetched(monkeypatch, tmp_path):
    def fetch(url, path, *args):
        with open(path, "w") as file:
            file.write("one two three")

    monkeypatch.setattr("keras.src.utils.file_utils.urlretrieve", fetch)

    def build():
        path = keras.utils.get_file("words.txt", "https://example.invalid/words.txt", cache_dir=tmp_path)
        with open(path) as file:
            return dense(len(file.read().split()))

    assert build_and_describe(build).layers[0].output_shapes == ((None, 3),)


def test_keras_is_itself_again_afterwards():
    def state():
        of_keras = (keras.Model.compile, keras.Model.load_weights, keras.utils.get_file, keras.Variable.__init__)
        return (*of_keras, dict(vars(keras.optimizers.Optimizer)), list(sys.meta_path))

    before = state()
    build_and_describe(compiled)
    with pytest.raises(ZeroDivisionError):
        build_and_describe(lambda: 1 / 0)
    assert state() == before
    model = compiled()
    assert model.optimizer is not None
    assert model.predict(np.zeros((1, 4)), verbose=0).shape == (1, 3)


def test_names_do_not_depend_on_what_was_built_before():
    alone = build_and_describe(dense)
    build_and_describe(attention)
    build_and_describe(fitted)
    with pytest.raises(ZeroDivisionError):
        build_and_describe(lambda: (dense(), 1 / 0))
    dense()
    assert build_and_describe(dense) == alone
    assert alone.layers[0].name == "dense"


def test_settings_of_one_builder_do_not_reach_the_next():
    def careless():
        keras.config.set_image_data_format("channels_first")
        keras.config.set_floatx("float16")
        keras.config.set_dtype_policy("mixed_bfloat16")
        random.seed(1)
        return dense()

    state = random.getstate()
    build_and_describe(careless)
    assert keras.config.image_data_format() == "channels_last"
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"
    assert random.getstate() == state


def test_settings_that_the_users_module_chose_are_kept():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        build_and_describe(dense)
        build_and_describe(fitted)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_exception_is_that_of_the_normal_build():
    calls = []

    def build():
        calls.append(keras.Model.compile)
        raise KeyError(f"call {len(calls)}")

    with pytest.raises(KeyError, match="call 2") as caught:
        build_and_describe(build)
    assert calls[0] is not calls[1]
    assert caught.value.__context__ is None


def test_builder_that_works_without_weights_is_called_once():
    calls = []
    build_and_describe(lambda: calls.append(1) or dense())
    assert calls == [1]


def reasons_of(build):
    reasons = []
    build_and_describe(build, allocated=reasons.append)
    return reasons


def test_reason_why_weights_were_allocated_is_given():
    import tf_keras

    before = dense()
    assert [reasons_of(build) for build in (dense, adam, custom)] == [[], [], []]
    (reason,) = reasons_of(fitted)
    assert reason == ("it cannot be built without them: ValueError: You must call `compile()` before using the model.")
    (reason,) = reasons_of(lambda: before)
    assert reason.startswith("it was built before")
    (reason,) = reasons_of(lambda: tf_keras.Sequential([tf_keras.layers.Dense(3, input_shape=(4,))]))
    assert reason == "tf_keras cannot build models without them"


def test_exception_that_cannot_be_shown_does_no_harm():
    class OddError(Exception):
        def __str__(self):
            raise RuntimeError("no")

    def build():
        model = dense()
        if model.weights[0]._value is None:
            raise OddError
        return model

    assert reasons_of(build) == ["it cannot be built without them: OddError"]


def test_model_built_before_is_described_and_stays_whole():
    model = dense()
    description = build_and_describe(lambda: model)
    assert description.parameters == 15
    assert model.predict(np.zeros((1, 4)), verbose=0).shape == (1, 3)


def test_texts_and_input_shape_are_passed_on():
    description = build_and_describe(
        lambda: keras.Sequential([layers.Dense(3)]),
        input_shape=(4,),
        text_callable=lambda index, layer: (f"{layer.count_params()}", True),
    )
    assert description.layers[0].text.text == "15"
    with pytest.raises(OptionError, match="text_callable"):
        build_and_describe(dense, text_callable=lambda index, layer: 5)


def test_text_that_needs_weights_gets_them():
    description = build_and_describe(dense, text_callable=lambda index, layer: (str(layer.get_weights()[1]), True))
    assert description.layers[0].text.text == "[0. 0. 0.]"


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(x)


class Wide(Net):
    def __init__(self, width, depth, *, bias=True):
        super().__init__()


class Block(layers.Layer):
    """A layer that is made of layers."""

    def __init__(self):
        super().__init__(name="block")
        self.wide, self.narrow = layers.Dense(8, name="wide"), layers.Dense(3, name="narrow")

    def call(self, x):
        return self.narrow(self.wide(x))


@pytest.mark.parametrize("made", [Block, lambda: Block], ids=["layer", "class"])
def test_layer_that_is_made_of_layers_is_described_as_a_model_is(made):
    description = build_and_describe(made, input_shape=(4,))
    assert (description.name, description.class_name) == ("block", "Block")
    assert description.input_shapes == ((None, 4),)
    assert [(layer.name, layer.output_shapes) for layer in description.layers] == [
        ("wide", ((None, 8),)),
        ("narrow", ((None, 3),)),
    ]


def test_layer_that_was_built_knows_its_input():
    block = Block()
    block.build((None, 4))
    assert [layer.output_shapes for layer in describe(block).layers] == [((None, 8),), ((None, 3),)]
    with pytest.raises(ModelError, match=r"'block' \(Block\) is not built.*set input_shape"):
        describe(Block())


def test_layer_that_calls_no_layers_is_refused():
    with pytest.raises(
        ModelError, match=r"'alone' \(Dense\) calls no layers: a model, or a layer that is made of layers"
    ):
        describe(layers.Dense(3, name="alone"), input_shape=(4,))


async def coroutine():
    return None


def test_class_without_arguments_is_made_into_a_model():
    assert build_and_describe(lambda: Net, input_shape=(4,)).class_name == "Net"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "None was returned.*Keras model.*return statement missing"),
        ((1, "x"), r"tuple was returned \(int, str\).*return the model alone"),
        (dense, r"function was returned \(dense\).*return its result"),
        (Wide, "class Wide cannot be instantiated.* width, depth:.*write the arguments"),
        (int, "class int was returned"),
        (ModuleType("net"), r"module was returned \(net\)"),
        (3, r"int was returned \(3\).*Keras model"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)[:12]),
)
def test_wrong_return_value_is_named_with_what_is_expected(value, said):
    with pytest.raises(ModelError, match=said):
        build_and_describe(lambda: value)


@pytest.mark.filterwarnings("ignore:coroutine")
def test_coroutine_is_named():
    with pytest.raises(ModelError, match=r"coroutine was returned.*ordinary function"):
        build_and_describe(coroutine)
