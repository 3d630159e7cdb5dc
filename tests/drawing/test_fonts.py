"""Fonts: which one is used, how it is measured, and what is said of one that cannot be read."""

from io import BytesIO
from pathlib import Path

import pytest
from factories import bitmap_font
from PIL import Image, ImageFont

from sphinxext_layered.drawing.fonts import SHIPPED, Font, drawable, font_of
from sphinxext_layered.errors import OptionError
from sphinxext_layered.options import LayeredViewOptions

TEXT = "Conv2D 224 \u00d7 224 → é"


def chosen(**options):
    return font_of(LayeredViewOptions(**options))


def test_shipped_font_is_the_default():
    assert chosen() == Font(SHIPPED, 13)
    assert chosen().family == "DejaVu Sans"


def test_shipped_font_has_the_characters_that_labels_need():
    font = chosen().pillow()
    unknown = font.getmask("\U000f1234")
    for char in "\u00d7→é?αβλ\u2013—…∞":
        assert bytes(font.getmask(char)) != bytes(unknown), char


def test_font_size_scales_every_measure():
    small, large = chosen(font_size=10), chosen(font_size=30)
    for measure in ("ascent", "descent", "height"):
        assert getattr(large, measure) == pytest.approx(3 * getattr(small, measure))
    assert large.width(TEXT) == pytest.approx(3 * small.width(TEXT))


def test_advances_grow_from_zero_to_the_width():
    font = chosen()
    advances = font.advances(TEXT)
    assert advances[0] == 0
    assert advances[-1] == font.width(TEXT)
    assert list(advances) == sorted(advances)
    assert len(advances) == len(TEXT) + 1


def test_font_path_is_used(tmp_path, monkeypatch):
    (tmp_path / "mine.ttf").write_bytes(Path(SHIPPED).read_bytes())
    monkeypatch.chdir(tmp_path)
    font = chosen(font_path="mine.ttf")
    assert font.path == "mine.ttf"
    assert font.width("W") == chosen().width("W")
    assert font.digest() == chosen().digest()


@pytest.mark.parametrize("content", [None, b"not a font"])
def test_a_font_path_that_cannot_be_read_is_named_with_its_remedy(tmp_path, content):
    path = tmp_path / "mine.ttf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(OptionError, match=r"font_path: cannot read .*mine\.ttf.*\.otf.*leave it out"):
        chosen(font_path=str(path))


def test_a_font_object_with_a_file_is_that_file_at_its_own_size():
    assert chosen(font=ImageFont.truetype(SHIPPED, 21), font_size=9) == Font(SHIPPED, 21, 0)


FACES = {
    "from bytes": lambda: ImageFont.truetype(BytesIO(Path(SHIPPED).read_bytes()), 20),
    "default": lambda: ImageFont.load_default(18),
    "bitmap": bitmap_font,
    "transposed": lambda: ImageFont.TransposedFont(ImageFont.truetype(SHIPPED, 20), Image.Transpose.ROTATE_90),
}


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
def test_a_font_object_without_a_file_is_used_directly(make):
    face = make()
    font = chosen(font=face)
    assert font.face is face
    assert font.width("Conv2D") > 0
    assert font.height > 0
    assert font.width("Dense \u00d7 ∞") > 0
    assert font.digest() == chosen(font=make()).digest()


def test_a_font_object_from_bytes_measures_as_its_file():
    assert chosen(font=FACES["from bytes"]()).width(TEXT) == chosen(font_size=20).width(TEXT)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Font(SHIPPED, 13)),
        ({"font_size": 9}, Font(SHIPPED, 9)),
        ({"use_default_font": True, "font_path": "nowhere.ttf"}, Font(SHIPPED, 13)),
        ({"use_default_font": False, "font_path": SHIPPED, "font_size": 7}, Font(SHIPPED, 7)),
        ({"font_path": Path(SHIPPED)}, Font(SHIPPED, 13)),
    ],
)
def test_a_dict_chooses_the_font(given, expected):
    assert chosen(font=given) == expected


def test_a_dict_with_a_path_uses_that_file():
    with pytest.raises(OptionError, match=r"nowhere\.ttf"):
        chosen(font={"font_path": "nowhere.ttf"})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"use_default_font": False}, "font_path is missing"),
        ({"font_size": -1}, "font_size"),
        ({"font_size": "big"}, "font_size"),
        ({"font_path": 3}, "font_path"),
    ],
)
def test_a_dict_that_makes_no_font_is_refused(given, said):
    with pytest.raises(OptionError, match=said):
        chosen(font=given)


def test_what_is_drawn_has_no_control_or_bidi_characters():
    assert drawable("a\n\tb\u202e\x00\x1b\ud800\ufffe\u2066c<é\u00d7&") == "a  bc<é\u00d7&"


def test_text_is_measured_as_it_is_drawn():
    assert chosen().width("a\u202e\x07b") == chosen().width("ab")
