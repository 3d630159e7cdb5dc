"""What is wrong with the pictures of other layered drawers, one test for each: it is not so here.

Each is named by what it is that goes wrong elsewhere, after "no". What a defect touches in detail is
tested where that part is; unbuilt and called subclassed models, in the tests of the reader.
"""

from __future__ import annotations

import copy
import sys
import warnings
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from factories import autoencoder, layer, lenet, mlp, model, spacing, unet, vgg16
from PIL import Image, ImageFont

from sphinxext_layered import layered_view
from sphinxext_layered.description import LayerText, ModelDescription
from sphinxext_layered.drawing import lay_out
from sphinxext_layered.drawing.fonts import SHIPPED, Font
from sphinxext_layered.drawing.paint import check_size, paint_image
from sphinxext_layered.drawing.palette import distance
from sphinxext_layered.drawing.scene import Line, Polygon, Scene, Text
from sphinxext_layered.errors import OptionError, PaintError
from sphinxext_layered.options import LayeredViewOptions

sys.path.insert(0, str(Path(__file__).parent / "drawing"))
from geometry import boxes, clashes, depths, fronts, hidden_fronts, in_order, labels, reach, texts

DIRECTIONS = pytest.mark.parametrize("reverse", [False, True])


def drawn(description: ModelDescription, **given: Any) -> Scene:
    return lay_out(description, LayeredViewOptions.of(given))


def captioned(text: str, *classes: str) -> ModelDescription:
    label = LayerText(text=text, above=False)
    return model(*(layer(name, 9, 9, 3, text=label) for name in classes or ("Dense",)))


class TestPicture:
    @DIRECTIONS
    @pytest.mark.parametrize("net", [unet, autoencoder, vgg16])
    def test_no_bigger_box_slides_over_its_smaller_predecessors(self, net: Any, reverse: bool) -> None:
        scene = drawn(net(), draw_reversed=reverse)
        assert len(fronts(scene)) == len(net().layers)
        assert hidden_fronts(scene) == []
        assert all(other.left > one.right for one, other in pairwise(in_order(scene)))

    @DIRECTIONS
    def test_no_depth_is_cut_off_at_the_side(self, reverse: bool) -> None:
        scene = drawn(model(layer("Conv2D", 200, 200, 3)), draw_reversed=reverse)
        (box,), (depth,) = boxes(scene).values(), depths(scene).values()
        assert depth == pytest.approx(800 / 3)
        assert box.left > 10
        assert box.right < scene.width - 10

    def test_no_box_begins_at_a_negative_x(self) -> None:
        for net in (autoencoder, unet, lenet):
            assert min(box.left for box in boxes(drawn(net(), padding=0)).values()) >= 0

    def test_no_outline_is_cut_at_top_or_bottom(self) -> None:
        for padding in (0, 10):
            scene = drawn(vgg16(), padding=padding)
            assert reach(scene).top == pytest.approx(padding)
            assert reach(scene).bottom <= scene.height - padding + 1e-6

    def test_no_size_that_is_none_is_an_error(self) -> None:
        scene = drawn(model(layer("InputLayer", None, None, 3), layer("LSTM", None, 8)), text_callable="shape")
        assert texts(scene, "label") == ["? \u00d7 ? \u00d7 3", "? \u00d7 8"]

    def test_no_outputs_of_a_layer_are_too_many_or_too_small(self) -> None:
        several = layer("LSTM", output_shapes=((None, 30, 300), (None, 9), (None, 9)))
        nested = layer("Functional", output_shapes=((None, 8, 8, 4), (None, 2)), nested=lenet(), name="body")
        scene = drawn(model(several, nested, layer("Lambda", output_shapes=((),))), text_callable="shape")
        assert texts(scene, "label") == ["30 \u00d7 300 (+2)", "8 \u00d7 8 \u00d7 4 (+1)", "scalar"]
        assert [round(front.height) for front in in_order(scene)] == [1200, 32, 20]

    def test_no_channels_first_network_looks_otherwise_than_in_channels_last(self) -> None:
        first = model(layer("Conv2D", 64, 30, 22, data_format="channels_first"))
        last = model(layer("Conv2D", 30, 22, 64, data_format="channels_last"))
        assert fronts(drawn(first)) == fronts(drawn(last))

    def test_no_spacing_layer_loses_the_shapes_after_it(self) -> None:
        plain = model(layer("Conv2D", 9, 9, 3), layer("Conv2D", 50, 50, 3))
        spaced = model(layer("Conv2D", 9, 9, 3), spacing(40), layer("Conv2D", 50, 50, 3))
        assert [face.height for face in in_order(drawn(spaced))] == [face.height for face in in_order(drawn(plain))]

    def test_no_picture_is_drawn_of_nothing(self) -> None:
        with pytest.raises(OptionError, match="every layer of 'mlp' is left out"):
            drawn(mlp(), type_ignore="Layer")


class TestText:
    @DIRECTIONS
    def test_no_text_is_cut_at_left_and_right(self, reverse: bool) -> None:
        scene = drawn(captioned("a label much wider than its box"), text_callable="m:f", draw_reversed=reverse)
        (label,) = labels(scene).values()
        assert label.left >= 10 - 1e-6
        assert label.right <= scene.width - 10 + 1e-6

    @pytest.mark.parametrize("above", [False, True])
    def test_no_lines_are_cut(self, above: bool) -> None:
        eight = LayerText(text="\n".join("abcdefgh"), above=above)
        scene = drawn(model(layer("Dense", 9, text=eight)), text_callable="m:f")
        (label,) = labels(scene).values()
        assert texts(scene, "label") == list("abcdefgh")
        assert label.top >= 10 - 1e-6
        assert label.bottom <= scene.height - 10 + 1e-6

    @DIRECTIONS
    def test_no_label_lies_over_another(self, reverse: bool) -> None:
        for net in (vgg16, unet, lenet):
            assert clashes(drawn(net(), text_callable="name_and_shape", draw_reversed=reverse)) == []

    @DIRECTIONS
    def test_no_label_is_off_centre(self, reverse: bool) -> None:
        scene = drawn(vgg16(), text_callable="default", draw_reversed=reverse)
        for index, label in labels(scene).items():
            assert label.centre == pytest.approx(fronts(scene)[index].centre)

    def test_no_text_is_measured_otherwise_than_it_is_drawn(self) -> None:
        scene = drawn(captioned("WAVE \u00d7 \u2192 \u03b1"), text_callable="m:f")
        (text,) = (shape for shape in scene.shapes() if isinstance(shape, Text))
        ink = paint_image(scene, 4).crop((0, int(labels(scene)[0].top * 4), scene.width * 4, scene.height * 4))
        columns = ink.convert("L").point([255 * (value < 128) for value in range(256)]).getbbox()
        assert columns is not None
        assert columns[0] / 4 == pytest.approx(text.x, abs=1.5)
        assert columns[2] / 4 == pytest.approx(text.x + text.width, abs=1.5)


class TestFonts:
    def test_no_font_object_is_thrown_away(self) -> None:
        font = ImageFont.truetype(SHIPPED, 31)
        assert drawn(mlp(), font=font, legend=True).font == Font(SHIPPED, 31)

    def test_no_font_path_that_exists_is_an_error(self) -> None:
        assert drawn(mlp(), font={"font_path": SHIPPED, "font_size": 9}).font == Font(SHIPPED, 9)

    def test_no_use_of_the_default_font_is_without_effect(self) -> None:
        with pytest.raises(OptionError, match="font_path is missing"):
            drawn(mlp(), font={"use_default_font": False})
        assert drawn(mlp(), font={"use_default_font": True, "font_path": "nowhere.ttf"}).font.path == SHIPPED


class TestSaving:
    @pytest.fixture(autouse=True)
    def _here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def written(self) -> set[str]:
        return {path.as_posix() for path in Path().rglob("*.*")}

    def test_no_to_file_writes_nothing(self) -> None:
        with pytest.warns(DeprecationWarning, match="save_fig_filename"):
            layered_view(mlp(), to_file="a.png")
        assert self.written() == {"a.png"}

    @pytest.mark.parametrize("name", ["out/v.png", "v.pdf", "v.jpg"])
    def test_no_name_is_changed_and_no_type_fails(self, name: str) -> None:
        layered_view(mlp(), save_fig_filename=name, background_fill="transparent")
        assert self.written() == {name}

    def test_no_figure_of_the_user_s_is_drawn_into(self) -> None:
        from matplotlib import pyplot

        pyplot.switch_backend("agg")
        figure = pyplot.figure(figsize=(1, 1))
        image = layered_view(lenet(), save_fig_filename="v.png", backend="matplotlib")
        assert figure.axes == []
        pyplot.close(figure)
        with Image.open("v.png") as saved:
            assert saved.size == image.size

    def test_no_name_loses_letters_to_the_timestamp(self) -> None:
        layered_view(mlp(), save_fig_filename="spamming.png", add_timestamp=True)
        (name,) = self.written()
        assert name.startswith("spamming")
        assert name.endswith(".png")

    @pytest.mark.parametrize("backend", [None, "matplotlib", "pil"])
    def test_no_axes_are_returned_for_a_picture(self, backend: str | None) -> None:
        assert isinstance(layered_view(mlp(), backend=backend), Image.Image)


class TestCalls:
    def test_no_colour_map_of_the_caller_s_is_written_to(self) -> None:
        given = {"Dense": {"fill": "teal"}}
        before = copy.deepcopy(given)
        layered_view(lenet(), color_map=given, save_fig=False)
        assert given == before

    def test_no_names_and_no_base_classes_are_ignored(self) -> None:
        shapes = drawn(lenet(), color_map={"Dense": "teal", "Layer": "gold"}, type_ignore=["AveragePooling2D"]).groups
        fills = {group.layer: shape.fill for group in shapes for shape in group.shapes if isinstance(shape, Polygon)}
        assert set(fills) == {0, 1, 3, 5, 6, 7, 8}
        assert (fills[6], fills[1]) == ((0, 128, 128, 255), (255, 215, 0, 255))

    def test_no_index_is_counted_otherwise_for_texts_than_for_options(self) -> None:
        net = Net()
        asked: list[tuple[int, Any]] = []
        layered_view(
            net, text_callable=lambda *both: asked.append(both), index_ignore=[0], index_2d=[2], save_fig=False
        )
        assert [index for index, one in asked if net.layers[index] is not one] == []

    @pytest.mark.parametrize("palette", ["layered", "classic"])
    def test_no_colour_is_given_out_twice(self, palette: str) -> None:
        classes = [f"Block{n}" for n in range(20)]
        own = drawn(model(layer("Block7", 9, 9, 3)), palette=palette)
        taken = next(shape.fill for shape in own.shapes() if isinstance(shape, Polygon))
        scene = drawn(
            model(*(layer(name, 9, 9, 3) for name in [*classes, "Mine"])), palette=palette, color_map={"Mine": taken}
        )
        fills = {group.layer: group.shapes[2].fill for group in scene.groups if group.role == "layer"}
        assert len(set(fills.values())) == 21
        assert all(distance(fill, taken) > 0.01 for index, fill in fills.items() if index != 20)

    def test_no_default_call_warns(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            layered_view(mlp(), save_fig=False)

    def test_no_text_that_is_none_is_an_error(self) -> None:
        assert layered_view(Net(), text_callable=lambda index, layer: None, save_fig=False).width > 0


class Net:
    """A model of a user's own kind."""

    name = "net"

    def __init__(self) -> None:
        self.layers = [Dense("a", 3), Dense("b", 40), Dense("c", 5)]


class Dense:
    def __init__(self, name: str, units: int) -> None:
        self.name, self.output_shape = name, (None, units)


class TestLegend:
    def test_no_shape_is_written_as_a_list(self) -> None:
        scene = drawn(model(layer("Conv2D", 32, 32, 16)), legend=True, show_dimension=True)
        assert texts(scene, "legend") == ["Conv2D 32 \u00d7 32 \u00d7 16"]

    def test_no_entry_comes_twice(self) -> None:
        entries = texts(drawn(vgg16(), legend=True, show_dimension=True), "legend")
        assert len(entries) == len(set(entries)) == 14

    def test_no_legend_is_cut_off(self) -> None:
        classes = [f"ClassOfALongName{n}" for n in range(9)]
        scene = drawn(model(*(layer(name, 9, 9, 3) for name in classes)), legend=True)
        assert texts(scene, "legend") == classes
        assert reach(scene).right <= scene.width - 10 + 1e-6


class TestTransparency:
    def test_no_outline_is_darkened_on_a_clear_background(self) -> None:
        given = {"background_fill": "transparent", "color_map": {"Dense": "white/white"}, "draw_volume": False}
        image = paint_image(drawn(model(layer("Dense", 400)), **given), 1.5)
        seen = {colour[:3] for _, colour in image.getcolors(10**6) or [] if colour[3] > 8}
        assert all(min(colour) > 240 for colour in seen)

    def test_no_half_transparent_fill_is_darkened(self) -> None:
        given = {"background_fill": "transparent", "color_map": {"Dense": "#ff800080"}, "draw_volume": False}
        image = paint_image(drawn(model(layer("Dense", 400)), **given))
        assert image.getpixel((image.width // 2, image.height // 2)) == pytest.approx((255, 128, 0, 128), abs=2)


class TestSize:
    def test_no_picture_is_wider_than_its_page(self) -> None:
        wide = model(*(layer("Conv2D", 112, 112, 640) for _ in range(240)))
        assert drawn(wide).width > 14_000
        assert drawn(wide, max_width=720).width <= 720

    def test_no_two_boxes_look_alike_because_they_were_cut(self) -> None:
        def cut(units: int) -> bool:
            (group,) = drawn(model(layer("Dense", units))).groups
            return any(isinstance(shape, Line) for shape in group.shapes)

        assert [cut(units) for units in (100, 4000, 4096, 25_000)] == [False, False, True, True]

    def test_no_size_aborts_the_process(self) -> None:
        huge = drawn(model(layer("Conv2D", 10**6, 10**6, 10**6)), max_xy=10**6, max_z=10**6)
        with pytest.raises(PaintError, match="max_width"):
            paint_image(huge)
        with pytest.raises(PaintError):
            check_size(30_000, 30_000)
