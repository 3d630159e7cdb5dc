import pytest
import tensorflow as tf
import tf_keras
from connections import ends, sources
from tf_keras import layers

from sphinxext_layered.errors import ModelError
from sphinxext_layered.reading import build_and_describe, describe


@pytest.fixture(autouse=True)
def _fresh_names():
    tf_keras.backend.clear_session()


def functional():
    image = tf_keras.Input((8, 8, 3), name="image")
    conv = layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    return tf_keras.Model(image, {"map": conv, "flat": layers.Flatten(name="flat")(conv)}, name="net")


class Net(tf_keras.Model):
    def __init__(self):
        super().__init__()
        self.second = layers.Dense(2, name="second")
        self.first = layers.Dense(3, name="first")

    def call(self, x):
        return self.second(self.first(x)) + 1.0


def test_functional_model():
    description = describe(functional())
    image, conv, flat = description.layers
    assert image.output_shapes == ((None, 8, 8, 3),)
    assert (conv.output_shapes, conv.parameters, conv.activation) == (((None, 6, 6, 4),), 112, "relu")
    assert conv.bases[-1].startswith("tf_keras.")
    assert conv.bases[-1].endswith(".Layer")
    assert flat.output_shapes == ((None, 144),)
    assert description.output_shapes == ((None, 144), (None, 6, 6, 4))
    assert sources(description) == {"image": [], "conv": ["image"], "flat": ["conv"]}
    assert ends(description) == (["image"], ["flat", "conv"])
    assert [end.name for end in description.outputs] == ["flat", "map"]


def test_operations_of_tensorflow_are_layers_named_by_their_function():
    left, right = tf_keras.Input((4,), name="left"), tf_keras.Input((4,), name="right")
    shared = layers.Dense(3, name="shared")
    total = shared(left) + tf.nn.relu(shared(right))
    description = describe(tf_keras.Model([left, right], layers.Dense(2, name="head")(total[:, 1:])))
    kinds = {layer.name: layer.class_name for layer in description.layers}
    assert list(kinds.values()) == [
        "InputLayer",
        "InputLayer",
        "Dense",
        "tf.nn.relu",
        "tf.__operators__.add",
        "tf.__operators__.getitem",
        "Dense",
    ]
    relu, add, part = list(kinds)[3:6]
    assert sources(description) == {
        "right": [],
        "left": [],
        "shared": ["left"],
        "shared#2": ["right"],
        relu: ["shared#2"],
        add: ["shared", relu],
        part: [add],
        "head": [part],
    }
    assert ends(description) == (["left", "right"], ["head"])


def test_input_shape_gives_open_sizes():
    image = tf_keras.Input((None, None, 3), name="image")
    model = tf_keras.Model(image, layers.Conv2D(4, 3, strides=2, name="conv")(image))
    known = describe(model, input_shape=(21, 11, 3))
    assert [layer.output_shapes for layer in known.layers] == [((None, 21, 11, 3),), ((None, 10, 5, 4),)]
    assert describe(model).layers[1].output_shapes == ((None, None, None, 4),)


def test_nested_model():
    image = tf_keras.Input((8, 8, 3))
    outer = tf_keras.Model(image, layers.Dense(2)(functional()(image)["flat"]))
    assert [layer.name for layer in describe(outer).layers[1].nested.layers] == ["image", "conv", "flat"]


def test_sequential_with_and_without_input():
    known = tf_keras.Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(2)])
    assert [layer.output_shapes for layer in describe(known).layers] == [((None, 3),), ((None, 2),)]
    unknown = tf_keras.Sequential([layers.Dense(3), layers.Dense(2)])
    with pytest.raises(ModelError, match="not built"):
        describe(unknown)
    assert describe(unknown, input_shape=(4,)).layers[1].output_shapes == ((None, 2),)


def test_subclassed_model_is_traced():
    description = describe(Net(), input_shape=(4,))
    assert [(layer.name, layer.index, layer.output_shapes) for layer in description.layers] == [
        ("first", 1, ((None, 3),)),
        ("second", 0, ((None, 2),)),
    ]
    built = Net()
    built.build((None, 4))
    assert [layer.name for layer in describe(built).layers] == ["first", "second"]


def test_model_of_two_arguments_that_was_called():
    class Joining(tf_keras.Model):
        def __init__(self):
            super().__init__()
            self.join = layers.Concatenate(name="join")

        def call(self, one, two):
            return self.join([one, two])

    model = Joining()
    model(tf.zeros((2, 3)), tf.zeros((2, 4)))
    description = describe(model)
    assert description.layers[0].output_shapes == ((None, 7),)
    assert sources(description) == {"one": [], "two": [], "join": ["one", "two"]}
    assert description.input_shapes == ((None, 3), (None, 4))


def test_built_normally_with_names_of_its_own():
    def build():
        return tf_keras.Sequential([layers.Input((4,)), layers.Dense(3)])

    alone = build_and_describe(build)
    build()
    assert build_and_describe(build) == alone
    assert alone.layers[0].name == "dense"


def test_pretrained_weights_are_not_fetched(monkeypatch):
    def fail(*args, **kwargs):
        raise AssertionError("went to the network")

    monkeypatch.setattr("tf_keras.src.utils.data_utils.urlretrieve", fail)
    description = build_and_describe(lambda: tf_keras.applications.MobileNetV2(weights="imagenet"))
    assert description.layers[-1].output_shapes == ((None, 1000),)
