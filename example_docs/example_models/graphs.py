"""Small models that show how connections are drawn."""

import keras
from keras import layers, ops


def branches():
    """Build a block of three branches."""
    image = keras.Input((32, 32, 64), name="image")
    one = layers.Conv2D(32, 1, padding="same", name="conv_1x1")(image)
    three = layers.Conv2D(32, 1, padding="same", name="narrow")(image)
    three = layers.Conv2D(48, 3, padding="same", name="conv_3x3")(three)
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name="pool")(image)
    joined = layers.Concatenate(name="joined")([one, three, pooled])
    return keras.Model(image, layers.Conv2D(64, 3, strides=2, name="conv")(joined), name="branches")


def squeeze_and_excite():
    """Build a residual block whose channels are weighted by what is in the whole image."""
    image = keras.Input((32, 32, 64), name="image")
    x = layers.Conv2D(64, 3, padding="same", name="conv")(image)
    weights = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    weights = layers.Dense(8, activation="relu", name="narrow")(weights)
    weights = layers.Dense(64, activation="sigmoid", name="wide")(weights)
    return keras.Model(image, image + x * weights, name="squeeze_and_excite")


def masked(blocks=4):
    """Build attention blocks that all take the same mask."""
    x = words = keras.Input((32, 64), name="words")
    mask = keras.Input((32, 32), dtype="bool", name="mask")
    for number in range(blocks):
        attended = layers.MultiHeadAttention(4, 16, name=f"attention_{number + 1}")(x, x, attention_mask=mask)
        x = layers.Dense(64, activation="relu", name=f"dense_{number + 1}")(layers.Add()([x, attended]))
    return keras.Model([words, mask], x, name="masked")


def repeated(blocks=6, growing=False):
    """Build equal residual blocks, or blocks whose channels grow."""
    x = layers.Conv2D(32, 3, padding="same", name="stem")(image := keras.Input((32, 32, 3), name="image"))
    for number in range(blocks):
        filters = 32 * (number + 1 if growing else 1)
        y = layers.Conv2D(filters, 3, padding="same", name=f"block{number + 1}_conv")(x)
        y = layers.BatchNormalization(name=f"block{number + 1}_norm")(y)
        y = layers.ReLU(name=f"block{number + 1}_relu")(y)
        x = y if growing else layers.Add(name=f"block{number + 1}_add")([x, y])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, layers.Dense(10, name="output")(x), name="repeated")


def stages(filters=(16, 32, 64)):
    """Build stages of other sizes, each with a convolution and a residual block."""
    x = image = keras.Input((32, 32, 3), name="image")
    for stage, count in enumerate(filters):
        x = layers.Conv2D(count, 3, strides=2 if stage else 1, padding="same", name=f"stage{stage + 1}")(x)
        y = x
        for number in range(3):
            y = layers.Conv2D(count, 3, padding="same", name=f"stage{stage + 1}_conv{number + 1}")(y)
            y = layers.ReLU(name=f"stage{stage + 1}_relu{number + 1}")(y)
        x = layers.Add(name=f"stage{stage + 1}_add")([x, y])
    x = layers.GlobalAveragePooling2D(name="pool")(x)
    return keras.Model(image, layers.Dense(10, name="output")(x), name="stages")


def last_word():
    """Build a model of which only the last step goes on."""
    words = keras.Input((16, 32), name="words")
    x = layers.LSTM(32, return_sequences=True, name="lstm")(words)
    return keras.Model(words, layers.Dense(4, name="output")(x[:, -1] * 0.5), name="last_word")


class Classifier(keras.Model):
    """A subclassed model with two inputs, of which it adds what it makes of them."""

    def __init__(self):
        super().__init__(name="classifier")
        self.photo, self.sketch = layers.Conv2D(16, 3, name="photo_conv"), layers.Conv2D(16, 3, name="sketch_conv")
        self.pool, self.output_layer = layers.GlobalAveragePooling2D(name="pool"), layers.Dense(10, name="output")

    def call(self, inputs):
        photo, sketch = inputs
        return self.output_layer(self.pool(self.photo(photo) + self.sketch(sketch)))


def classifier():
    """Build the model with two inputs."""
    return Classifier()


class Untraceable(keras.Model):
    """A subclassed model that computes with NumPy, so that what feeds what cannot be known."""

    def __init__(self):
        super().__init__(name="untraceable")
        self.first, self.second = layers.Dense(48, name="first"), layers.Dense(16, name="second")

    def call(self, inputs):
        return ops.convert_to_tensor(self.second(self.first(inputs).numpy()))


def untraceable():
    """Build the model whose connections are not known."""
    return Untraceable()
