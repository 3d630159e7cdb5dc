"""Draw many models in many ways, on sheets to be looked at.

Run: ``python tools/contact_sheet.py FOLDER [WORD ...]``. Writes ``sheet-1.png``, ... into FOLDER, each drawing at its
own size under its caption; with words, only the drawings whose caption has one of them. Needs the extra tensorflow.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
from keras import applications, layers
from PIL import Image, ImageDraw, ImageFont

from sphinxext_layered import SpacingDummyLayer
from sphinxext_layered.description import ModelDescription
from sphinxext_layered.drawing import fonts, lay_out
from sphinxext_layered.drawing.paint import paint_image
from sphinxext_layered.options import LayeredViewOptions
from sphinxext_layered.reading import build_and_describe

sys.path.insert(0, str(Path(__file__).parent.parent / "example_docs"))  # the manual's models

PER_SHEET = 6
WIDEST = 1500


def lenet() -> Any:
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(6, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Conv2D(16, 5, activation="tanh"),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(120, activation="tanh"),
            layers.Dense(84, activation="tanh"),
            layers.Dense(10, activation="softmax"),
        ],
        name="lenet_5",
    )


def autoencoder() -> Any:
    down = [layers.Conv2D(2**k, 3, strides=2, padding="same") for k in (5, 6, 7)]
    up = [layers.Conv2DTranspose(2**k, 3, strides=2, padding="same") for k in (7, 6, 5)]
    return keras.Sequential(
        [keras.Input((64, 64, 3)), *down, *up, layers.Conv2D(3, 3, padding="same")], name="autoencoder"
    )


def unet(data_format: str = "channels_last") -> Any:
    axis = -1 if data_format == "channels_last" else 1
    shape = (128, 128, 3) if axis == -1 else (3, 128, 128)
    common = {"padding": "same", "data_format": data_format}
    x = inputs = keras.Input(shape)
    skips = []
    for k in (16, 32, 64):
        x = layers.Conv2D(k, 3, activation="relu", **common)(x)
        skips.append(x)
        x = layers.MaxPooling2D(2, data_format=data_format)(x)
    x = layers.Conv2D(128, 3, activation="relu", **common)(x)
    for k, skip in zip((64, 32, 16), reversed(skips), strict=True):
        x = layers.Conv2DTranspose(k, 2, strides=2, **common)(x)
        x = layers.Concatenate(axis=axis)([skip, x])
        x = layers.Conv2D(k, 3, activation="relu", **common)(x)
    return keras.Model(inputs, layers.Conv2D(1, 1, **common)(x), name="u_net")


def mlp() -> Any:
    return keras.Sequential(
        [keras.Input((784,)), *(layers.Dense(k, activation="relu") for k in (512, 256, 64)), layers.Dense(10)],
        name="mlp",
    )


def big_mlp() -> Any:
    return keras.Sequential(
        [keras.Input((784,)), layers.Dense(4096), layers.Dense(25_000), layers.Dense(10)], name="capped_mlp"
    )


def sequence() -> Any:
    return keras.Sequential(
        [
            keras.Input((120, 16)),
            layers.Conv1D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling1D(2),
            layers.Bidirectional(layers.LSTM(32, return_sequences=True)),
            layers.LSTM(32),
            layers.Dense(5, activation="softmax"),
        ],
        name="sequence",
    )


def volume() -> Any:
    return keras.Sequential(
        [
            keras.Input((32, 32, 32, 1)),
            layers.Conv3D(8, 3, activation="relu"),
            layers.MaxPooling3D(2),
            layers.Conv3D(16, 3, activation="relu"),
            layers.MaxPooling3D(2),
            layers.Flatten(),
            layers.Dense(4),
        ],
        name="volume",
    )


def open_sizes() -> Any:
    return keras.Sequential(
        [
            keras.Input((None, None, 3)),
            layers.Conv2D(32, 3, padding="same"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, padding="same"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10),
        ],
        name="fully_convolutional",
    )


def siamese() -> Any:
    tower = keras.Sequential(
        [keras.Input((48, 48, 1)), layers.Conv2D(16, 3), layers.MaxPooling2D(4), layers.Flatten(), layers.Dense(64)],
        name="tower",
    )
    left, right = keras.Input((48, 48, 1), name="left"), keras.Input((48, 48, 1), name="right")
    merged = layers.Concatenate()([tower(left), tower(right)])
    return keras.Model([left, right], {"same": layers.Dense(1, name="same")(merged)}, name="siamese")


def transformer() -> Any:
    x = inputs = keras.Input((64,), dtype="int32")
    x = layers.Embedding(5000, 48)(x)
    for _ in range(2):
        x = layers.LayerNormalization()(x + layers.MultiHeadAttention(4, 12)(x, x))
        x = layers.LayerNormalization()(x + layers.Dense(48)(layers.Dense(96, activation="gelu")(x)))
    return keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)), name="transformer")


def generator() -> Any:
    return keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dense(7 * 7 * 128),
            layers.Reshape((7, 7, 128)),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu"),
            layers.Conv2D(1, 5, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def spaced() -> Any:
    return keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            layers.Conv2D(32, 3),
            layers.MaxPooling2D(2),
            SpacingDummyLayer(spacing=80),
            layers.Flatten(),
            layers.Dense(100),
            layers.Dense(10),
        ],
        name="spaced",
    )


def scalars() -> Any:
    inputs = keras.Input((8,))
    return keras.Model(inputs, layers.Lambda(lambda t: keras.ops.sum(t))(layers.Dense(4)(inputs)), name="scalar")


class Subclassed(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="subclassed")
        self.head = layers.Dense(10)
        self.first = layers.Conv2D(16, 3)
        self.pool = layers.MaxPooling2D(2)
        self.second = layers.Conv2D(32, 3)
        self.flat = layers.Flatten()

    def call(self, x: Any) -> Any:
        return self.head(self.flat(self.second(self.pool(self.first(x)))))


def branches() -> Any:
    x = inputs = keras.Input((32, 32, 16), name="image")
    wide = layers.Conv2D(16, 5, padding="same", name="wide")(x)
    narrow = layers.Conv2D(16, 1, name="narrow")(x)
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name="pool")(x)
    x = layers.Concatenate(name="joined")([wide, narrow, pooled])
    return keras.Model(inputs, layers.Conv2D(16, 1, name="conv")(x) + inputs, name="branches")


def vgg16() -> Any:
    return applications.VGG16(weights=None)


WIDE = {"max_width": 1000}
TO_CLASS = {"type_ignore": "Dropout, BatchNormalization, Activation, ReLU, ZeroPadding2D"}

PAGE = {"max_width": 710, "sizing_mode": "balanced", "max_z": 120, "max_xy": 320, "legend": True}
NAMED = {**PAGE, "text_callable": "name"}
DARK = {**PAGE, "theme": "dark"}
SEQUENCES = {**PAGE, "max_xy": 160, "max_z": 60}


def of_manual(reference: str, **arguments: Any) -> Callable[[], Any]:
    """Return the builder of one of the manual's models."""
    module, _, function = reference.partition(":")

    def build() -> Any:
        return getattr(importlib.import_module(f"example_models.{module}"), function)(**arguments)

    return build


def application(name: str) -> Callable[[], Any]:
    """Return the builder of one of Keras's applications."""
    return lambda: getattr(applications, name)(weights=None)


unet_of_page = of_manual("architectures:unet")
small_unet = of_manual("encoders:unet")
towers = of_manual("sequences:siamese")
blocks = of_manual("graphs:repeated")
masked = of_manual("graphs:masked", blocks=6)
weighted = of_manual("graphs:squeeze_and_excite")

GRAPHS: list[tuple[str, Callable[[], Any], dict[str, Any]]] = [
    *(
        (f"Graph: {name} on a page", application(name), PAGE)
        for name in (
            *("ResNet50", "ResNet152", "InceptionV3", "Xception", "MobileNetV2", "EfficientNetB0"),
            *("EfficientNetV2L", "DenseNet121", "ConvNeXtTiny", "NASNetMobile"),
        )
    ),
    ("Graph: ResNet50 on a dark page", application("ResNet50"), DARK),
    ("Graph: U-Net on a page", unet_of_page, PAGE),
    ("Graph: U-Net on a dark page", unet_of_page, DARK),
    ("Graph: diffusion U-Net", of_manual("architectures:diffusion_unet"), PAGE),
    ("Graph: BERT", of_manual("architectures:bert"), SEQUENCES),
    ("Graph: GPT", of_manual("architectures:gpt"), SEQUENCES),
    ("Graph: ViT", of_manual("architectures:vit"), SEQUENCES),
    ("Graph: encoder-decoder with attention", of_manual("architectures:translator"), SEQUENCES),
    ("Graph: wide and deep", of_manual("architectures:wide_and_deep"), PAGE),
    ("Graph: wide and deep, collapsed", of_manual("architectures:wide_and_deep"), {**PAGE, "collapse": "yes"}),
    ("Graph: detector", of_manual("architectures:detector"), PAGE),
    ("Graph: VAE", of_manual("architectures:vae"), PAGE),
    ("Graph: siamese, names", towers, NAMED),
    ("Graph: siamese, expanded", towers, {**NAMED, "expand_nested": "yes"}),
    ("Graph: two inputs", of_manual("sequences:picture_and_facts"), NAMED),
    ("Graph: branches, names", branches, NAMED),
    ("Graph: branches, a row", branches, {**PAGE, "connections": "row"}),
    ("Graph: branches, reversed", branches, {**NAMED, "draw_reversed": True}),
    ("Graph: branches, flat, dark", branches, {**DARK, "draw_volume": False}),
    ("Graph: squeeze and excite, skips below", weighted, {**NAMED, "skip_connections": "below"}),
    ("Graph: masked blocks, stubs", masked, NAMED),
    ("Graph: masked blocks, no stubs", masked, {**PAGE, "stubs": "no"}),
    ("Graph: U-Net in rows, numbers", small_unet, {**NAMED, "max_width": 420}),
    ("Graph: U-Net, groups", small_unet, {**PAGE, "groups": "Encoder=conv2d..bottom; Decoder=conv2d_transpose..mask"}),
    ("Graph: kinds", of_manual("graphs:stages"), {**NAMED, "fold": "yes", "collapse": "kinds"}),
    ("Graph: repeats, whole", blocks, {**PAGE, "fold": "no", "collapse": "no"}),
    ("Graph: repeats, folded and collapsed", blocks, {**NAMED, "fold": "yes", "collapse": "yes"}),
    (
        "Graph: repeats that grow",
        of_manual("graphs:repeated", growing=True),
        {**NAMED, "fold": "yes", "collapse": "channels"},
    ),
]

DRAWINGS: list[tuple[str, Callable[[], Any], dict[str, Any]]] = [
    ("VGG16, reference's sizes", vgg16, {"max_width": 1480}),
    ("VGG16 at 1000", vgg16, WIDE),
    ("VGG16 at 1000, legend", vgg16, {**WIDE, "legend": True}),
    ("VGG16 at 1000, name and shape", vgg16, {**WIDE, "text_callable": "name_and_shape"}),
    (
        "VGG16 at 1000, reversed, legend, default text",
        vgg16,
        {**WIDE, "draw_reversed": True, "legend": True, "text_callable": "default"},
    ),
    ("VGG16 at 1000, flat", vgg16, {**WIDE, "draw_volume": False, "legend": True}),
    ("VGG16, balanced", vgg16, {**WIDE, "sizing_mode": "balanced", "legend": True}),
    ("VGG16, logarithmic, shapes", vgg16, {**WIDE, "sizing_mode": "logarithmic", "text_callable": "shape"}),
    ("VGG16 at 720, balanced", vgg16, {"max_width": 720, "sizing_mode": "balanced"}),
    ("VGG16 at 720, logarithmic", vgg16, {"max_width": 720, "sizing_mode": "logarithmic", "legend": True}),
    ("VGG16, relative", vgg16, {**WIDE, "sizing_mode": "relative"}),
    ("VGG16, capped", vgg16, {**WIDE, "sizing_mode": "capped", "capped_limits": "60, 300, 200"}),
    ("VGG16, dark, legend with dimensions", vgg16, {**WIDE, "theme": "dark", "legend": True, "show_dimension": True}),
    ("VGG16 at 358, a phone", vgg16, {"max_width": 358, "legend": True}),
    ("LeNet-5", lenet, {"legend": True}),
    ("LeNet-5, larger, names", lenet, {"scale_xy": 8, "scale_z": 2, "text_callable": "name"}),
    ("LeNet-5, classic palette", lenet, {"palette": "classic", "legend": True}),
    (
        "LeNet-5, transparent background",
        lenet,
        {"background_fill": "transparent", "legend": True, "color_map": "Dense=#11223380"},
    ),
    ("Autoencoder", autoencoder, {"legend": True}),
    ("Autoencoder, reversed, shapes", autoencoder, {"draw_reversed": True, "text_callable": "shape"}),
    (
        "Autoencoder, flat, no funnel",
        autoencoder,
        {"draw_volume": False, "draw_funnel": False, "text_callable": "class"},
    ),
    ("U-Net", unet, {**WIDE, "legend": True}),
    ("U-Net, channels first", lambda: unet("channels_first"), {**WIDE, "legend": True}),
    ("U-Net, dark, names", unet, {**WIDE, "theme": "dark", "text_callable": "name", "legend": True}),
    ("U-Net, thick connectors", unet, {**WIDE, "connector_width": 2, "connector_color": "gold"}),
    ("MLP", mlp, {"legend": True}),
    ("MLP along y, units", mlp, {"one_dim_orientation": "y", "scale_xy": 0.5, "text_callable": "shape"}),
    ("MLP along x", mlp, {"one_dim_orientation": "x", "scale_xy": 0.5, "legend": True}),
    ("MLP, capped boxes", big_mlp, {"legend": True, "text_callable": "shape"}),
    ("Sequence", sequence, {"legend": True}),
    (
        "Sequence, mode sequence, activations",
        sequence,
        {"sizing_mode": "sequence", "text_callable": "activation", "legend": True},
    ),
    ("Sequence, mode sequence, shapes", sequence, {"sizing_mode": "sequence", "text_callable": "name_and_shape"}),
    ("Volume", volume, {"legend": True}),
    ("Open sizes, shapes", open_sizes, {"text_callable": "shape", "legend": True}),
    ("Siamese", siamese, {"text_callable": "name", "legend": True}),
    ("Transformer", transformer, {**WIDE, "legend": True}),
    ("Transformer, mode sequence, names", transformer, {**WIDE, "sizing_mode": "sequence", "text_callable": "name"}),
    ("Generator", generator, {**WIDE, "legend": True, "text_callable": "shape"}),
    ("Spaced", spaced, {"legend": True, "legend_position": "right"}),
    ("Scalar output", scalars, {"text_callable": "shape"}),
    ("Subclassed", Subclassed, {"input_shape": "48, 48, 3", "legend": True, "text_callable": "name"}),
    (
        "Styles: one layer gold, pooling hidden",
        lenet,
        {"styles": "conv2d=gold/black; AveragePooling2D=hidden", "legend": True},
    ),
    ("One Dense by its own name", lenet, {"color_map": "dense_1=#ef476f", "legend": True}),
    ("Legend on top", lenet, {"legend": True, "legend_position": "top"}),
    ("Legend on the left, large font", lenet, {"legend": True, "legend_position": "left", "font_size": 22}),
    ("ResNet50 at 1000", lambda: applications.ResNet50(weights=None), {**WIDE, "legend": True}),
    (
        "ResNet50 at 1000, main layers",
        lambda: applications.ResNet50(weights=None),
        {**WIDE, **TO_CLASS, "legend": True},
    ),
    ("MobileNetV2 at 1000", lambda: applications.MobileNetV2(weights=None), {**WIDE, "legend": True}),
    (
        "MobileNetV2 at 720, balanced",
        lambda: applications.MobileNetV2(weights=None),
        {"max_width": 720, "sizing_mode": "balanced", "legend": True},
    ),
    (
        "MobileNetV3Small at 1000, its open sizes given",
        lambda: applications.MobileNetV3Small(weights=None),
        {**WIDE, "input_shape": "224, 224, 3", "legend": True},
    ),
    (
        "ResNet50 at 358, a phone",
        lambda: applications.ResNet50(weights=None),
        {"max_width": 358, "legend": True},
    ),
    ("DenseNet121 at 1000", lambda: applications.DenseNet121(weights=None), {**WIDE, "legend": True}),
    ("EfficientNetB0 at 1000", lambda: applications.EfficientNetB0(weights=None), {**WIDE, "legend": True}),
    (
        "InceptionV3 at 1000, dark",
        lambda: applications.InceptionV3(weights=None),
        {**WIDE, "theme": "dark", "legend": True},
    ),
    ("Xception at 1000, names", lambda: applications.Xception(weights=None), {**WIDE, "text_callable": "name"}),
    ("ConvNeXtTiny at 1000", lambda: applications.ConvNeXtTiny(weights=None), {**WIDE, "legend": True}),
    ("NASNetLarge at 1000", lambda: applications.NASNetLarge(weights=None), {**WIDE, "legend": True}),
    ("EfficientNetV2L at 1000", lambda: applications.EfficientNetV2L(weights=None), {**WIDE, "legend": True}),
]


def drawings(words: list[str]) -> Iterator[tuple[str, Image.Image]]:
    """Draw each, describing each model once."""
    described: dict[tuple[object, object], ModelDescription] = {}
    for title, build, given in [*DRAWINGS, *GRAPHS]:
        if words and not any(word.lower() in title.lower() for word in words):
            continue
        options = LayeredViewOptions.of(given)
        key = (build, options.input_shape)
        if key not in described:
            described[key] = build_and_describe(build, input_shape=options.input_shape)
        scene = lay_out(described[key], options)
        yield f"{title} ({scene.width} x {scene.height})", paint_image(scene)


def sheet(pictures: list[tuple[str, Image.Image]]) -> Image.Image:
    """Put the pictures one below the other, each under its caption."""
    captions = ImageFont.truetype(str(Path(fonts.__file__).parent / "DejaVuSans.ttf"), 14)
    height = sum(picture.height + 50 for _, picture in pictures)
    whole = Image.new("RGB", (WIDEST, height), "#c8ccd0")
    draw = ImageDraw.Draw(whole)
    top = 0
    for title, picture in pictures:
        draw.text((10, top + 10), title, fill="black", font=captions)
        whole.paste(picture, (10, top + 32), picture if picture.mode == "RGBA" else None)
        top += picture.height + 50
    return whole


def main() -> None:
    folder, *words = sys.argv[1:] or ["contact_sheets"]
    Path(folder).mkdir(parents=True, exist_ok=True)
    made = list(drawings(words))
    for number, start in enumerate(range(0, len(made), PER_SHEET), start=1):
        sheet(made[start : start + PER_SHEET]).save(Path(folder) / f"sheet-{number}.png")
    print(f"{len(made)} drawings on sheets in {folder}")


if __name__ == "__main__":
    main()
