"""Colours of layers: of a user's choice, or one for each class that is the same in every picture.

The palette `layered` has a hue for each family of layers and a shade for each class within it, chosen so
that the classes that models use most are told apart by colour-blind readers too (a test says by how
much). On light backgrounds fills are light and outlines dark; on dark backgrounds it is the other way round.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sphinxext_layered.description import LayerDescription, ModelDescription
    from sphinxext_layered.options import LayeredViewOptions

RGBA = tuple[int, int, int, int]
Lch = tuple[float, float, float]
"""Lightness 0 to 1, chroma, and hue in degrees, as OKLCH has them."""

FROZEN: Final = "frozen"
"""The name by which styles speak of every layer that is not trained."""

LAYERED: Final[dict[str, tuple[str, str]]] = {
    # class: its fill on a light background, on a dark background
    "InputLayer": ("#dadddf", "#545d65"),
    "Conv2D": ("#60a4fe", "#3c6c9f"),
    "SeparableConv2D": ("#91c1fe", "#4b81e1"),
    "DepthwiseConv2D": ("#aec0dd", "#275687"),
    "Conv2DTranspose": ("#3a84ea", "#4192c4"),
    "MaxPooling2D": ("#e86b53", "#bf3520"),
    "AveragePooling2D": ("#ffaa8d", "#bb5e53"),
    "GlobalAveragePooling2D": ("#deb0a4", "#912b23"),
    "GlobalMaxPooling2D": ("#d55a47", "#c46e5e"),
    "Dense": ("#fdcc35", "#9e7600"),
    "BatchNormalization": ("#ab8ad6", "#664aaf"),
    "LayerNormalization": ("#afa4d8", "#7b60c2"),
    "GroupNormalization": ("#9674ce", "#553a95"),
    "ReLU": ("#67c56d", "#43804f"),
    "Activation": ("#ace6ad", "#399f68"),
    "Softmax": ("#4eae67", "#366d44"),
    "Dropout": ("#acb4bc", "#78838c"),
    "LSTM": ("#54b0a5", "#327062"),
    "GRU": ("#90d3c1", "#22837b"),
    "SimpleRNN": ("#369e94", "#085b56"),
    "Bidirectional": ("#c4fdff", "#5a9789"),
    "MultiHeadAttention": ("#e47fa5", "#b23a6d"),
    "Attention": ("#e497b5", "#c2609d"),
    "Embedding": ("#cab33e", "#4e4600"),
    "Flatten": ("#bfa087", "#8a6538"),
    "Reshape": ("#fee8d3", "#7e573c"),
    "Add": ("#c2e371", "#526d02"),
    "Concatenate": ("#eaf7a9", "#7d9537"),
    "UpSampling2D": ("#92ddff", "#1085aa"),
    "ZeroPadding2D": ("#bfd7e5", "#4f6d7b"),
    "Rescaling": ("#d4e3fc", "#4c5b7c"),
    "Model": ("#91a1be", "#66758e"),
}

_STEPS: Final[dict[str, tuple[str, float]]] = {
    # other classes: the class above that they are a shade of, and how much lighter they are
    "Conv1D": ("Conv2D", 0.05),
    "Conv3D": ("Conv2D", -0.05),
    "SeparableConv1D": ("SeparableConv2D", 0.03),
    "DepthwiseConv1D": ("DepthwiseConv2D", 0.03),
    "Conv1DTranspose": ("Conv2DTranspose", 0.03),
    "Conv3DTranspose": ("Conv2DTranspose", -0.03),
    "LocallyConnected1D": ("Conv2D", 0.02),
    "LocallyConnected2D": ("Conv2D", -0.02),
    "MaxPooling1D": ("MaxPooling2D", 0.03),
    "MaxPooling3D": ("MaxPooling2D", -0.03),
    "AveragePooling1D": ("AveragePooling2D", 0.03),
    "AveragePooling3D": ("AveragePooling2D", -0.03),
    "AdaptiveAveragePooling1D": ("AveragePooling2D", 0.02),
    "AdaptiveAveragePooling2D": ("AveragePooling2D", -0.02),
    "AdaptiveAveragePooling3D": ("AveragePooling2D", -0.045),
    "AdaptiveMaxPooling1D": ("MaxPooling2D", 0.02),
    "AdaptiveMaxPooling2D": ("MaxPooling2D", -0.02),
    "AdaptiveMaxPooling3D": ("MaxPooling2D", -0.045),
    "GlobalAveragePooling1D": ("GlobalAveragePooling2D", 0.03),
    "GlobalAveragePooling3D": ("GlobalAveragePooling2D", -0.03),
    "GlobalMaxPooling1D": ("GlobalMaxPooling2D", 0.03),
    "GlobalMaxPooling3D": ("GlobalMaxPooling2D", -0.03),
    "EinsumDense": ("Dense", -0.06),
    "UnitNormalization": ("LayerNormalization", 0.03),
    "RMSNormalization": ("LayerNormalization", -0.03),
    "SpectralNormalization": ("BatchNormalization", -0.04),
    "LeakyReLU": ("ReLU", 0.03),
    "PReLU": ("ReLU", -0.03),
    "ELU": ("ReLU", 0.05),
    "ThresholdedReLU": ("ReLU", -0.05),
    "SpatialDropout1D": ("Dropout", 0.03),
    "SpatialDropout2D": ("Dropout", -0.03),
    "SpatialDropout3D": ("Dropout", -0.05),
    "AlphaDropout": ("Dropout", 0.05),
    "GaussianDropout": ("Dropout", 0.07),
    "GaussianNoise": ("Dropout", -0.07),
    "ActivityRegularization": ("Dropout", -0.09),
    "ConvLSTM1D": ("LSTM", 0.03),
    "ConvLSTM2D": ("LSTM", -0.03),
    "ConvLSTM3D": ("LSTM", -0.05),
    "RNN": ("SimpleRNN", 0.04),
    "StackedRNNCells": ("SimpleRNN", -0.03),
    "TimeDistributed": ("Bidirectional", -0.04),
    "AdditiveAttention": ("Attention", -0.03),
    "GroupedQueryAttention": ("MultiHeadAttention", -0.04),
    "GroupQueryAttention": ("MultiHeadAttention", -0.04),
    "ReversibleEmbedding": ("Embedding", 0.04),
    "Permute": ("Reshape", -0.04),
    "RepeatVector": ("Reshape", 0.03),
    "Masking": ("Reshape", -0.07),
    "Lambda": ("Model", 0.05),
    "Identity": ("InputLayer", -0.05),
    "Multiply": ("Add", -0.05),
    "Subtract": ("Add", 0.04),
    "Average": ("Add", -0.09),
    "Maximum": ("Concatenate", -0.04),
    "Minimum": ("Concatenate", -0.07),
    "Dot": ("Concatenate", 0.03),
    "UpSampling1D": ("UpSampling2D", 0.03),
    "UpSampling3D": ("UpSampling2D", -0.03),
    "ZeroPadding1D": ("ZeroPadding2D", 0.03),
    "ZeroPadding3D": ("ZeroPadding2D", -0.03),
    "Cropping1D": ("ZeroPadding2D", -0.09),
    "Cropping2D": ("ZeroPadding2D", -0.06),
    "Cropping3D": ("ZeroPadding2D", -0.12),
    "Normalization": ("Rescaling", -0.04),
    "Resizing": ("Rescaling", 0.04),
    "CenterCrop": ("Rescaling", -0.07),
    "TextVectorization": ("Rescaling", 0.02),
    "StringLookup": ("Rescaling", -0.02),
    "IntegerLookup": ("Rescaling", -0.05),
    "CategoryEncoding": ("Rescaling", -0.09),
    "Discretization": ("Rescaling", -0.11),
    "Hashing": ("Rescaling", -0.13),
    "HashedCrossing": ("Rescaling", -0.13),
    "MelSpectrogram": ("Rescaling", -0.15),
    "STFTSpectrogram": ("Rescaling", -0.15),
    "RandomFlip": ("Rescaling", -0.17),
    "RandomRotation": ("Rescaling", -0.2),
    "RandomZoom": ("Rescaling", -0.23),
    "RandomContrast": ("Rescaling", -0.26),
    "BaseImagePreprocessingLayer": ("Rescaling", -0.29),
    "DataLayer": ("Rescaling", -0.29),
    "LSTMCell": ("LSTM", 0.0),
    "GRUCell": ("GRU", 0.0),
    "SimpleRNNCell": ("SimpleRNN", 0.0),
    "Wrapper": ("Bidirectional", -0.08),
    "Pipeline": ("Model", 0.03),
    "JaxLayer": ("Model", 0.07),
    "TFSMLayer": ("Model", 0.07),
    "TorchModuleWrapper": ("Model", 0.07),
    "Functional": ("Model", 0.0),
    "Sequential": ("Model", -0.04),
}

CLASSIC: Final[dict[str, str]] = {
    "gray": "#808080",
    "orange": "#ffa500",
    "red": "#ff0000",
    "pink": "#ffc0cb",
    "salmon": "#fa8072",
    "olive": "#808000",
    "limegreen": "#32cd32",
    "green": "#008000",
    "dodgerblue": "#1e90ff",
    "cyan": "#00ffff",
    "blue": "#0000ff",
    "purple": "#800080",
    "brown": "#a52a2a",
}
"""The colours that the reference gives to classes, by their names in CSS, in the order of their first appearance."""

UNKNOWN: Final = (
    ("#feb9f7", "#61195d"),
    ("#ee8bf8", "#983fa1"),
    ("#b08395", "#54303f"),
    ("#48ec98", "#034a29"),
    ("#21c0ea", "#004456"),
    ("#d360bb", "#831671"),
    ("#fe8a48", "#632a04"),
    ("#e85981", "#750031"),
    ("#bf8350", "#744009"),
    ("#929b1c", "#747c00"),
    ("#ffc2c8", "#99525c"),
    ("#d4adfd", "#541081"),
    ("#847ffc", "#362292"),
    ("#94d851", "#355b00"),
    ("#7a8fd0", "#2a386e"),
    ("#8dfc8e", "#008218"),
    ("#c075eb", "#77309b"),
    ("#95956a", "#5b5b34"),
    ("#fe9bda", "#923d76"),
    ("#b6bc90", "#747951"),
    ("#e27e00", "#aa5f09"),
    ("#d8b3d4", "#61435e"),
    ("#fd717b", "#ad253b"),
    ("#bd9605", "#775e03"),
)
"""Fills of unknown classes, on a light and on a dark background: far from those in the table and from each other."""

_INK: Final = {"light": (0.32, 0.05), "dark": (0.9, 0.05)}
"""Lightness and maximum chroma of outlines."""

_LEAST: Final = 3.0
"""The contrast of outlines; that of graphical objects in WCAG 2.2, 1.4.11."""


@dataclass(frozen=True)
class Look:
    """How one layer is painted; a hidden one leaves its place empty, a hatched one has lines across its front."""

    fill: RGBA
    outline: RGBA
    hidden: bool = False
    hatched: bool = False


@dataclass(frozen=True)
class _Given:
    """What a user says of a layer or class; None where that is left open."""

    fill: RGBA | None = None
    outline: RGBA | None = None
    hidden: bool | None = None
    hatched: bool = False
    paler: bool = False


Table = dict[str, _Given]
"""What a user says, by the name of a layer or class."""


def looks(description: ModelDescription, options: LayeredViewOptions) -> dict[int, Look]:
    """Return each layer's look by its `index`.

    Styles win over the colour map, which wins over the palette; within each the most specific name.
    """
    theme = "dark" if options.theme == "dark" else "light"
    background = over(options.background_fill, _BACKGROUNDS[theme])
    tables = _tables(options)
    users = {given.fill for table in tables for given in table.values() if given.fill}
    given = {layer.index: _given(layer, tables) for layer in description.layers}
    left = [layer for layer in description.layers if given[layer.index].fill is None]
    fills = _classic(left, users) if options.palette == "classic" else _layered(left, theme, users)
    return {
        layer.index: _look(layer, given[layer.index], fills, theme, background, options.shade_step)
        for layer in description.layers
    }


def _look(
    layer: LayerDescription,
    given: _Given,
    fills: dict[str, RGBA],
    theme: str,
    background: RGBA,
    step: float,
) -> Look:
    fill = given.fill or fills[layer.qualified_name]
    fill = _paler(fill, background) if given.paler else fill
    return Look(fill, given.outline or outline_for(fill, theme, background, step), bool(given.hidden), given.hatched)


def _paler(colour: RGBA, background: RGBA) -> RGBA:
    """Return a colour half way to the background."""
    red, green, blue = (round((part + below) / 2) for part, below in zip(colour[:3], background[:3], strict=True))
    return (red, green, blue, colour[3])


def _tables(options: LayeredViewOptions) -> list[Table]:
    """Return what the user says of layers by name; the first table wins."""
    return [
        {
            # What is said of frozen layers shows none that their class hides.
            name: _Given(fill, outline, hidden or (None if name == FROZEN else False), hatched, paler)
            for name, fill, outline, hidden, hatched, paler in options.styles
        },
        {name: _Given(fill, outline) for name, fill, outline in options.color_map},
    ]


def _given(layer: LayerDescription, tables: list[Table]) -> _Given:
    """Return what the user says of the layer; each of fill and outline from the most specific that has it."""
    own, *classes = layer.known_as()
    styles, colours = tables
    found = [styles[name] for name in (own, *([FROZEN] if is_frozen(layer) else []), *classes) if name in styles]
    found += [colours[name] for name in (own, *classes) if name in colours]
    return _Given(
        next((each.fill for each in found if each.fill is not None), None),
        next((each.outline for each in found if each.outline is not None), None),
        next((each.hidden for each in found if each.hidden is not None), False),
        any(each.hatched for each in found),
        any(each.paler for each in found),
    )


def is_frozen(layer: LayerDescription) -> bool:
    """Return whether a layer is known not to be trained."""
    return layer.fact("trainable") is False


_BACKGROUNDS: Final[dict[str, RGBA]] = {"light": (255, 255, 255, 255), "dark": (20, 23, 26, 255)}


def _layered(layers: Iterable[LayerDescription], theme: str, users: set[RGBA]) -> dict[str, RGBA]:
    """Choose a colour of its own for each class, whatever else is in the model.

    Only two classes unknown to Keras that would look alike in one model move apart.
    """
    fills: dict[str, RGBA] = {}
    unknown: dict[str, int] = {}
    for layer in layers:
        known = next((name for name in _class_names(layer) if name in LAYERED or name in _STEPS), None)
        if known:
            fills[layer.qualified_name] = _apart(class_fill(known, theme), users)
        else:
            unknown[layer.qualified_name] = _hash(layer.class_name)
    taken: set[int] = set()
    for name in sorted(unknown):
        slots = [(unknown[name] + n) % len(UNKNOWN) for n in range(len(UNKNOWN))]
        slot = next((slot for slot in slots if slot not in taken), slots[0])
        taken.add(slot)
        fills[name] = _apart(rgba_of(UNKNOWN[slot][theme == "dark"]), users)
    return fills


def _class_names(layer: LayerDescription) -> Iterator[str]:
    yield layer.class_name
    for base in layer.bases:
        yield base.rpartition(".")[2]


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:4], "big")


@lru_cache(maxsize=1024)
def class_fill(name: str, theme: str = "light") -> RGBA:
    """Return the fill of a class of Keras that the palette `layered` has.

    Raises
    ------
    KeyError
        The palette does not know the class.
    """
    if name in LAYERED:
        return rgba_of(LAYERED[name][theme == "dark"])
    base, step = _STEPS[name]
    return _stepped(class_fill(base, theme), step * 0.6 if theme == "dark" else step)


def _stepped(colour: RGBA, step: float) -> RGBA:
    lightness, chroma, hue = lch_of(colour)
    return from_lch((min(max(lightness + step, 0), 0.98), chroma, hue))


def _apart(fill: RGBA, users: set[RGBA]) -> RGBA:
    """Return the fill, or a shade of it that is none of the user's own colours."""
    for step in (0.0, -0.06, 0.06, -0.12, 0.12, -0.18, 0.18):
        shade_of_it = _stepped(fill, step) if step else fill
        if all(distance(shade_of_it, user) > 0.03 for user in users):
            return shade_of_it
    return fill


def _classic(layers: Iterable[LayerDescription], users: set[RGBA]) -> dict[str, RGBA]:
    """Return the named colours in order of first appearance, and then shades of them, none twice."""
    fills: dict[str, RGBA] = {}
    supply = (colour for colour in _classic_supply() if colour not in users)
    for layer in layers:
        if layer.qualified_name not in fills:
            fills[layer.qualified_name] = next(supply)
    return fills


def _classic_supply() -> Iterator[RGBA]:
    base = [rgba_of(colour) for colour in CLASSIC.values()]
    seen: set[RGBA] = set()
    for step in (0.0, *(sign * n * 0.07 for n in range(1, 12) for sign in (1, -1))):
        for colour in base:
            made = _stepped(colour, step) if step else colour
            if all(distance(made, other) > 0.02 for other in seen):
                seen.add(made)
                yield made
    while True:
        yield from base


@lru_cache(maxsize=1024)
def outline_for(fill: RGBA, theme: str, background: RGBA, step: float = 10) -> RGBA:
    """Return the outline for a fill: of its hue, and of enough contrast with the background and all three faces.

    Where no tone has enough with both, the background wins: it is what a box must stand out from.
    """
    lightness, most = _INK[theme]
    _, chroma, hue = lch_of(fill)
    faces = [over(shade(fill, step * n), background) for n in range(3)]
    nearest = sorted((n / 20 for n in range(21)), key=lambda tone: abs(tone - lightness))
    tones = [from_lch((tone, min(chroma, most), hue)) for tone in (lightness, *nearest)]

    def rank(tone: RGBA) -> tuple[float, float]:
        with_background = min(contrast(tone, background), _LEAST)
        with_faces = min(*(contrast(tone, face) for face in faces), _LEAST)
        return (with_background, with_faces)

    return max(tones, key=rank)


def shade(colour: RGBA, step: float) -> RGBA:
    """Return the colour with `step` less of each of red, green and blue; alpha is kept."""
    red, green, blue = (min(max(round(part - step), 0), 255) for part in colour[:3])
    return (red, green, blue, colour[3])


def contrast(a: RGBA, b: RGBA) -> float:
    """Return the contrast of two opaque colours, from 1 to 21.

    Notes
    -----
    Web Content Accessibility Guidelines 2.2, definition of contrast ratio.
    """
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: RGBA) -> float:
    red, green, blue = map(_linear, colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def over(colour: RGBA, background: RGBA) -> RGBA:
    """Return what a colour looks like on an opaque background."""
    alpha = colour[3] / 255
    red, green, blue, _ = (
        round(part * alpha + below * (1 - alpha)) for part, below in zip(colour, background, strict=True)
    )
    return (red, green, blue, 255)


def distance(a: RGBA, b: RGBA) -> float:
    """Return how far two colours lie apart in OKLab: 0.02 is just seen, 1 is black and white."""
    return math.dist(_lab_of(a), _lab_of(b))


def rgba_of(text: str) -> RGBA:
    """Return ``#rrggbb`` as numbers."""
    red, green, blue = bytes.fromhex(text[1:])
    return (red, green, blue, 255)


def lch_of(colour: RGBA) -> Lch:
    """Return a colour in OKLCH."""
    lightness, a, b = _lab_of(colour)
    return (lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def from_lch(colour: Lch) -> RGBA:
    """Return a colour of OKLCH, with as much of its chroma as a screen can show.

    Notes
    -----
    B. Ottosson, "A perceptual color space for image processing", 2020.
    """
    lightness, chroma, hue = colour
    for part in range(20, -1, -1):
        rgb = _rgb_of(lightness, chroma * part / 20, math.radians(hue))
        if all(-0.001 <= value <= 1.001 for value in rgb):
            break
    red, green, blue = (round(255 * _companded(min(max(value, 0), 1))) for value in rgb)
    return (red, green, blue, 255)


def _linear(part: float) -> float:
    value = part / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _companded(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _lab_of(colour: RGBA) -> tuple[float, float, float]:
    r, g, b = map(_linear, colour[:3])
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def _rgb_of(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
