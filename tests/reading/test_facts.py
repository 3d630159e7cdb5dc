"""What labels may say of a layer."""

import keras
import pytest
from keras import layers

from sphinxext_layered.description import FACTS
from sphinxext_layered.reading.facts import facts_of

IMAGE, WORDS = (8, 8, 4), (6, 8)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.Conv2D(6, 3), IMAGE, {"filters": 6, "kernel_size": (3, 3)}),
        (
            layers.Conv2D(6, (3, 1), strides=2, padding="same", groups=2),
            IMAGE,
            {"filters": 6, "kernel_size": (3, 1), "strides": (2, 2), "padding": "same", "groups": 2},
        ),
        (
            layers.Conv1D(6, 3, dilation_rate=2, padding="causal"),
            WORDS,
            {"filters": 6, "kernel_size": (3,), "padding": "causal", "dilation_rate": (2,)},
        ),
        (layers.MaxPooling2D(2), IMAGE, {"strides": (2, 2), "pool_size": (2, 2)}),
        (layers.ZeroPadding2D(1), IMAGE, {}),
        (layers.Dense(3), IMAGE, {"units": 3}),
        (layers.Dense(3, trainable=False), IMAGE, {"units": 3, "trainable": False}),
        (layers.Dense(3, dtype="mixed_float16"), IMAGE, {"units": 3, "dtype_policy": "mixed_float16"}),
        (layers.Dropout(0.5), IMAGE, {"rate": 0.5}),
        (layers.MultiHeadAttention(2, 4), WORDS, {"num_heads": 2, "key_dim": 4}),
        (layers.Embedding(20, 5), (6,), {"input_dim": 20, "output_dim": 5}),
        (layers.Bidirectional(layers.GRU(3)), WORDS, {"wrapped": "GRU"}),
        (layers.ReLU(), IMAGE, {}),
    ],
)
def test_facts_are_what_a_layer_has_and_does_not_go_without_saying(layer, shape, expected):
    layer.build(*[(None, *shape)] * (2 if "num_heads" in expected else 1))
    assert dict(facts_of(layer)) == expected
    assert [name for name, _ in facts_of(layer)] == [name for name in FACTS if name in expected]


def test_only_plain_values_are_facts():
    class Odd(layers.Layer):
        kernel_size = (3, None)
        filters = float("inf")
        units = object()
        groups = 2**70
        pool_size = "many"

        @property
        def rate(self):
            raise RuntimeError("not today")

    assert facts_of(Odd()) == (("pool_size", "many"),)


def test_facts_of_what_is_no_layer_of_keras():
    class Convolution:
        filters = 3
        layer = None

    assert facts_of(Convolution()) == (("filters", 3),)


def test_default_policy_of_the_session_is_told_where_it_is_not_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert facts_of(layers.ReLU()) == (("dtype_policy", "mixed_bfloat16"),)
    finally:
        keras.config.set_dtype_policy("float32")
