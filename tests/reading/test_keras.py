import functools

import keras
import pytest
from connections import ends, sources
from keras import layers, ops

from sphinxext_layered.description import ModelDescription
from sphinxext_layered.errors import ModelError, OptionError
from sphinxext_layered.reading import build_and_describe, describe


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session(free_memory=False)


def by_name(description):
    return {layer.name: layer for layer in description.layers}


def two_branches():
    """Two inputs, a shared layer, an addition that is no layer, a dict as output."""
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    shared = layers.Conv2D(4, 3, activation="relu", name="shared")
    added = shared(left) + shared(right)
    outputs = {"vector": layers.Flatten(name="flat")(added), "map": added}
    return keras.Model([left, right], outputs, name="branches")


def test_functional_layers_have_what_a_picture_needs():
    image = keras.Input((32, 32, 3), name="image")
    model = keras.Model(image, layers.Conv2D(16, 3, activation="relu", name="conv")(image), name="net")
    description = describe(model)
    assert (description.name, description.class_name) == ("net", "Functional")
    assert description.input_shapes == ((None, 32, 32, 3),)
    assert description.output_shapes == ((None, 30, 30, 16),)
    assert description.parameters == 448
    source, conv = description.layers
    assert source.output_shapes == ((None, 32, 32, 3),)
    assert (conv.index, conv.name, conv.class_name) == (1, "conv", "Conv2D")
    assert conv.module == layers.Conv2D.__module__
    assert conv.output_shapes == ((None, 30, 30, 16),)
    assert conv.data_format == "channels_last"
    assert conv.parameters == 448
    assert conv.activation == "relu"
    assert dict(conv.facts) == {"filters": 16, "kernel_size": (3, 3)}
    assert conv.nested is None
    assert conv.text is None
    assert sources(description) == {"image": [], "conv": ["image"]}
    assert ends(description) == (["image"], ["conv"])


def test_description_survives_its_json():
    description = describe(two_branches())
    assert ModelDescription.from_json(description.to_json()) == description


def test_dict_of_outputs_is_flattened_in_the_order_of_keras():
    assert describe(two_branches()).output_shapes == ((None, 6, 6, 4), (None, 144))


def test_calls_of_a_shared_layer_and_of_an_operation_are_the_graph():
    description = describe(two_branches())
    assert sources(description) == {
        "left": [],
        "right": [],
        "shared": ["left"],
        "shared#2": ["right"],
        "add": ["shared", "shared#2"],
        "flat": ["add"],
    }
    assert [call.layer for call in description.calls] == [0, 1, 2, 2, None, 3]
    added = description.calls[4]
    assert (added.class_name, added.module, added.output_shapes) == (
        "Add",
        "keras.src.ops.numpy",
        ((None, 6, 6, 4),),
    )
    assert [end.name for end in description.outputs] == ["map", "vector"]
    assert ends(description) == (["left", "right"], ["add", "flat"])


def test_calls_in_another_model_do_not_count():
    image = keras.Input((8, 8, 3))
    conv = layers.Conv2D(4, 3, name="conv")
    model = keras.Model(image, conv(image))
    conv(keras.Input((20, 20, 3)))
    description = describe(model)
    (layer,) = description.layers[1:]
    assert len(description.calls) == 2
    assert layer.output_shapes == ((None, 6, 6, 4),)


def test_nested_model_with_several_outputs_has_its_own_layers():
    image = keras.Input((8, 8, 3), name="image")
    inner = two_branches()
    parts = inner([image, image])
    outer = keras.Model(image, layers.Dense(2, name="head")(parts["vector"]))
    layer = by_name(describe(outer))["branches"]
    assert layer.output_shapes == ((None, 6, 6, 4), (None, 144))
    assert layer.nested == describe(inner)
    assert sources(describe(outer)) == {"image": [], "branches": ["image", "image"], "head": ["branches:1"]}


def test_model_in_a_wrapper_is_nested():
    frames = keras.Sequential([layers.Conv2D(4, 3, name="conv"), layers.GlobalMaxPool2D()], name="frames")
    model = keras.Sequential([layers.Input((5, 8, 8, 1)), layers.TimeDistributed(frames, name="each")])
    (layer,) = describe(model).layers
    assert layer.output_shapes == ((None, 5, 4),)
    assert layer.nested.layers[0].name == "conv"
    assert layer.nested.layers[0].output_shapes == ((None, 6, 6, 4),)


def test_wrapped_layer_is_no_nested_model_and_tells_its_activation():
    model = keras.Sequential(
        [
            layers.Input((5, 3)),
            layers.TimeDistributed(layers.Dense(4, activation="relu")),
            layers.Bidirectional(layers.LSTM(2)),
        ]
    )
    each, both = describe(model).layers
    assert (each.nested, each.activation, each.output_shapes) == (None, "relu", ((None, 5, 4),))
    assert (both.nested, both.output_shapes) == (None, ((None, 4),))


def test_layer_with_several_outputs_has_all_their_shapes():
    sequence = keras.Input((5, 3))
    outputs = layers.LSTM(4, return_sequences=True, return_state=True, name="lstm")(sequence)
    assert by_name(describe(keras.Model(sequence, outputs)))["lstm"].output_shapes == (
        (None, 5, 4),
        (None, 4),
        (None, 4),
    )


def test_sequential_counts_layers_as_keras_does():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    description = describe(model)
    first, second = description.layers
    assert (first.index, first.output_shapes) == (0, ((None, 3),))
    assert (second.index, second.output_shapes) == (1, ((None, 2),))
    assert sources(description) == {"inputs": [], "dense": ["inputs"], "dense_1": ["dense"]}
    assert [call.is_argument for call in description.calls] == [True, False, False]
    assert ends(description) == (["inputs"], ["dense_1"])


@pytest.mark.parametrize("build", [lambda model: model.build((None, 4)), lambda model: model(ops.zeros((1, 4)))])
def test_sequential_without_input_is_described_once_it_is_built(build):
    model = keras.Sequential([layers.Dense(3), layers.Dense(2)])
    build(model)
    assert [layer.output_shapes[0][1:] for layer in describe(model).layers] == [(3,), (2,)]


def test_unbuilt_sequential_says_what_to_do():
    with pytest.raises(ModelError, match=r"not built.*keras\.Input\(shape\).*build\(\).*input_shape"):
        describe(keras.Sequential([layers.Dense(3)]))


def test_input_shape_makes_an_unbuilt_sequential_known():
    description = describe(keras.Sequential([layers.Dense(3), layers.Dense(2)]), input_shape=(4,))
    assert description.input_shapes == ((None, 4),)
    assert [layer.output_shapes for layer in description.layers] == [((None, 3),), ((None, 2),)]
    assert description.parameters == 23


def test_input_shape_gives_the_open_sizes_of_a_functional_model():
    image = keras.Input((None, None, 3), name="image")
    model = keras.Model(image, layers.Conv2D(4, 3, strides=2, name="conv")(image) + 1)
    open_sizes = describe(model)
    assert by_name(open_sizes)["conv"].output_shapes == ((None, None, None, 4),)
    known = describe(model, input_shape=(21, 11, 3))
    assert by_name(known)["image"].output_shapes == ((None, 21, 11, 3),)
    assert by_name(known)["conv"].output_shapes == ((None, 10, 5, 4),)
    assert known.input_shapes == ((None, 21, 11, 3),)
    assert describe(model) == open_sizes


@pytest.mark.parametrize("given", [describe, lambda model, **kwargs: build_and_describe(lambda: model, **kwargs)])
def test_input_shape_needs_no_values_of_that_size(given):
    image = keras.Input((None, None, 3), name="image")
    inner = keras.Sequential([keras.Input((None, None, 4)), layers.Conv2D(5, 3, padding="same")], name="inner")
    x = inner(layers.Conv2D(4, 3, padding="same", name="conv")(image)) + 1.0
    model = keras.Model(image, layers.GlobalAveragePooling2D(name="mean")(x))
    large = by_name(given(model, input_shape=(10**6, 10**6, 3)))
    assert large["conv"].output_shapes == ((None, 10**6, 10**6, 4),)
    assert large["inner"].output_shapes == ((None, 10**6, 10**6, 5),)
    assert large["mean"].output_shapes == ((None, 5),)


@pytest.mark.parametrize("shape", [(21, 11, 4), (21, 3), ((21, 11, 3), (4,))])
def test_input_shape_that_contradicts_the_model_is_refused(shape):
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.Conv2D(4, 3)(image))
    with pytest.raises(OptionError, match=r"input_shape: .*\(None, None, 3\).*leave it out"):
        describe(model, input_shape=shape)


def test_bases_end_with_keras_layer_and_name_no_backend():
    class Thrifty:
        pass

    class Special(Thrifty, layers.Conv2D):
        pass

    model = keras.Sequential([layers.Input((8, 8, 3)), Special(2, 3)])
    (layer,) = describe(model).layers
    assert layer.bases[-1] == f"{keras.layers.Layer.__module__}.Layer"
    assert f"{layers.Conv2D.__module__}.Conv2D" in layer.bases
    assert layer.bases[0].endswith("Thrifty")
    assert not any(".backend." in base for base in layer.bases)
    assert {"Special", "Conv2D", "Layer"} <= set(layer.known_as())
    assert f"{Special.__module__}.{Special.__qualname__}" in layer.known_as()


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("tanh", "tanh"),
        (None, "linear"),
        (lambda x: x, "lambda"),
        (functools.partial(keras.activations.relu, max_value=6), "relu"),
        (layers.LeakyReLU(), "LeakyReLU"),
    ],
)
def test_activation_is_named(activation, name):
    model = keras.Sequential([layers.Input((3,)), layers.Dense(2, activation=activation)])
    assert describe(model).layers[0].activation == name


def test_channels_first_is_told():
    model = keras.Sequential([layers.Input((3, 8, 8)), layers.Conv2D(4, 3, data_format="channels_first")])
    (layer,) = describe(model).layers
    assert (layer.data_format, layer.output_shapes) == ("channels_first", ((None, 4, 6, 6),))


def test_scalars_and_ranks_up_to_six():
    value = keras.Input((2, 2, 2, 2, 3), name="six")
    model = keras.Model(value, layers.Dense(4, name="dense")(value))
    assert by_name(describe(model))["dense"].output_shapes == ((None, 2, 2, 2, 2, 4),)
    scalar = keras.Input(batch_shape=(), name="scalar")
    assert describe(keras.Model(scalar, layers.Identity()(scalar))).layers[1].output_shapes == ((),)


def test_text_callable_gets_the_index_in_the_model_and_the_layer():
    model = two_branches()
    seen = []

    def texts(index, layer):
        seen.append(model.layers[index] is layer)
        return (f"{index}: {layer.name}", index == 2) if index else None

    description = describe(model, text_callable=texts)
    assert seen == [True] * 4
    assert description.layers[0].text is None
    assert (description.layers[2].text.text, description.layers[2].text.above) == ("2: shared", True)
    assert description.layers[3].text.above is False


@pytest.mark.parametrize("wrong", ["text", ("text",), (1, True), ("text", "above"), 3])
def test_wrong_return_of_text_callable_says_what_is_expected(wrong):
    with pytest.raises(
        OptionError, match=r"text_callable: expected it to return \(text, above\).*for layer 0 \(left\)"
    ):
        describe(two_branches(), text_callable=lambda index, layer: wrong)


def test_exception_of_text_callable_is_the_users():
    with pytest.raises(ZeroDivisionError):
        describe(two_branches(), text_callable=lambda index, layer: 1 / 0)


@pytest.mark.parametrize("value", [None, 3, "model", keras.Model, [], (1, 2)])
def test_what_is_not_a_model_is_refused(value):
    with pytest.raises(ModelError, match="not a model: expected a Keras model"):
        describe(value)


def test_model_is_left_as_it_was():
    model = two_branches()
    before = [(layer.name, len(layer._inbound_nodes)) for layer in model.layers]
    describe(model)
    assert [(layer.name, len(layer._inbound_nodes)) for layer in model.layers] == before


def test_models_made_through_tensorflow_are_described_alike():
    import tensorflow

    def build(framework):
        keras.utils.clear_session(free_memory=False)
        image = framework.Input((8, 8, 3), name="image")
        return framework.Model(image, framework.layers.Conv2D(4, 3, activation="relu")(image), name="net")

    assert describe(build(tensorflow.keras)) == describe(build(keras))
