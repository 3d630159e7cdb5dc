"""PDF: one page of the right size, vectors, and text that can be searched."""

import io
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest
from factories import bitmap_font
from painted_scenes import BLACK, CLEAR, FONT, WHITE, rectangle, row, scene_of, text_at
from PIL import ImageFont
from pypdf import PdfReader

from sphinxext_layered.drawing.fonts import SHIPPED, Font, font_of
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.drawing.scene import Text
from sphinxext_layered.options import LayeredViewOptions

RED = (255, 0, 0, 255)


def read(scene):
    return PdfReader(io.BytesIO(paint(scene, "pdf")))


def seen(scene, ratio=1):
    page = pypdfium2.PdfDocument(paint(scene, "pdf"))[0]
    return page.render(scale=ratio / 0.75).to_pil().convert("RGB")


def test_a_pixel_is_three_quarters_of_a_point():
    (page,) = read(scene_of(size=(400, 200))).pages
    assert (page.mediabox.width, page.mediabox.height) == (300, 150)


def test_a_picture_longer_than_a_page_may_be_is_made_smaller_as_a_whole():
    (page,) = read(scene_of(size=(137_567, 2_580))).pages
    assert page.mediabox.width == pytest.approx(14_400)
    assert page.mediabox.height == pytest.approx(14_400 * 2_580 / 137_567, abs=0.01)


def test_text_can_be_searched_and_its_font_is_embedded():
    (page,) = read(row(count=3)).pages
    assert "SeparableConv2D" in page.extract_text()
    (font,) = (
        entry.get_object() for entry in page["/Resources"]["/Font"].values() if "DejaVu" in str(entry.get_object())
    )
    assert "/FontFile2" in font["/FontDescriptor"]


def test_title_and_summary_are_in_the_file():
    information = read(row(count=1, summary="One layer.")).metadata
    assert (information.title, information.subject) == ("A row", "One layer.")


def test_the_same_scene_gives_the_same_bytes_in_any_process():
    code = "import sys; sys.path.insert(0, sys.argv[1]); from painted_scenes import row; from hashlib import sha256;"
    code += "from sphinxext_layered.drawing.paint import paint; print(sha256(paint(row(), 'pdf')).hexdigest())"
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    digests = {subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2)}
    assert len(digests) == 1
    assert paint(row(), "pdf") == paint(row(), "pdf")


def test_there_are_no_pictures_in_it():
    (page,) = read(row()).pages
    assert len(page.images) == 0


def test_fill_and_outline_lie_where_the_scene_says():
    image = seen(scene_of(rectangle(10, 5, 30, 25, RED, (0, 0, 255, 255), 2), background=WHITE))
    assert [image.getpixel((x, 15)) for x in (8, 9, 10, 11)] == [(255, 255, 255), (0, 0, 255), (0, 0, 255), (255, 0, 0)]
    assert [image.getpixel((20, y)) for y in (3, 4, 5, 6)] == [(255, 255, 255), (0, 0, 255), (0, 0, 255), (255, 0, 0)]


def test_alpha_of_fill_and_outline():
    image = seen(scene_of(rectangle(10, 5, 30, 25, (255, 0, 0, 128), (0, 0, 255, 128), 4), background=WHITE))
    assert image.getpixel((20, 15)) == pytest.approx((255, 127, 127), abs=2)
    assert image.getpixel((9, 15)) == pytest.approx((127, 127, 255), abs=2)
    assert image.getpixel((10, 15)) == pytest.approx((127, 63, 191), abs=2)


FACES = {
    "bitmap": bitmap_font,
    "from bytes": lambda: ImageFont.truetype(io.BytesIO(Path(SHIPPED).read_bytes()), 20),
    "postscript outlines": lambda: ImageFont.load_default(20),
}


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
def test_with_any_font_object_text_is_as_wide_as_measured(make):
    font = font_of(LayeredViewOptions(font=make()))
    text = text_at(10, 40, "HDense 10H", font=font)
    image = seen(scene_of(text, size=(160, 60), background=WHITE, font=font), 2)
    left, _, right, _ = image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()
    assert left / 2 == pytest.approx(text.x, abs=3)
    assert right / 2 == pytest.approx(text.x + text.width, abs=3)


def test_characters_outside_the_font_and_strange_ones_are_no_error():
    strange = "\U0001f600 \u4e2d \x00\u202e\ud800 <&>"
    assert read(scene_of(Text(2, 20, strange, BLACK, FONT.width(strange)), title=strange, summary=strange)).pages


def test_a_clear_background_is_not_painted():
    bare = paint(scene_of(background=CLEAR), "pdf")
    assert len(bare) < len(paint(scene_of(background=(1, 2, 3, 255)), "pdf"))


def test_a_font_file_that_cannot_be_embedded_gives_way_to_the_shipped_one(tmp_path):
    path = tmp_path / "default.otf"
    path.write_bytes(b"OTTO" + bytes(40))
    (page,) = read(scene_of(Text(5, 20, "Dense", BLACK, 40), font=Font(str(path), 13))).pages
    assert "Dense" in page.extract_text()


def test_it_is_small():
    assert len(paint(row(count=23), "pdf")) < 40_000
