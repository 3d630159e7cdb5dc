"""One scene, three painters: the same shapes in the same places in the same colours.

Stated tolerance, at two pixels for one: areas differ by at most 3 of 255 in colour; what differs by more
are the soft edges of lines and letters, which each renderer makes its own way. These cover less than 2 % of
a picture, no such place is wider than an edge (nothing is left of them when each pixel may be matched one
pixel away), and on average pixels differ by less than 2.5 of 255.
"""

import io
import shutil
import subprocess

import pypdfium2
import pytest
from painted_scenes import CLEAR, FONT, WHITE, real_models, real_scene, rectangle, row, scene_of
from PIL import Image, ImageChops, ImageFilter, ImageStat

from sphinxext_layered.drawing.paint import paint, paint_image
from sphinxext_layered.drawing.scene import Line, Polygon

RATIO = 2

SCENES = {
    "light": row(),
    "dark": row("dark", offset=6),
    "translucent": row(alpha=128, offset=12),
    "clear background": row(background=CLEAR, offset=18),
    "tinted background": row(background=(255, 240, 200, 255), offset=24, count=4),
    "recurrent": row(offset=17, count=5),
    "merging, dark": row("dark", offset=25),
    "one box": row(count=1),
    "translucent outlines": scene_of(
        rectangle(10, 10, 60, 60, (255, 0, 0, 128), (0, 0, 255, 128), 6),
        Line((5, 80), (95, 20), (0, 120, 0, 150), 3),
        Line((5, 20), (95, 80), (0, 120, 0, 150), 3),
        size=(100, 90),
        background=WHITE,
    ),
    "pointed corners": scene_of(
        Polygon(((10, 80), (50, 10), (90, 80), (50, 60)), (90, 160, 240, 255), (0, 0, 0, 255), 4),
        Polygon(((15, 88), (85, 88), (50, 62)), None, (200, 0, 0, 255), 2),
        size=(100, 90),
        background=WHITE,
    ),
    "large letters": row(font=FONT.__class__(FONT.path, 20), count=3, offset=7),
}

MODELS = {
    name: {
        "legend": True,
        "theme": ("light", "dark")[n % 2],
        "text_callable": ("shape", "name_and_shape", None)[n % 3],
        "draw_reversed": n % 4 == 3,
    }
    for n, name in enumerate(name for name, model in real_models().items() if len(model.layers) < 60)
}


def on_white(image):
    background = Image.new("RGBA", image.size, WHITE)
    return Image.alpha_composite(background, image.convert("RGBA")).convert("RGB")


def assert_agree(expected, got):
    assert got.size == expected.size
    difference = ImageChops.difference(expected, got)
    assert sum(ImageStat.Stat(difference).mean) / 3 < 2.5
    loudest = Image.merge("RGB", difference.split()).convert("L")
    share = sum(loudest.histogram()[48:]) / (loudest.width * loudest.height)
    assert share < 0.02
    assert beyond_edges(expected, got) == 0
    assert beyond_edges(got, expected) == 0
    flat = areas(expected)
    inside = ImageChops.multiply(difference, Image.merge("RGB", [flat] * 3))
    assert max(high for _, high in inside.getextrema()) <= 3


def beyond_edges(one, other):
    """Return how many pixels of `one` are like none of the nine around them in `other`."""
    low, high = other.filter(ImageFilter.MinFilter(3)), other.filter(ImageFilter.MaxFilter(3))
    outside = ImageChops.add(ImageChops.subtract(one, high), ImageChops.subtract(low, one)).convert("L")
    return sum(outside.histogram()[90:])


def areas(image):
    """Return where a pixel is one of a flat area: all those around it have its colour."""
    low, high = image.filter(ImageFilter.MinFilter(7)), image.filter(ImageFilter.MaxFilter(7))
    spread = ImageChops.difference(low, high)
    widest = ImageChops.lighter(ImageChops.lighter(*spread.split()[:2]), spread.split()[2])
    return widest.point(lambda value: 255 if value == 0 else 0)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_pdf_agrees_with_png(scene):
    page = pypdfium2.PdfDocument(paint(scene, "pdf"))[0]
    assert_agree(on_white(paint_image(scene, RATIO)), page.render(scale=RATIO / 0.75).to_pil().convert("RGB"))


@pytest.mark.debian
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_svg_agrees_with_png(scene, tmp_path):
    assert_agree(on_white(paint_image(scene, RATIO)), on_white(shown_by_chromium(paint(scene, "svg"), scene, tmp_path)))


def test_ten_real_models_are_compared():
    assert len(MODELS) >= 10


@pytest.mark.parametrize(("name", "given"), MODELS.items(), ids=MODELS)
def test_pdf_of_a_real_model_agrees_with_png(name, given):
    test_pdf_agrees_with_png(real_scene(name, **given))


@pytest.mark.debian
@pytest.mark.parametrize(("name", "given"), MODELS.items(), ids=MODELS)
def test_svg_of_a_real_model_agrees_with_png(name, given, tmp_path):
    test_svg_agrees_with_png(real_scene(name, **given), tmp_path)


@pytest.mark.debian
def test_labels_fit_where_their_font_is_missing(tmp_path):
    scene = row(count=3, offset=4)
    svg = paint(scene, "svg").replace(b"DejaVu Sans,Bitstream Vera Sans,Verdana,sans-serif", b"monospace")
    other, expected = shown_by_chromium(svg, scene, tmp_path), on_white(paint_image(scene, RATIO))
    labels = (0, 126 * RATIO, *expected.size)
    boxes = [ink(image.crop(labels)) for image in (on_white(other), expected)]
    assert boxes[0] == pytest.approx(boxes[1], abs=3 * RATIO)


def ink(image):
    return image.convert("L").point(lambda value: 255 if value < 128 else 0).getbbox()


def shown_by_chromium(svg, scene, folder):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install Debian's package chromium"
    (folder / "picture.svg").write_bytes(svg)
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--no-sandbox"]
    command = [
        *(chromium, "--headless", *quiet, f"--user-data-dir={folder / 'profile'}"),
        *(f"--force-device-scale-factor={RATIO}", f"--window-size={max(scene.width, 600)},{max(scene.height, 600)}"),
        *(f"--screenshot={folder / 'shot.png'}", (folder / "picture.svg").as_uri()),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    shot = Image.open(io.BytesIO((folder / "shot.png").read_bytes()))
    return shot.crop((0, 0, scene.width * RATIO, scene.height * RATIO))
