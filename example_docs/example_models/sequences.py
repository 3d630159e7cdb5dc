"""Networks that read sequences, tables and several things at once."""

import keras
from keras import layers


def mlp(hidden=(256, 128, 64), classes=10):
    """Build a plain multilayer perceptron."""
    model = keras.Sequential([keras.Input((784,))], name="mlp")
    for units in hidden:
        model.add(layers.Dense(units, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


def recurrent(steps=128, channels=9):
    """Build a network that names a movement from a phone's sensors: Conv1D, then LSTM."""
    return keras.Sequential(
        [
            keras.Input((steps, channels)),
            layers.Conv1D(64, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Conv1D(128, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.LSTM(96, return_sequences=True),
            layers.LSTM(64),
            layers.Dropout(0.3),
            layers.Dense(6, activation="softmax"),
        ],
        name="movements",
    )


def transformer_encoder(words=64, vocabulary=8000, width=96, heads=4):
    """Build a small transformer encoder that classifies texts."""
    inputs = keras.Input((words,), dtype="int32")
    x = layers.Embedding(vocabulary, width)(inputs)
    for _ in range(2):
        attended = layers.MultiHeadAttention(heads, width // heads)(x, x)
        x = layers.LayerNormalization()(layers.Add()([x, attended]))
        fed = layers.Dense(4 * width, activation="gelu")(x)
        fed = layers.Dense(width)(fed)
        x = layers.LayerNormalization()(layers.Add()([x, fed]))
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x), name="text_classifier")


def picture_and_facts():
    """Build a model with two inputs: the price of a house from a photo and a row of facts."""
    photo = keras.Input((64, 64, 3), name="photo")
    x = layers.Conv2D(16, 3, strides=2, activation="relu")(photo)
    x = layers.Conv2D(32, 3, strides=2, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    facts = keras.Input((24,), name="facts")
    y = layers.Dense(32, activation="relu")(facts)
    both = layers.Concatenate()([x, y])
    price = layers.Dense(1, name="price")(layers.Dense(32, activation="relu")(both))
    return keras.Model([photo, facts], price, name="house_price")


def siamese():
    """Build a siamese network: one tower, called twice, tells whether two pictures show the same."""
    tower = keras.Sequential(
        [
            keras.Input((48, 48, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(64, name="embedding"),
        ],
        name="tower",
    )
    left, right = keras.Input((48, 48, 1), name="left"), keras.Input((48, 48, 1), name="right")
    apart = layers.Subtract(name="difference")([tower(left), tower(right)])
    same = layers.Dense(1, activation="sigmoid", name="same")(apart)
    return keras.Model([left, right], same, name="siamese")
