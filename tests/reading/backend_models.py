"""Models to be described alike on every backend of Keras. Run by itself, it prints their descriptions."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from sphinxext_layered.reading import build_and_describe, describe


def unet() -> Any:
    image = keras.Input((32, 32, 3))
    down = layers.Conv2D(8, 3, padding="same", activation="relu")(image)
    deep = layers.Conv2D(16, 3, padding="same")(layers.MaxPooling2D()(down))
    up = layers.Conv2DTranspose(8, 2, strides=2)(deep)
    return keras.Model(image, layers.Concatenate()([down, up]), name="unet")


def recurrent() -> Any:
    both = layers.Bidirectional(layers.LSTM(5, return_sequences=True))
    return keras.Sequential([keras.Input((None, 4)), both, layers.GRU(3), layers.Dense(2)], name="recurrent")


def attention() -> Any:
    words = keras.Input((12,), dtype="int32")
    x = layers.Embedding(50, 8)(words)
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 4)(x, x)]))
    return keras.Model(words, {"vector": layers.GlobalAveragePooling1D()(x), "all": x}, name="attention")


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.head = layers.Dense(3, name="head")
        self.first = layers.Conv2D(4, 3, name="first")
        self.pool = layers.GlobalAveragePooling2D(name="pool")

    def call(self, x: Any) -> Any:
        return self.head(self.pool(self.first(x)))


def unbuilt() -> Any:
    return keras.Sequential([layers.Dense(3), layers.Dropout(0.1), layers.Dense(4)], name="unbuilt")


def volume() -> Any:
    return keras.Sequential([keras.Input((8, 8, 8, 1)), layers.Conv3D(4, 3), layers.Flatten()], name="volume")


MODELS: dict[str, tuple[Callable[[], Any], object]] = {
    "unet": (unet, None),
    "recurrent": (recurrent, None),
    "attention": (attention, None),
    "subclassed": (Subclassed, (8, 8, 3)),
    "subclassed, open": (Subclassed, (None, 8, 3)),
    "unbuilt": (unbuilt, (7,)),
    "volume": (volume, None),
}


def descriptions() -> dict[str, Any]:
    """Describe each model, with its weights and without them, which must be the same."""
    found = {}
    for name, (build, shape) in MODELS.items():
        without = build_and_describe(build, input_shape=shape).to_document()
        keras.utils.clear_session()
        assert describe(build(), input_shape=shape).to_document() == without
        found[name] = without
    return json.loads(json.dumps(found))


if __name__ == "__main__":
    json.dump([keras.backend.backend(), descriptions()], sys.stdout)
