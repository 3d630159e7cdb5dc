"""Pixels: decoded ones of small scenes, and the limits."""

import io
import time

import pytest
from factories import bitmap_font, pixels
from painted_scenes import BLACK, CLEAR, DARK, FONT, WHITE, rectangle, row, scene_of, text_at
from PIL import Image, ImageFont

from sphinxext_layered.drawing.fonts import font_of
from sphinxext_layered.drawing.paint import check_size, paint, paint_image
from sphinxext_layered.drawing.scene import Line, Polygon, Text
from sphinxext_layered.errors import PaintError
from sphinxext_layered.options import LayeredViewOptions

RED = (255, 0, 0, 255)
SLANTED = ((3.0, 3.0), (35.0, 8.0), (30.0, 27.0), (6.0, 20.0))


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def close(a, b, tolerance=3):
    return all(abs(x - y) <= tolerance for x, y in zip(a, b, strict=True))


def test_fill_ends_where_the_polygon_ends():
    image = paint_image(scene_of(rectangle(10, 5, 20.5, 15, RED)))
    assert image.getpixel((10, 10)) == RED
    assert image.getpixel((9, 10))[3] == 0
    assert image.getpixel((15, 4))[3] == 0
    assert image.getpixel((15, 15))[3] == 0
    assert close(image.getpixel((20, 10)), (255, 0, 0, 128), 4)


def test_outline_is_centred_on_the_edge_and_over_the_fill():
    image = paint_image(scene_of(rectangle(10, 5, 30, 25, RED, (0, 0, 255, 255), 2)))
    assert [image.getpixel((x, 15))[:3] for x in (9, 10, 11)] == [(0, 0, 255), (0, 0, 255), (255, 0, 0)]
    assert image.getpixel((8, 15))[3] == 0


def test_outline_without_fill_leaves_the_inside_clear():
    image = paint_image(scene_of(rectangle(10, 5, 30, 25, None, RED, 2)))
    assert image.getpixel((20, 15)) == CLEAR
    assert image.getpixel((10, 15)) == RED


@pytest.mark.parametrize("colour", [WHITE, (240, 200, 40, 255), (30, 90, 200, 255)])
def test_edges_on_a_clear_background_have_the_fill_colour_and_no_dark_fringe(colour):
    image = paint_image(scene_of(Polygon(SLANTED, colour), text_at(5, 20, "Wave", colour)))
    soft = [pixel for pixel in pixels(image) if 24 < pixel[3] < 255]
    assert len(soft) > 20
    assert max(abs(a - b) * pixel[3] / 255 for pixel in soft for a, b in zip(pixel[:3], colour[:3], strict=True)) <= 3


@pytest.mark.parametrize("background", [WHITE, DARK, (200, 30, 60, 255)])
def test_a_clear_background_laid_on_another_is_the_same_as_painted_on_it(background):
    shapes = (
        Polygon(SLANTED, (40, 160, 90, 128), (0, 0, 0, 200), 1.5),
        Line((2, 28), (38, 2), (200, 0, 90, 150), 3),
        text_at(4, 18, "Conv", (250, 250, 0, 220)),
    )
    laid = Image.alpha_composite(Image.new("RGBA", (40, 30), background), paint_image(scene_of(*shapes)))
    painted = paint_image(scene_of(*shapes, background=background))
    pairs = zip(pixels(laid), pixels(painted), strict=True)
    assert max(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True)) <= 5


def test_translucent_fill_keeps_its_colour_and_alpha():
    image = paint_image(scene_of(rectangle(5, 5, 30, 25, (200, 100, 50, 128))))
    assert close(image.getpixel((15, 15)), (200, 100, 50, 128))


def test_translucent_background_shows_beside_and_under_shapes():
    image = paint_image(scene_of(rectangle(20, 0, 40, 30, (255, 0, 0, 128)), background=(0, 0, 255, 128)))
    assert close(image.getpixel((5, 5)), (0, 0, 255, 128))
    red, green, blue, alpha = image.getpixel((30, 15))
    assert close((red, green, blue, alpha), (170, 0, 85, 192), 4)


def test_later_shapes_cover_earlier_text_and_earlier_shapes_lie_under_later_text():
    label = text_at(5, 20, "MMMM")
    covered = paint_image(scene_of(label, rectangle(0, 0, 40, 30, RED), background=WHITE))
    assert set(pixels(covered)) == {RED}
    on_top = paint_image(scene_of(rectangle(0, 0, 40, 30, RED), label, background=WHITE))
    assert min(pixel[0] for pixel in pixels(on_top)) < 60


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3, 4])
def test_text_stays_inside_its_measured_width_at_any_ratio(ratio):
    text = text_at(10, 22, "H224 \u00d7 224 \u00d7 64H")
    image = paint_image(scene_of(text, size=(150, 30)), ratio)
    left, top, right, bottom = (value / ratio for value in image.getbbox())
    assert text.x - 0.5 <= left < text.x + 3
    assert text.x + text.width - 3 < right <= text.x + text.width + 0.5
    assert text.y - FONT.ascent <= top
    assert bottom <= text.y + FONT.descent


def test_letters_are_not_set_on_whole_pixels():
    bars = paint_image(scene_of(text_at(4, 20, "l" * 8))).getchannel("A")
    columns = [sum(bars.getpixel((x, y)) for y in range(30)) / 255 for x in range(40)]
    weights = sum(columns)
    centre = sum(x * weight for x, weight in enumerate(columns)) / weights + 0.5
    assert centre == pytest.approx(4 + FONT.width("l" * 8) / 2, abs=0.2)


def test_pixel_ratio_scales_size_positions_and_widths():
    shapes = (rectangle(10, 5, 30, 25, RED, BLACK, 2),)
    image = paint_image(scene_of(*shapes), 3)
    assert image.size == (120, 90)
    assert image.getbbox() == (27, 12, 93, 78)
    assert [image.getpixel((x, 45))[:3] for x in (27, 32, 33)] == [(0, 0, 0), (0, 0, 0), (255, 0, 0)]


FACES = {
    "bitmap": bitmap_font,
    "transposed": lambda: ImageFont.TransposedFont(ImageFont.load_default(14), Image.Transpose.ROTATE_90),
    "scalable": lambda: ImageFont.load_default(14),
}


@pytest.mark.parametrize("make", FACES.values(), ids=FACES)
@pytest.mark.parametrize("ratio", [1, 2])
def test_any_font_object_of_pillow_is_drawn_where_it_was_measured(make, ratio):
    font = font_of(LayeredViewOptions(font=make()))
    text = text_at(10, 60, "Dense \u00d7 10", font=font)
    image = paint_image(scene_of(text, size=(160, 100), font=font), ratio)
    left, top, right, bottom = (value / ratio for value in image.getbbox())
    assert text.x - 1 <= left < right <= text.x + text.width + 1
    assert text.y - font.ascent - 1 <= top < bottom <= text.y + font.descent + 1


def test_what_lies_beyond_the_reach_of_aggdraw_is_painted():
    far = 40_000
    shapes = (
        rectangle(far - 20, 5, far - 2, 15, RED, BLACK, 2),
        Line((0, 20), (far, 20), (0, 0, 255, 255), 2),
        Polygon(((-50_000, 24), (90_000, 24), (90_000, 28), (-50_000, 28)), (0, 160, 0, 255)),
        text_at(far - 60, 14, "Far"),
    )
    image = paint_image(scene_of(*shapes, size=(far, 30), background=WHITE))
    assert image.getpixel((far - 10, 10)) == RED
    assert image.getpixel((far - 20, 10)) == BLACK
    assert {image.getpixel((x, 19))[:3] for x in (10, 16_383, 16_384, 32_768, far - 10)} == {(0, 0, 255)}
    assert {image.getpixel((x, 26))[:3] for x in (10, 16_383, 16_384, 32_768, far - 10)} == {(0, 160, 0)}
    assert min(pixels(image.crop((far - 60, 0, far - 30, 18)).convert("L"))) < 60


def test_tiles_leave_no_seam():
    slope = (Line((16_300, 2), (16_460, 28), BLACK, 3), Polygon(((16_370, 2), (16_400, 15), (16_370, 28)), RED, BLACK))
    wide = paint_image(scene_of(*slope, size=(17_000, 30), background=WHITE)).crop((16_290, 0, 16_470, 30))
    moved = tuple(
        Line((s.start[0] - 16_290, s.start[1]), (s.end[0] - 16_290, s.end[1]), s.colour, s.width)
        if isinstance(s, Line)
        else Polygon(tuple((x - 16_290, y) for x, y in s.points), s.fill, s.outline, s.width)
        for s in slope
    )
    narrow = paint_image(scene_of(*moved, size=(180, 30), background=WHITE))
    pairs = zip(pixels(wide), pixels(narrow), strict=True)
    assert max(abs(a - b) for left, right in pairs for a, b in zip(left, right, strict=True)) <= 2


@pytest.mark.parametrize("size", [(0, 5), (5, -1), (float("nan"), 5), (float("inf"), 5)])
def test_an_empty_picture_is_refused(size):
    with pytest.raises(PaintError, match="greater than 0"):
        check_size(*size)


def test_a_picture_that_pillow_would_not_open_is_refused_with_its_size_and_the_remedy():
    check_size(178_956_970, 1)
    with pytest.raises(PaintError) as caught:
        paint(scene_of(size=(137_567, 2_580)), "png")
    for word in (
        "137,567 x 2,580",
        "max_width",
        "scale_xy",
        "scale_z",
        "max_xy",
        "min_z",
        "sizing_mode",
        "pixel_ratio",
    ):
        assert word in str(caught.value)


def test_the_ratio_counts_towards_the_limit():
    paint_size = scene_of(size=(10_000, 9_000))
    with pytest.raises(PaintError, match="20,000 x 18,000"):
        paint_image(paint_size, 2)


@pytest.mark.parametrize("ratio", [0, -1, float("nan"), float("inf")])
def test_a_ratio_that_is_no_size_is_refused(ratio):
    with pytest.raises(PaintError, match="pixel_ratio"):
        paint_image(scene_of(), ratio)


@pytest.mark.parametrize(
    "points",
    [
        (),
        ((1, 1),),
        ((1, 1), (20, 20)),
        ((5, 5),) * 4,
        ((1, 1), (30, 1.1), (15, 1.05)),
        ((1, 1), (float("nan"), 2), (9, 9)),
    ],
)
@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_shapes_without_an_area_are_no_error(points, format):
    assert paint(scene_of(Polygon(points, RED, (0, 0, 0, 90))), format)


def test_files_are_the_same_each_time():
    assert paint(row(), "png", 2) == paint(row(), "png", 2)


@pytest.mark.parametrize(("ratio", "dpi"), [(1, 96), (2, 192)])
def test_png_says_its_resolution_so_that_it_is_as_large_on_paper_at_any_ratio(ratio, dpi):
    image = opened(paint(scene_of(), "png", ratio))
    assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)


def test_png_has_alpha_only_where_its_background_is_not_opaque():
    assert opened(paint(scene_of(background=WHITE), "png")).mode == "RGB"
    assert opened(paint(scene_of(background=(255, 255, 255, 254)), "png")).mode == "RGBA"


@pytest.mark.parametrize("format", ["png", "jpg", "jpeg", "webp", "gif", "tif", "tiff", "bmp"])
def test_every_format_of_pixels_opens_again(format):
    image = opened(paint(row(count=2), f".{format.upper()}"))
    assert image.size == (200, 170)
    assert image.format == Image.registered_extensions()[f".{format}"]


@pytest.mark.parametrize("format", ["jpg", "bmp", "ppm"])
def test_formats_without_alpha_lie_on_white(format):
    image = opened(paint(scene_of(rectangle(20, 0, 40, 30, (255, 0, 0, 128))), format)).convert("RGB")
    assert image.getpixel((5, 5)) == WHITE[:3]
    assert close(image.getpixel((30, 15)), (255, 127, 127), 4)


@pytest.mark.parametrize("format", ["xyz", ""])
def test_an_unknown_format_is_refused_with_the_known_ones(format):
    with pytest.raises(PaintError, match=r"known: svg, pdf, .*png"):
        paint(scene_of(), format)


def test_a_picture_too_wide_for_its_format_is_refused():
    with pytest.raises(PaintError, match=r"70,000 x 10 px as jpg.*png"):
        paint(scene_of(size=(70_000, 10)), "jpg")


def test_text_with_strange_characters_is_painted():
    strange = "a\u202eb\x00c\ud800 \U0001f600 <&>\n"
    image = paint_image(scene_of(Text(2, 20, strange, BLACK, FONT.width(strange)), size=(120, 30)))
    assert image.getbbox()


def test_a_thousand_polygons_take_less_than_half_a_second():
    shapes = [
        rectangle(20 + 38 * (n % 100), 20 + 110 * (n // 100), 50 + 38 * (n % 100), 100 + 110 * (n // 100), RED, BLACK)
        for n in range(1000)
    ]
    labels = [text_at(20 + 38 * n, 15, "Conv") for n in range(100)]
    scene = scene_of(*shapes, *labels, size=(4000, 1200), background=WHITE)
    paint_image(scene_of())
    best = min(timed(paint_image, scene) for _ in range(3))
    assert best < 0.5


def timed(function, *args):
    start = time.process_time()
    function(*args)
    return time.process_time() - start
