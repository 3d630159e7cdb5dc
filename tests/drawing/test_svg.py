"""SVG: valid, small, safe, and labels that fit whatever the font."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from painted_scenes import BLACK, CLEAR, FONT, WHITE, real_models, real_scene, rectangle, row, scene_of, text_at

from sphinxext_layered.drawing.fonts import SHIPPED, Font
from sphinxext_layered.drawing.paint import paint
from sphinxext_layered.drawing.scene import Group, Line, Polygon, Scene, Text

SVG = "{http://www.w3.org/2000/svg}"
RED = (255, 0, 0, 255)


def parsed(scene):
    return ElementTree.fromstring(paint(scene, "svg"))


def named(root, tag):
    return list(root.iter(SVG + tag))


def test_size_and_view_box_let_it_scale():
    root = parsed(scene_of(size=(120, 80)))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("120", "80", "0 0 120 80")


def test_title_and_summary_are_said_by_ids_of_the_content_s_own():
    root = parsed(row(summary="Six layers."))
    title, description = root.find(SVG + "title"), root.find(SVG + "desc")
    assert root.get("role") == "img"
    assert (title.text, description.text) == ("A row", "Six layers.")
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
    other = parsed(row(count=5, summary="Six layers."))
    assert other.find(SVG + "title").get("id") != title.get("id")


def test_a_picture_without_title_refers_to_none():
    root = parsed(scene_of())
    assert root.get("aria-labelledby") is None
    assert not named(root, "title")


def test_each_layer_is_a_group_with_its_tooltip_first():
    groups = [group for group in named(parsed(row(count=3)), "g") if group.find(SVG + "title") is not None]
    assert [group[0].tag for group in groups] == [SVG + "title"] * 3
    assert groups[1][0].text.splitlines()[0] == "layer_1 (Conv2D)"
    assert "Activation: relu" in groups[1][0].text


def test_labels_are_text_with_their_measured_length():
    (text,) = named(parsed(scene_of(text_at(5, 20, "Conv2D"))), "text")
    assert text.text == "Conv2D"
    assert float(text.get("textLength")) == pytest.approx(FONT.width("Conv2D"), abs=0.01)
    assert text.get("lengthAdjust") == "spacingAndGlyphs"


def test_shipped_font_has_fallbacks_of_like_width(tmp_path):
    (group,) = (g for g in named(parsed(scene_of(text_at(5, 20, "a"))), "g") if g.get("font-family"))
    assert group.get("font-family").split(",") == ["DejaVu Sans", "Bitstream Vera Sans", "Verdana", "sans-serif"]
    assert group.get("font-size") == "13"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a & b",
        "\"quoted\" 'it'",
        "]]>",
        "<!-- -->",
        "&lt;",
        "<g />",
        "a /> b",
        "x\u202ey\u2066z",
    ],
)
def test_names_are_data(name):
    label = Text(5, 20, name, BLACK, 50)
    scene = Scene(40, 30, CLEAR, (Group("layer", (label,), name, 0),), FONT, name, name)
    root = parsed(scene)
    expected = name.replace("\u202e", "").replace("\u2066", "")
    assert [element.text for tag in ("text", "title", "desc") for element in named(root, tag)] == [expected] * 4
    assert {element.tag for element in root.iter()} == {SVG + tag for tag in ("svg", "g", "title", "desc", "text")}


def test_characters_that_xml_forbids_are_left_out():
    strange = "a\x00b\x1b\ud800c\ufffe\x7f"
    scene = scene_of(Text(5, 20, strange, BLACK, 50), title=strange, group_title=strange)
    assert {e.text for tag in ("text", "title") for e in named(parsed(scene), tag)} == {"abc"}


def test_spaces_that_were_measured_are_kept():
    (text,) = named(parsed(scene_of(text_at(5, 20, "a  b"))), "text")
    assert text.get("{http://www.w3.org/XML/1998/namespace}space") == "preserve"


def test_no_script_no_style_no_address():
    data = paint(row(), "svg").decode()
    for word in ("<script", "<style", "href", "url(", "onload", "<!DOCTYPE", "<?xml-stylesheet"):
        assert word not in data


def test_coordinates_have_two_decimals_and_their_errors_do_not_add_up():
    points = tuple((10 + n * 0.333333, 20 + n * 0.777777) for n in range(200))
    (path,) = named(parsed(scene_of(Polygon(points, RED))), "path")
    xs, ys = absolute(path.get("d"))
    assert xs[-1] == pytest.approx(points[-1][0], abs=0.0051)
    assert ys[-1] == pytest.approx(points[-1][1], abs=0.0051)


def absolute(path):
    x = y = 0.0
    xs, ys = [], []
    for command, rest in re.findall(r"([Mlhv])([^Mlhvz]*)", path):
        numbers = [float(n) for n in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", rest)]
        dx = numbers[0] if command in "Mlh" else 0
        dy = numbers[-1] if command in "Mlv" else 0
        x, y = x + dx, y + dy
        xs.append(x)
        ys.append(y)
    return xs, ys


def test_colours_and_alpha_come_out():
    root = parsed(scene_of(rectangle(5, 5, 20, 20, (255, 0, 0, 128), (0, 0, 255, 64), 2)))
    (path,) = named(root, "path")
    (group,) = (g for g in named(root, "g") if g.get("stroke"))
    assert (path.get("fill"), path.get("fill-opacity")) == ("#f00", "0.502")
    assert (group.get("stroke"), group.get("stroke-opacity"), group.get("stroke-width")) == ("#00f", "0.251", "2")


def test_what_differs_in_a_group_is_said_of_each_shape():
    shapes = (
        rectangle(5, 5, 9, 9, RED, (0, 0, 255, 64), 2),
        rectangle(5, 5, 9, 9, RED, (0, 0, 255, 64), 2),
        rectangle(5, 5, 9, 9, RED, BLACK),
        rectangle(5, 5, 9, 9, RED),
        text_at(5, 5, "a"),
    )
    *paths, text = list(parsed(scene_of(*shapes)).iter())[-5:]
    said = [(p.get("stroke"), p.get("stroke-opacity"), p.get("stroke-width")) for p in paths]
    assert said == [(None, None, None), (None, None, None), ("#000", "1", "1"), ("none", None, None)]
    assert text.get("stroke") == "none"


def test_translucent_lines_that_cross_are_painted_apart():
    lines = [Line((0, n), (30, 20 - n), (0, 0, 0, alpha), 2) for alpha in (255, 100) for n in (5, 15)]
    assert len(named(parsed(scene_of(*lines)), "path")) == 1 + 2


def test_background_is_painted_unless_it_is_clear():
    assert len(named(parsed(scene_of(background=WHITE)), "rect")) == 1
    assert not named(parsed(scene_of(background=CLEAR)), "rect")


def test_a_network_of_23_layers_takes_less_than_12_kilobytes():
    assert len(paint(row(count=23), "svg")) < 12_000


def test_vgg16_takes_less_than_12_kilobytes_on_a_page():
    data = paint(real_scene("vgg16"), "svg")
    assert data.count(b"<title>block") == 18
    assert len(data) < 12_000


ATTRIBUTES = {
    "svg": {"width", "height", "viewBox", "role", "aria-labelledby"},
    "title": {"id"},
    "desc": {"id"},
    "g": {"font-family", "font-size", "style"},
    "rect": {"width", "height"},
    "path": {"d"},
    "text": {"x", "y", "textLength", "lengthAdjust", "{http://www.w3.org/XML/1998/namespace}space"},
}
PAINT = {"fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width"}
WORDS = {"title", "desc"}
INSIDE = {"svg": {"g", *WORDS}, "g": {"g", "rect", "path", "text", "title"}}


@pytest.mark.parametrize("name", real_models())
def test_elements_attributes_and_paths_are_those_of_the_standard(name):
    for theme in ("light", "dark"):
        root = parsed(real_scene(name, theme=theme, legend=True, text_callable="name_and_shape"))
        for element in root.iter():
            tag = element.tag.removeprefix(SVG)
            assert set(element.keys()) <= ATTRIBUTES[tag] | (set() if tag in {"svg", *WORDS} else PAINT)
            assert {child.tag.removeprefix(SVG) for child in element} <= INSIDE.get(tag, set())
            assert all(child.tag != SVG + "title" for child in list(element)[1:])
        number = r"-?(\d+(\.\d+)?|\.\d+)"
        pair = rf"{number}( {number}|-{number[2:]})"
        paths = [path.get("d") for path in named(root, "path")]
        assert paths
        assert all(re.fullmatch(rf"(M{pair}|l{pair}|[hv]{number}|z)+", path) for path in paths)
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(set(ids)) == len(ids)


def test_the_same_scene_gives_the_same_bytes():
    assert paint(row(), "svg") == paint(row(), "svg")


def test_the_name_of_a_font_cannot_leave_its_attribute(monkeypatch):
    monkeypatch.setattr(Font, "family", property(lambda font: "Evil';x:url(a)\"<"))
    root = parsed(scene_of(text_at(5, 20, "a", font=Font(SHIPPED, 13, 0)), font=Font(SHIPPED + "x", 13)))
    (family,) = (g.get("font-family") for g in named(root, "g") if g.get("font-family"))
    assert family.startswith("'Evilxurla',DejaVu Sans")


def test_it_needs_neither_pillow_nor_aggdraw_nor_reportlab():
    code = (
        "import sys; from sphinxext_layered.drawing.scene import *; from sphinxext_layered.drawing.fonts import *;"
        "from sphinxext_layered.drawing.paint import paint;"
        "g = Group('layer', (Text(1, 9, 'a', (0, 0, 0, 255), 8.0), Line((0, 0), (1, 1), (0, 0, 0, 255))));"
        "paint(Scene(9, 9, (0, 0, 0, 255), (g,), Font(SHIPPED, 13)), 'svg');"
        "print([m for m in ('PIL', 'aggdraw', 'reportlab', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
