"""Networks that look at pictures."""

import keras
from keras import layers


def lenet5(classes=10):
    """Build LeNet-5, which read handwritten digits in 1998."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh", name="c1"),
            layers.AveragePooling2D(2, name="s2"),
            layers.Conv2D(16, 5, activation="tanh", name="c3"),
            layers.AveragePooling2D(2, name="s4"),
            layers.Conv2D(120, 5, activation="tanh", name="c5"),
            layers.Flatten(),
            layers.Dense(84, activation="tanh", name="f6"),
            layers.Dense(classes, activation="softmax", name="output"),
        ],
        name="lenet5",
    )


def vgg16():
    """Build VGG16 of 2014: blocks of small convolutions, halved by pooling."""
    return keras.applications.VGG16(weights=None)


def resnet50():
    """Build ResNet50 of 2015."""
    return keras.applications.ResNet50(weights=None)


def mobilenet_v2():
    """Build MobileNetV2 of 2018."""
    return keras.applications.MobileNetV2(weights=None)


def residual_block(filters=64):
    """Build one residual block: what comes in is added to what two convolutions make of it."""
    inputs = keras.Input((56, 56, filters))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU()(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Add()([inputs, x])
    return keras.Model(inputs, layers.ReLU()(x), name="residual_block")


def volumes():
    """Build a 3D CNN that classifies scans of 64 slices."""
    model = keras.Sequential([keras.Input((64, 64, 64, 1))], name="scan_classifier")
    for filters in (8, 16, 32):
        model.add(layers.Conv3D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling3D(2))
    model.add(layers.GlobalAveragePooling3D())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dropout(0.4))
    model.add(layers.Dense(2, activation="softmax"))
    return model
