"""The caller's model stays as it was, whatever it takes to read it."""

import keras
import numpy as np
import pytest
import tf_keras
from keras import layers

from sphinxext_layered.errors import ModelError
from sphinxext_layered.reading import describe


@pytest.fixture(autouse=True)
def _fresh_names():
    keras.utils.clear_session(free_memory=False)


class Net(keras.Model):
    """Keeps layers in every way, and cannot be copied by Keras: it has no configuration."""

    def __init__(self, units):
        super().__init__()
        self.units = units
        self.pool = layers.GlobalAveragePooling2D()
        self.inner = keras.Sequential([layers.Dense(3), layers.Dropout(0.2)])
        self.several = [layers.Dense(units)]
        self.named = {"norm": layers.BatchNormalization()}
        self.calls = []

    def call(self, x):
        self.calls.append(1)
        return self.named["norm"](self.several[0](self.inner(self.pool(x))))


def sequential():
    return keras.Sequential([layers.Dense(3), layers.Dropout(0.5), layers.BatchNormalization()])


def old_sequential():
    return tf_keras.Sequential([tf_keras.layers.Dense(3), tf_keras.layers.Dense(2)])


class OldNet(tf_keras.Model):
    def __init__(self):
        super().__init__()
        self.several = [tf_keras.layers.Dense(3), tf_keras.layers.Dense(2)]
        self.named = {"norm": tf_keras.layers.BatchNormalization()}

    def call(self, x):
        return self.named["norm"](self.several[1](self.several[0](x)))


def state(model):
    inner = getattr(model, "layers", [])
    return (
        model.built,
        len(getattr(model, "_inbound_nodes", [])),
        [layer.name for layer in inner],
        [len(layer.weights) if layer.built else None for layer in inner],
        len(getattr(model, "calls", [])),
        sorted(vars(model)),
    )


BUILDERS = [
    (sequential, (4,), (9,)),
    (lambda: Net(2), (8, 8, 3), (6, 6, 5)),
    (old_sequential, (4,), (9,)),
    (OldNet, (4,), (9,)),
]


@pytest.mark.parametrize(("build", "first", "second"), BUILDERS)
def test_an_unbuilt_model_can_be_described_with_one_shape_after_the_other(build, first, second):
    model = build()
    before = state(model)
    one = describe(model, input_shape=first)
    assert state(model) == before
    other = describe(model, input_shape=second)
    assert state(model) == before
    assert (one.input_shapes, other.input_shapes) == (((None, *first),), ((None, *second),))
    assert one.parameters < other.parameters
    assert one == describe(build(), input_shape=first) or one.name != describe(build(), input_shape=first).name


@pytest.mark.parametrize(("build", "first", "second"), BUILDERS)
def test_it_can_be_built_and_used_afterwards_as_if_nothing_had_been(build, first, second):
    model, fresh = build(), build()
    describe(model, input_shape=first)
    data = np.zeros((2, *second), "float32")
    assert model(data).shape == fresh(data).shape
    assert [weight.shape for weight in model.weights] == [weight.shape for weight in fresh.weights]
    model.compile("sgd", "mse")
    model.fit(data, np.zeros(model(data).shape), verbose=0)


def test_it_stays_as_it_was_where_it_cannot_be_described():
    model = Net(2)
    before = state(model)
    with pytest.raises(ModelError):
        describe(model, input_shape=(8, 8))
    assert state(model) == before


def test_a_built_model_keeps_its_weights_and_its_graph():
    model = Net(2)
    data = np.ones((1, 8, 8, 3), "float32")
    result = model(data)
    before, weights = state(model), list(model.weights)
    describe(model)
    assert state(model) == before
    assert all(one is other for one, other in zip(weights, model.weights, strict=True))
    assert np.array_equal(model(data), result)
