"""Colours: which wins, that they are stable, and that readers can tell them apart, colour-blind ones too."""

import itertools
import math
from dataclasses import replace

import pytest
from PIL import ImageColor

from sphinxext_layered.description import LayerDescription, ModelDescription
from sphinxext_layered.drawing.palette import (
    CLASSIC,
    LAYERED,
    Look,
    class_fill,
    contrast,
    distance,
    from_lch,
    lch_of,
    looks,
    over,
    rgba_of,
    shade,
)
from sphinxext_layered.options import LayeredViewOptions

COMMONEST = (
    "InputLayer",
    "Conv2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "Conv2DTranspose",
    "MaxPooling2D",
    "AveragePooling2D",
    "GlobalAveragePooling2D",
    "Dense",
    "BatchNormalization",
    "LayerNormalization",
    "ReLU",
    "Activation",
    "Dropout",
    "LSTM",
    "GRU",
    "Bidirectional",
    "MultiHeadAttention",
    "Embedding",
    "Flatten",
    "Reshape",
    "Add",
    "Concatenate",
    "UpSampling2D",
    "ZeroPadding2D",
)

# G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, 2009: severity 1.0, on linear light.
SIGHT = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
}
LEAST = {"normal": 7.5, "protanopia": 5.7, "deuteranopia": 5.7}


def seen(colour, sight):
    """Return a colour in CIELAB (D65) as it is seen."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour[:3])]
    rgb = [min(max(sum(m * c for m, c in zip(line, linear, strict=True)), 0), 1) for line in SIGHT[sight]]
    to_xyz = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    xyz = [sum(m * c for m, c in zip(line, rgb, strict=True)) for line in to_xyz]
    x, y, z = (
        math.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116
        for v in (xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, two):
    """Return the colour difference of CIE 142-2001."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7))) / 2
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = 0 if not c1 * c2 else (h2 - h1 + 180) % 360 - 180
    mean_h = h1 + h2 if not c1 * c2 else (h1 + turn / 2) % 360
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    cos = {n: math.cos(math.radians(n * mean_h + by)) for n, by in ((1, -30), (2, 0), (3, 6), (4, -63))}
    t = 1 - 0.17 * cos[1] + 0.24 * cos[2] + 0.32 * cos[3] - 0.20 * cos[4]
    light = (l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2)) / (1 + 0.015 * mean_c * t)
    rotation = math.sin(math.radians(60 * math.exp(-(((mean_h - 275) / 25) ** 2))))
    rotation *= -2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    return math.sqrt(light**2 + chroma**2 + hue**2 + rotation * chroma * hue)


def layers_of(*class_names, bases=(), module="keras.src.layers", facts=()):
    return [
        LayerDescription(index=n, name=f"layer_{n}", class_name=name, module=module, bases=bases, facts=facts)
        for n, name in enumerate(class_names)
    ]


def painted(layers, **options):
    model = ModelDescription(name="model", class_name="Functional", layers=tuple(layers))
    return looks(model, LayeredViewOptions.of(options))


def test_the_measure_of_differences_is_the_published_one():
    # Pairs 1, 7 and 17 of G. Sharma, W. Wu and E. N. Dalal, 2005.
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((50, 0, 0), (50, -1, 2)) == pytest.approx(2.3669, abs=1e-4)
    assert ciede2000((50, 2.5, 0), (73, 25, -18)) == pytest.approx(27.1492, abs=1e-4)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_commonest_classes_are_told_apart(theme, sight):
    fills = {name: seen(look.fill, sight) for name, look in zip(COMMONEST, by_class(theme), strict=True)}
    least = min((ciede2000(fills[a], fills[b]), a, b) for a, b in itertools.combinations(fills, 2))
    assert least[0] >= LEAST[sight], least


def by_class(theme):
    return painted(layers_of(*COMMONEST), theme=theme).values()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_classes_of_the_table_differ(theme):
    fills = [class_fill(name, theme) for name in LAYERED]
    least = min(ciede2000(seen(a, "normal"), seen(b, "normal")) for a, b in itertools.combinations(fills, 2))
    assert least >= 5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_outlines_stand_out_from_the_background_and_from_every_face(theme):
    options = LayeredViewOptions.of({"theme": theme})
    for name, look in zip(COMMONEST, by_class(theme), strict=True):
        assert contrast(look.outline, options.background_fill) >= 3, name
        for step in (0, 10, 20):
            assert contrast(look.outline, shade(look.fill, step)) >= 3, name


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_the_background(theme):
    options = LayeredViewOptions.of({"theme": theme})
    assert contrast(options.font_color, options.background_fill) >= 4.5


@pytest.mark.parametrize("fill", ["black", "navy", "gray", "white", "#00000000", "#ff000040"])
@pytest.mark.parametrize("background", ["white", "#14171a", "gray", "#ffd166", "transparent"])
def test_outlines_of_any_fill_stand_out_from_any_background(fill, background):
    (look,) = painted(layers_of("Dense"), styles={"Dense": fill}, background_fill=background).values()
    assert contrast(look.outline, over(LayeredViewOptions(background_fill=background).background_fill, (255,) * 4)) >= 3


def test_outlines_stand_out_from_a_dark_fill_on_a_light_background_where_a_tone_between_can():
    (look,) = painted(layers_of("Dense"), styles={"Dense": "#000060"}).values()
    assert contrast(look.outline, (255, 255, 255, 255)) >= 3
    assert contrast(look.outline, (0, 0, 0x60, 255)) >= 3


def test_a_class_has_its_colour_whatever_else_is_in_the_model():
    alone = painted(layers_of("Conv2D"))[0]
    among = painted(layers_of("Dense", "Mine", *COMMONEST, "Conv2D"))
    assert among[len(COMMONEST) + 2] == alone


def test_families_keep_their_hue():
    for base, others in {
        "Conv2D": ("Conv1D", "Conv3D"),
        "MaxPooling2D": ("MaxPooling1D",),
        "LSTM": ("ConvLSTM2D",),
    }.items():
        hue = lch_of(class_fill(base))[2]
        for other in others:
            assert class_fill(other) != class_fill(base)
            assert abs((lch_of(class_fill(other))[2] - hue + 180) % 360 - 180) < 8


def test_a_subclass_has_the_colour_of_its_base():
    mine = layers_of("MyConv", bases=("my.Base", "keras.src.layers.Conv2D", "keras.src.layers.Layer"), module="my")
    assert painted(mine)[0].fill == class_fill("Conv2D")


@pytest.mark.tensorflow
def test_every_layer_class_of_keras_has_a_colour():
    from keras import layers

    kinds = [kind for kind in vars(layers).values() if isinstance(kind, type) and issubclass(kind, layers.Layer)]
    without = {kind.__name__ for kind in kinds if not any(is_known(base.__name__) for base in kind.__mro__)}
    assert len(kinds) > 100
    assert without == {"Layer"}


def is_known(name):
    try:
        return bool(class_fill(name))
    except KeyError:
        return False


def test_unknown_classes_have_a_colour_of_their_own_that_does_not_depend_on_the_process():
    found = painted(layers_of("PatchEmbed", module="mine"))[0].fill
    assert painted(layers_of("Dense", "Other", "PatchEmbed", module="mine"))[2].fill == found
    assert found == painted(layers_of("PatchEmbed", module="mine"))[0].fill


def test_many_unknown_classes_in_one_model_differ():
    fills = {look.fill for look in painted(layers_of(*(f"Block{n}" for n in range(20)))).values()}
    assert len(fills) == 20


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_unknown_classes_do_not_look_like_common_ones(theme):
    unknown = {look.fill for look in painted(layers_of(*(f"Block{n}" for n in range(24))), theme=theme).values()}
    common = [class_fill(name, theme) for name in COMMONEST]
    assert min(distance(a, b) for a in unknown for b in common) > 0.05


def test_a_colour_of_the_user_is_not_given_out_again():
    taken = class_fill("Conv2D")
    found = painted(layers_of("Conv2D", "Dense"), color_map={"Dense": taken})
    assert found[1].fill == taken
    assert distance(found[0].fill, taken) > 0.03


def test_styles_win_over_the_colour_map_and_particular_names_over_general_ones():
    dense = LayerDescription(index=0, name="head", class_name="Dense", module="keras", bases=("keras.Layer",))
    other = LayerDescription(index=1, name="other", class_name="Dense", module="keras", bases=("keras.Layer",))
    found = painted(
        [dense, other],
        styles={"Dense": {"outline": "teal"}, "head": {"fill": "gold"}},
        color_map={"Dense": "red/blue", "Layer": "black"},
    )
    assert found[0] == Look((255, 215, 0, 255), (0, 128, 128, 255))
    assert found[1] == Look((255, 0, 0, 255), (0, 128, 128, 255))


def test_a_base_class_names_its_subclasses_in_a_colour_map():
    layers = layers_of("Conv2D", bases=("keras.src.BaseConv", "keras.src.Layer"))
    assert painted(layers, color_map={"BaseConv": "teal"})[0].fill == (0, 128, 128, 255)


def test_hidden_layers_are_said_to_be_and_a_particular_name_shows_one_again():
    found = painted(layers_of("Dropout", "Dropout"), styles={"Dropout": "hidden", "layer_1": "gold"})
    assert [found[0].hidden, found[1].hidden] == [True, False]


STILL = (("trainable", False),)


def test_frozen_layers_have_a_style_that_their_own_name_overrides_and_that_overrides_their_class():
    frozen = layers_of("Dense", "Dense", facts=STILL)
    trained = [replace(each, index=2 + i, facts=()) for i, each in enumerate(layers_of("Dense"))]
    styles = {"Dense": "red/blue", "frozen": "teal hatched", "layer_1": "gold"}
    found = painted([*frozen, *trained], styles=styles)
    assert [found[n].fill for n in range(3)] == [(0, 128, 128, 255), (255, 215, 0, 255), (255, 0, 0, 255)]
    assert {look.outline for look in found.values()} == {(0, 0, 255, 255)}
    assert [found[n].hatched for n in range(3)] == [True, True, False]


def test_what_is_said_of_frozen_layers_shows_none_that_their_class_hides():
    layers = layers_of("Dropout", facts=STILL)
    assert painted(layers, styles="frozen=hatched; Dropout=hidden")[0].hidden
    assert painted(layers, styles="frozen=hidden")[0].hidden
    assert not painted(layers_of("Dropout"), styles="frozen=hidden")[0].hidden


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paler_layers_are_nearer_to_the_background_and_have_an_outline_all_the_same(theme):
    background = {"light": (255, 255, 255, 255), "dark": (20, 23, 26, 255)}[theme]
    plain, pale = (painted(layers_of("Conv2D"), theme=theme, styles=styles)[0] for styles in ("", "Conv2D=paler"))
    assert distance(pale.fill, background) < distance(plain.fill, background)
    assert contrast(pale.outline, background) >= 3


def test_a_colour_map_knows_no_frozen_layers():
    layers = layers_of("Dense", facts=STILL)
    assert painted(layers, color_map={"frozen": "red"})[0] == painted(layers)[0]


def test_classic_gives_its_colours_in_order_of_first_appearance():
    found = painted(layers_of("Dense", "Conv2D", "Dense", "Flatten"), palette="classic")
    colours = list(CLASSIC.values())
    assert [found[n].fill for n in range(4)] == [rgba_of(colours[n]) for n in (0, 1, 0, 2)]


def test_classic_has_the_named_colours_of_the_reference():
    names = [
        "gray",
        "orange",
        "red",
        "pink",
        "salmon",
        "olive",
        "limegreen",
        "green",
        "dodgerblue",
        "cyan",
        "blue",
        "purple",
        "brown",
    ]
    found = painted(layers_of(*(f"Class{n}" for n in range(13))), palette="classic")
    assert [look.fill for look in found.values()] == [ImageColor.getcolor(name, "RGBA") for name in names]
    assert list(CLASSIC) == names


def test_classic_does_not_repeat_beyond_its_13_colours():
    found = painted(layers_of(*(f"Class{n}" for n in range(100))), palette="classic")
    fills = [look.fill for look in found.values()]
    assert len(CLASSIC) == 13
    assert min(distance(a, b) for a, b in itertools.combinations(fills, 2)) > 0.01


def test_classic_leaves_out_the_colours_of_the_user():
    found = painted(layers_of("Dense", "Conv2D"), palette="classic", color_map={"Conv2D": "gray"})
    assert found[0].fill == rgba_of(CLASSIC["orange"])


def test_shade_takes_from_each_channel_and_keeps_alpha():
    assert shade((5, 100, 255, 40), 10) == (0, 90, 245, 40)
    assert shade((5, 100, 255, 40), 2.5) == (2, 98, 252, 40)


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0, 255), (255, 255, 255, 255)) == pytest.approx(21)
    assert contrast((118, 118, 118, 255), (255, 255, 255, 255)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("colour", [(255, 0, 0, 255), (12, 200, 90, 255), (255, 255, 255, 255), (0, 0, 0, 255)])
def test_oklch_gives_back_what_it_got(colour):
    assert from_lch(lch_of(colour)) == pytest.approx(colour, abs=2)
