"""Networks that make something small of a picture, and a picture of something small."""

import keras
from keras import layers


def autoencoder(code=32):
    """Build a convolutional autoencoder: down to a short code and up again."""
    inputs = keras.Input((64, 64, 3))
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(128, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(code, name="code")(x)
    x = layers.Dense(8 * 8 * 128, activation="relu")(x)
    x = layers.Reshape((8, 8, 128))(x)
    x = layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(3, 3, strides=2, padding="same", activation="sigmoid")(x)
    return keras.Model(inputs, x, name="autoencoder")


def unet(size=128, classes=2):
    """Build a U-Net: an encoder, and a decoder that sees each of the encoder's stages again."""
    x = inputs = keras.Input((size, size, 3))
    stages = []
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        stages.append(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(128, 3, padding="same", activation="relu", name="bottom")(x)
    for stage in reversed(stages):
        x = layers.Conv2DTranspose(stage.shape[-1], 2, strides=2)(x)
        x = layers.Concatenate()([x, stage])
        x = layers.Conv2D(stage.shape[-1], 3, padding="same", activation="relu")(x)
    outputs = layers.Conv2D(classes, 1, activation="softmax", name="mask")(x)
    return keras.Model(inputs, outputs, name="unet")


def dcgan_generator(noise=100):
    """Build DCGAN's generator: noise becomes a picture."""
    return keras.Sequential(
        [
            keras.Input((noise,)),
            layers.Dense(4 * 4 * 512),
            layers.Reshape((4, 4, 512)),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(256, 5, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(128, 5, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(64, 5, strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.Conv2DTranspose(3, 5, strides=2, padding="same", activation="tanh"),
        ],
        name="dcgan_generator",
    )
