"""Colours of layers: of a user's choice, or one for each class that is the same in every picture.

The palette `layered` has a hue for each family of layers and a shade for each class within it, chosen so
that the classes that models use most are told apart by colour-blind readers too (a test says by how
much). On light grounds fills are light and outlines dark; on dark grounds it is the other way round.
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

Table = dict[str, tuple[RGBA | None, RGBA | None, bool | None]]
"""Fill, outline and hidden by the name of a layer or class."""

LAYERED: Final[dict[str, tuple[str, str]]] = {
    # class: its fill on a light ground, on a dark ground
    "InputLayer": ("#e4e7eb", "#57606a"),
    "Conv2D": ("#6ea8f0", "#2f6db5"),
    "SeparableConv2D": ("#9cc4fb", "#4a86c9"),
    "DepthwiseConv2D": ("#c4dcff", "#23568f"),
    "Conv2DTranspose": ("#4d8bd6", "#5f9be0"),
    "MaxPooling2D": ("#f0755f", "#b5402f"),
    "AveragePooling2D": ("#f7a08c", "#c9604a"),
    "GlobalAveragePooling2D": ("#fcc7ba", "#8f2f23"),
    "GlobalMaxPooling2D": ("#d65b48", "#d97a66"),
    "Dense": ("#f7c948", "#9a7400"),
    "BatchNormalization": ("#b79af0", "#6a4fb0"),
    "LayerNormalization": ("#d6c4fb", "#8064c4"),
    "GroupNormalization": ("#9a78dc", "#553a94"),
    "ReLU": ("#7ccf8c", "#2f7d44"),
    "Activation": ("#a6e3ae", "#47985b"),
    "Softmax": ("#4fae66", "#1f6433"),
    "Dropout": ("#b4bac2", "#7a838d"),
    "LSTM": ("#4fc3bd", "#17756f"),
    "GRU": ("#8fe0da", "#2f908a"),
    "SimpleRNN": ("#35a09a", "#0d5a55"),
    "Bidirectional": ("#bff0ec", "#49a8a2"),
    "MultiHeadAttention": ("#f08ac0", "#a83f7c"),
    "Attention": ("#f9b8da", "#c2609a"),
    "Embedding": ("#c9b458", "#6f6213"),
    "Flatten": ("#d9b38c", "#805a34"),
    "Reshape": ("#ecd5b9", "#98714a"),
    "Add": ("#c3e36b", "#5f7a0f"),
    "Concatenate": ("#e2f3ab", "#7a962e"),
    "UpSampling2D": ("#8fd9f7", "#1f7fa3"),
    "ZeroPadding2D": ("#cfe3ec", "#4f6c79"),
    "Rescaling": ("#c9d3e6", "#4c5a78"),
    "Model": ("#93a2bd", "#66758f"),
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
    "Functional": ("Model", 0.0),
    "Sequential": ("Model", -0.04),
}

CLASSIC: Final = (
    "#ffd166",
    "#ef476f",
    "#118ab2",
    "#073b4c",
    "#842da1",
    "#ffbad2",
    "#40c2a7",
    "#f78c6b",
    "#06d6a0",
    "#83b5d1",
    "#b56576",
    "#6d597a",
    "#c0ca33",
)
"""The colours that the reference gives to classes, in the order of their first appearance."""

_SLOTS: Final = tuple((hue, step) for step in (0.0, -0.09, 0.08) for hue in (318, 278, 102, 128, 4, 238))
"""Hue and lightness for classes that are not known: between the hues of the families."""

_INK: Final = {"light": (0.32, 0.05), "dark": (0.9, 0.05)}
"""Lightness and greatest chroma of outlines."""

_LEAST: Final = 3.0
"""The contrast of outlines; that of graphical objects in WCAG 2.2, 1.4.11."""


@dataclass(frozen=True)
class Look:
    """How one layer is painted; a hidden one leaves its place empty."""

    fill: RGBA
    outline: RGBA
    hidden: bool = False


def looks(description: ModelDescription, options: LayeredViewOptions) -> dict[int, Look]:
    """Give each layer's look by its `index`.

    Styles win over the colour map, which wins over the palette; within each the most particular name.
    """
    theme = "dark" if options.theme == "dark" else "light"
    ground = over(options.background_fill, _GROUNDS[theme])
    tables = _tables(options)
    users = {fill for table in tables for fill, _, _ in table.values() if fill}
    given = {layer.index: _given(layer, tables) for layer in description.layers}
    left = [layer for layer in description.layers if given[layer.index][0] is None]
    fills = _classic(left, users) if options.palette == "classic" else _layered(left, theme, users)
    return {
        layer.index: _look(layer, given[layer.index], fills, theme, ground, options.shade_step)
        for layer in description.layers
    }


def _look(
    layer: LayerDescription,
    given: tuple[RGBA | None, RGBA | None, bool],
    fills: dict[str, RGBA],
    theme: str,
    ground: RGBA,
    step: float,
) -> Look:
    fill, outline, hidden = given
    fill = fill or fills[layer.qualified_name]
    return Look(fill, outline or outline_for(fill, theme, ground, step), hidden)


def _tables(options: LayeredViewOptions) -> list[Table]:
    """Give what the user says of layers by name; the first table wins."""
    return [
        {name: (fill, outline, hidden) for name, fill, outline, hidden in options.styles},
        {name: (fill, outline, None) for name, fill, outline in options.color_map},
    ]


def _given(layer: LayerDescription, tables: list[Table]) -> tuple[RGBA | None, RGBA | None, bool]:
    """Give what the user says of the layer; each of fill and outline from the most particular that has it."""
    names = list(layer.known_as())
    found = [table[name] for table in tables for name in names if name in table]
    fill = next((fill for fill, _, _ in found if fill is not None), None)
    outline = next((outline for _, outline, _ in found if outline is not None), None)
    return fill, outline, bool(next((hidden for _, _, hidden in found if hidden is not None), False))


_GROUNDS: Final[dict[str, RGBA]] = {"light": (255, 255, 255, 255), "dark": (20, 23, 26, 255)}


def _layered(layers: Iterable[LayerDescription], theme: str, users: set[RGBA]) -> dict[str, RGBA]:
    """Give each class its own colour, whatever else is in the model.

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
        slot = next((s for n in range(len(_SLOTS)) if (s := (unknown[name] + n) % len(_SLOTS)) not in taken), None)
        slot = unknown[name] % len(_SLOTS) if slot is None else slot
        taken.add(slot)
        fills[name] = _apart(_slot_fill(slot, theme), users)
    return fills


def _class_names(layer: LayerDescription) -> Iterator[str]:
    yield layer.class_name
    for base in layer.bases:
        yield base.rpartition(".")[2]


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:4], "big")


@lru_cache(maxsize=1024)
def class_fill(name: str, theme: str = "light") -> RGBA:
    """Give the fill of a class of Keras that the palette `layered` has.

    Raises
    ------
    KeyError
        The palette does not know the class.
    """
    if name in LAYERED:
        return rgba_of(LAYERED[name][theme == "dark"])
    base, step = _STEPS[name]
    return _stepped(rgba_of(LAYERED[base][theme == "dark"]), step)


def _slot_fill(slot: int, theme: str) -> RGBA:
    hue, step = _SLOTS[slot]
    return from_lch(((0.5 if theme == "dark" else 0.8) + step, 0.11, hue))


def _stepped(colour: RGBA, step: float) -> RGBA:
    lightness, chroma, hue = lch_of(colour)
    return from_lch((min(max(lightness + step, 0), 0.98), chroma, hue))


def _apart(fill: RGBA, users: set[RGBA]) -> RGBA:
    """Give the fill, or a shade of it that is none of the user's own colours."""
    for step in (0.0, -0.06, 0.06, -0.12, 0.12, -0.18, 0.18):
        shade_of_it = _stepped(fill, step) if step else fill
        if all(distance(shade_of_it, user) > 0.03 for user in users):
            return shade_of_it
    return fill


def _classic(layers: Iterable[LayerDescription], users: set[RGBA]) -> dict[str, RGBA]:
    """Give the named colours in order of first appearance, and then shades of them, none twice."""
    fills: dict[str, RGBA] = {}
    supply = (colour for colour in _classic_supply() if colour not in users)
    for layer in layers:
        if layer.qualified_name not in fills:
            fills[layer.qualified_name] = next(supply)
    return fills


def _classic_supply() -> Iterator[RGBA]:
    base = [rgba_of(name) for name in CLASSIC]
    seen: set[RGBA] = set()
    for turn in range(10**6):
        # Shades of the named colours, nearer to each other in each turn.
        step = 0.0 if not turn else (0.1 if turn % 2 else -0.1) * ((turn + 1) // 2) / (1 + turn // 8)
        for colour in base:
            made = _stepped(colour, step % 1 - (step % 1 > 0.5)) if step else colour
            if made not in seen:
                seen.add(made)
                yield made


@lru_cache(maxsize=1024)
def outline_for(fill: RGBA, theme: str, ground: RGBA, step: float = 10) -> RGBA:
    """Give the outline for a fill: of its hue, and of enough contrast with the ground and all three faces.

    Where no tone has enough with both, the ground wins: it is what a box must stand out from.
    """
    lightness, most = _INK[theme]
    _, chroma, hue = lch_of(fill)
    faces = [over(shade(fill, step * n), ground) for n in range(3)]
    tones = [from_lch((tone, min(chroma, most), hue)) for tone in (lightness, *(n / 20 for n in range(21)))]

    def rank(tone: RGBA) -> tuple[float, float]:
        with_ground = min(contrast(tone, ground), _LEAST)
        with_faces = min(*(contrast(tone, face) for face in faces), _LEAST)
        return (with_ground, with_faces)

    return max(tones, key=rank)


def shade(colour: RGBA, step: float) -> RGBA:
    """Give the colour with `step` less of each of red, green and blue; alpha is kept."""
    red, green, blue = (min(max(round(part - step), 0), 255) for part in colour[:3])
    return (red, green, blue, colour[3])


def contrast(a: RGBA, b: RGBA) -> float:
    """Give the contrast of two opaque colours, from 1 to 21.

    Notes
    -----
    Web Content Accessibility Guidelines 2.2, definition of contrast ratio.
    """
    low, high = sorted((_luminance(a), _luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: RGBA) -> float:
    red, green, blue = map(_linear, colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def over(colour: RGBA, ground: RGBA) -> RGBA:
    """Give what a colour looks like on an opaque ground."""
    alpha = colour[3] / 255
    red, green, blue, _ = (
        round(part * alpha + below * (1 - alpha)) for part, below in zip(colour, ground, strict=True)
    )
    return (red, green, blue, 255)


def distance(a: RGBA, b: RGBA) -> float:
    """Give how far two colours lie apart in OKLab: 0.02 is just seen, 1 is black and white."""
    return math.dist(_lab_of(a), _lab_of(b))


def rgba_of(text: str) -> RGBA:
    """Give ``#rrggbb`` as numbers."""
    red, green, blue = bytes.fromhex(text[1:])
    return (red, green, blue, 255)


def lch_of(colour: RGBA) -> Lch:
    """Give a colour in OKLCH."""
    lightness, a, b = _lab_of(colour)
    return (lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def from_lch(colour: Lch) -> RGBA:
    """Give a colour of OKLCH, with as much of its chroma as a screen can show.

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
