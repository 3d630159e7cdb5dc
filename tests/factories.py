"""Descriptions of models by hand, for tests that need no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from unittest import mock

from PIL import Image, ImageFont
from PIL._util import DeferredError

from sphinxext_layered.description import (
    ARGUMENT,
    CallDescription,
    End,
    LayerDescription,
    ModelDescription,
    Shape,
    Source,
)


def layer(class_name: str = "Conv2D", *shape: int | None, **given: Any) -> LayerDescription:
    """A layer whose output has these sizes after an open batch; `model` gives it its index and feeders."""
    values: dict[str, Any] = {
        "index": 0,
        "name": class_name.lower(),
        "module": "keras.layers",
        "bases": ("keras.layers.Layer",),
        "output_shapes": ((None, *shape),),
    }
    return LayerDescription(class_name=class_name, **{**values, **given})


def model(
    *layers: LayerDescription,
    name: str = "net",
    feeders: Mapping[int, Sequence[int]] | None = None,
    input_shapes: tuple[Shape, ...] | None = None,
    output_shapes: tuple[Shape, ...] | None = None,
    **given: Any,
) -> ModelDescription:
    """A model of layers, each called once and fed by the one before it unless `feeders` says otherwise.

    Names are made distinct. With `input_shapes` it takes these where it would take what the first layer gives.
    """
    seen: dict[str, int] = {}
    placed = []
    for index, each in enumerate(layers):
        count = seen[each.name] = seen.get(each.name, 0) + 1
        placed.append(replace(each, index=index, name=each.name if count == 1 else f"{each.name}_{count - 1}"))
    before = {index: (index - 1,) if index else () for index in range(len(layers))} | dict(feeders or {})
    taken = [] if input_shapes is None else [argument(*shape) for shape in input_shapes]
    calls = [
        CallDescription(
            name=each.name,
            layer=index,
            output_shapes=each.output_shapes,
            inputs=tuple(Source(feeder + len(taken)) for feeder in before[index])
            or tuple(Source(i) for i in range(len(taken))),
        )
        for index, each in enumerate(placed)
    ]
    calls = [*taken, *calls]
    last = calls[-1:]
    if output_shapes is not None:
        last = [replace(calls[-1], output_shapes=output_shapes)]
        calls[-1:] = last
    fed = {source.call for call in calls for source in call.inputs or ()}
    outputs = [i for i in range(len(calls)) if i not in fed] if output_shapes is None else [len(calls) - 1]
    inputs = [i for i, call in enumerate(calls) if not call.inputs]
    return ModelDescription(
        name=name,
        class_name="Functional",
        layers=tuple(placed),
        calls=tuple(calls),
        inputs=tuple(End(source=Source(i)) for i in inputs),
        outputs=tuple(End(source=Source(i, output)) for i in outputs for output in range(len(calls[i].output_shapes))),
        **given,
    )


def argument(*shape: int | None) -> CallDescription:
    """What a model without input layers is given."""
    return CallDescription(name="inputs", class_name=ARGUMENT, output_shapes=(shape,))


def graph(*nodes: tuple[Any, ...], name: str = "net", outputs: Sequence[str] | None = None) -> ModelDescription:
    """A model as a graph: each node is a layer or an operation's class with a shape, and what feeds it.

    ``("conv", layer("Conv2D", 8, 8, 4), "input")`` calls a layer, ``("sum", "Add", (8, 8, 4), "conv", "input")`` an
    operation, ``("again", "conv", "other")`` the layer of that name once more.
    """
    layers: list[LayerDescription] = []
    calls: list[CallDescription] = []
    at: dict[str, int] = {}
    place: dict[str, int] = {}
    for own, what, *rest in nodes:
        at[own] = len(calls)
        if isinstance(what, LayerDescription):
            place[own] = len(layers)
            layers.append(replace(what, index=len(layers), name=own))
            given = {"name": own, "layer": place[own], "output_shapes": what.output_shapes}
        elif what in place:
            again = layers[place[what]]
            given = {"name": again.name, "layer": place[what], "output_shapes": again.output_shapes}
        else:
            shape, *rest = rest
            given = {"name": own, "class_name": what, "module": "keras.src.ops", "output_shapes": ((None, *shape),)}
        sources = tuple(Source(at[each]) for each in rest)
        calls.append(CallDescription(inputs=sources, **given))
    fed = {source.call for call in calls for source in call.inputs or ()}
    last = [at[each] for each in outputs] if outputs else [i for i in range(len(calls)) if i not in fed]
    return ModelDescription(
        name=name,
        class_name="Functional",
        layers=tuple(layers),
        calls=tuple(calls),
        inputs=tuple(End(source=Source(i)) for i, call in enumerate(calls) if not call.inputs),
        outputs=tuple(End(source=Source(i)) for i in last),
    )


def spacing(pixels: int) -> LayerDescription:
    """A spacing layer: it passes shapes through and is drawn as a gap."""
    return layer("SpacingDummyLayer", 4, 4, 4, spacing=pixels, module="sphinxext_layered.reading.spacing")


def vgg16() -> ModelDescription:
    """VGG16 as Keras describes it: 23 layers."""
    layers = [layer("InputLayer", 224, 224, 3)]
    size = 224
    for channels, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        layers += [layer("Conv2D", size, size, channels, activation="relu", parameters=9)] * convolutions
        size //= 2
        layers.append(layer("MaxPooling2D", size, size, channels))
    layers.append(layer("Flatten", 25088))
    layers += [layer("Dense", 4096, activation="relu")] * 2
    layers.append(layer("Dense", 1000, activation="softmax"))
    return model(*layers, name="vgg16")


def lenet() -> ModelDescription:
    """LeNet-5."""
    return model(
        layer("InputLayer", 32, 32, 1),
        layer("Conv2D", 28, 28, 6),
        layer("AveragePooling2D", 14, 14, 6),
        layer("Conv2D", 10, 10, 16),
        layer("AveragePooling2D", 5, 5, 16),
        layer("Flatten", 400),
        layer("Dense", 120),
        layer("Dense", 84),
        layer("Dense", 10),
        name="lenet5",
    )


def autoencoder() -> ModelDescription:
    """Convolutions down to a code and up again: the decoder's boxes grow."""
    down = [layer("Conv2D", size, size, channels) for size, channels in ((64, 32), (32, 64), (16, 128), (8, 256))]
    up = [layer("Conv2DTranspose", size, size, channels) for size, channels in ((16, 128), (32, 64), (64, 32))]
    return model(
        layer("InputLayer", 64, 64, 3), *down, layer("Dense", 64), *up, layer("Conv2D", 64, 64, 3), name="autoencoder"
    )


def unet() -> ModelDescription:
    """A U-Net of four levels."""
    layers = [layer("InputLayer", 128, 128, 1)]
    for level in range(4):
        size, channels = 128 >> level, 32 << level
        layers += [layer("Conv2D", size, size, channels)] * 2
        layers.append(layer("MaxPooling2D", size // 2, size // 2, channels))
    layers += [layer("Conv2D", 8, 8, 512)] * 2
    for level in reversed(range(4)):
        size, channels = 128 >> level, 32 << level
        layers.append(layer("UpSampling2D", size, size, channels * 2))
        layers.append(layer("Concatenate", size, size, channels * 2))
        layers += [layer("Conv2D", size, size, channels)] * 2
    layers.append(layer("Conv2D", 128, 128, 2))
    return model(*layers, name="unet")


def resnet(blocks: tuple[int, ...] = (3, 4, 6, 3)) -> ModelDescription:
    """A deep network of the kind of ResNet50, some 177 layers."""
    layers = [layer("InputLayer", 224, 224, 3), layer("ZeroPadding2D", 230, 230, 3), layer("Conv2D", 112, 112, 64)]
    layers += [
        layer("BatchNormalization", 112, 112, 64),
        layer("ReLU", 112, 112, 64),
        layer("MaxPooling2D", 56, 56, 64),
    ]
    for stage, number in enumerate(blocks):
        size, channels = 56 >> stage, 64 << stage
        for block in range(number):
            for width in (channels, channels, channels * 4, *([channels * 4] if block == 0 else [])):
                layers += [layer("Conv2D", size, size, width), layer("BatchNormalization", size, size, width)]
                layers.append(layer("ReLU", size, size, width))
            layers.append(layer("Add", size, size, channels * 4))
    layers += [layer("GlobalAveragePooling2D", 2048), layer("Dense", 1000)]
    return model(*layers, name="resnet50")


def sequence() -> ModelDescription:
    """Embedding, convolution and LSTMs over an open length."""
    return model(
        layer("InputLayer", None),
        layer("Embedding", None, 128),
        layer("Conv1D", None, 64),
        layer("LSTM", None, 96),
        layer("Dropout", None, 96),
        layer("LSTM", 96),
        layer("Dense", 1),
        name="sentiment",
    )


def mlp() -> ModelDescription:
    """A plain multilayer perceptron."""
    units = (784, 512, 256, 128, 10)
    return model(layer("InputLayer", units[0]), *(layer("Dense", each) for each in units[1:]), name="mlp")


def cnn3d() -> ModelDescription:
    """Convolutions over a volume."""
    return model(
        layer("InputLayer", 16, 64, 64, 1),
        layer("Conv3D", 14, 62, 62, 16),
        layer("MaxPooling3D", 7, 31, 31, 16),
        layer("Conv3D", 5, 29, 29, 32),
        layer("MaxPooling3D", 2, 14, 14, 32),
        layer("Flatten", 12544),
        layer("Dense", 128),
        layer("Dense", 10),
        name="volumes",
    )


def bitmap_font() -> ImageFont.ImageFont:
    """Pillow's font of pixels, as where FreeType is missing: its older releases have no function that gives it."""
    with mock.patch.object(ImageFont, "core", DeferredError(ImportError())):
        return ImageFont.load_default()


def pixels(image: Image.Image) -> list[Any]:
    """Yield each pixel in turn: the function of Pillow for it has another name in older releases."""
    bands, data = len(image.getbands()), image.tobytes()
    return list(data) if bands == 1 else list(zip(*[iter(data)] * bands, strict=True))
